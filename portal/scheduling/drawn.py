"""A sheet of times as HTML, drawn once for everybody who is shown the same."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from flask.templating import Environment
from markupsafe import Markup

from portal.scheduling.rendering import KEPT, Sheet


class Drawn(NamedTuple):
    days: Markup
    month: Markup


def drawn(templates: Environment, sheet: Sheet, picked: str | None) -> Drawn:
    """`picked`, as it is posted, is checked if the sheet shows it."""
    return _drawn(templates, sheet, picked if picked and sheet.shows(picked) else None)


@functools.lru_cache(maxsize=KEPT)
def _drawn(templates: Environment, sheet: Sheet, picked: str | None) -> Drawn:
    parts: Any = templates.get_template("scheduling/_times.html").module
    return Drawn(
        days=parts.days_of(sheet.days, picked, sheet.soonest, named=True),
        month=parts.month_of(sheet.month) if sheet.month else Markup(),
    )
