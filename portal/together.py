"""Several statements in one question to the database, for a page that would ask them one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from sqlalchemy import Row, Select, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from portal.statements import Prepared


class Together:
    """Statements about columns that have nothing to do with one another; each keeps its own order and limit.

    The first column of each is a number, and by that its rows come, the greatest first: the database promises
    no order of a union's parts.
    """

    def __init__(self, *parts: Select[*tuple[Any, ...]]) -> None:
        each = [part.subquery() for part in parts]
        every = [column for part in each for column in part.c]
        self._begins = list(accumulate((len(part.c) for part in each), initial=1))
        self._together = Prepared(
            union_all(
                *(
                    # What is another part's is empty here, and says its type: PostgreSQL would not guess it.
                    select(
                        literal(place).label("part"),
                        *(
                            (column if column.table is part else cast(null(), column.type)).label(
                                f"column_{n}"
                            )
                            for n, column in enumerate(every)
                        ),
                    )
                    for place, part in enumerate(each)
                )
            )
        )

    def of(self, db: Session, parameters: Mapping[str, Any]) -> list[list[Sequence[Any]]]:
        """What each of the parts finds, in one query; parameters of one name are one."""
        found: list[list[Row[*tuple[Any, ...]]]] = [[] for _ in self._begins[1:]]
        for row in self._together.rows(db, parameters):
            found[row[0]].append(row)
        return [
            sorted((row[begin:end] for row in some), key=lambda values: -values[0])
            for some, (begin, end) in zip(found, pairwise(self._begins), strict=True)
        ]
