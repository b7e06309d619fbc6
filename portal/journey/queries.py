"""What the client's way so far consists of, gathered from the features that own it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from sqlalchemy import bindparam, literal, select, true
from sqlalchemy.orm import Session

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.consent.queries import OPEN_TEXTS, OpenTexts
from portal.diary.models import ConsultationKind
from portal.diary.queries import kinds_with_ids
from portal.intake.queries import Overview, Progress, overview_of
from portal.journey.steps import Standings, standings
from portal.messages.queries import UNREAD_BY_CLIENT
from portal.reading.queries import FIRST_READING, OPEN_SUGGESTION, FirstReading, Suggested, suggested
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.queries import HELD_BY_CLIENT, Held, held_in
from portal.statements import Prepared

# So long after its time a request that came to nothing is still spoken of.
_SPOKEN_OF = timedelta(days=7)

_LAST = (
    select(
        Consultation.reference,
        Consultation.status,
        Consultation.starts_at,
        select(ConsultationEvent.status_before)
        .where(ConsultationEvent.consultation_id == Consultation.id)
        .order_by(ConsultationEvent.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("status_before"),
    )
    .where(Consultation.client_id == bindparam("client_id"))
    .order_by(Consultation.id.desc())
    .limit(1)
    .subquery("last")
)
_FIRST = FIRST_READING.subquery("first")
_SUGGESTED = OPEN_SUGGESTION.subquery("suggested")
_HELD = HELD_BY_CLIENT.subquery("held")
_ALWAYS = select(literal(1).label("one")).subquery("always")
# What has nothing to do with one another, in one question to the database: any part of it may be empty, three
# are counts, and the whole of it comes once for each time that is held.
_TOGETHER = Prepared(
    select(*_FIRST.c, *_LAST.c, *_SUGGESTED.c, *OPEN_TEXTS, UNREAD_BY_CLIENT, *_HELD.c).select_from(
        _ALWAYS.outerjoin(_FIRST, true())
        .outerjoin(_LAST, true())
        .outerjoin(_SUGGESTED, true())
        .outerjoin(_HELD, true())
    )
)
# Where each part of that row begins, and the last one ends.
_PARTS = tuple(accumulate([len(_FIRST.c), len(_LAST.c), len(_SUGGESTED.c), len(OPEN_TEXTS), 1], initial=0))


class Ended(NamedTuple):
    """The client's newest consultation, which was declined or has expired."""

    reference: str
    status: Status
    starts_at: datetime
    # How it stood until then.
    status_before: Status | None

    @property
    def was_asked(self) -> bool:
        """The client had asked for it, and waited for the answer; else it was offered to them, or kept."""
        return self.status_before in {None, Status.REQUESTED}


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a client stands; `held` are the consultations that hold a time from now on, soonest first."""

    # None until the client has said what to call them.
    name: str | None
    # What the series begins with, if there is one.
    reading: FirstReading | None
    overview: Overview
    held: Sequence[Held]
    # Of those that are confirmed, the kinds by their ids: how and where one meets is told from then on.
    kinds: Mapping[int, ConsultationKind]
    # Only where nothing is held.
    ended: Ended | None
    standings: Standings
    # What their therapist suggests to read, until they have read it or put it away.
    suggested: Suggested | None
    # Beside the steps: texts to agree to, or not.
    texts: OpenTexts
    # How many messages wait to be read.
    unread: int

    @property
    def progress(self) -> Progress:
        return self.overview.progress

    @property
    def time(self) -> Held | None:
        """The time that the last step speaks of: the confirmed one, if there is one."""
        settled = (each for each in self.held if each.status is Status.CONFIRMED)
        return next(settled, self.held[0] if self.held else None)


def way_of(db: Session, client: Client, *, now: datetime) -> Way:
    """All that the page of the next step says of this client, in two queries.

    One more tells how one meets, where something is confirmed and its therapist has said so.
    """
    beside = _together(db, client)
    overview = overview_of(db, client)
    held = [each for each in beside.held if each.ends_at > now]
    return Way(
        name=name_of(db, client) if client.sealed_name else None,
        reading=beside.first,
        overview=overview,
        held=held,
        kinds=kinds_with_ids(
            db, {each.kind_id for each in held if each.kind_id and each.status is Status.CONFIRMED}
        ),
        ended=None if held else _ended(beside.last, now),
        standings=standings(
            said_read=None if beside.first is None else beside.first.said_at is not None,
            questions=overview.progress.total,
            answers_begun=overview.progress.begun,
            answers_sent=overview.progress.sent_at is not None,
            held=[each.status for each in held],
        ),
        suggested=beside.suggested,
        texts=beside.texts,
        unread=beside.unread,
    )


class _Beside(NamedTuple):
    """What the way holds beside questionnaire and times."""

    first: FirstReading | None
    # The newest consultation, however it stands.
    last: Ended | None
    suggested: Suggested | None
    texts: OpenTexts
    unread: int
    # Soonest first; it may be over.
    held: Sequence[Held]


def _together(db: Session, client: Client) -> _Beside:
    found = _TOGETHER.rows(db, {"client_id": client.id})
    first, last, suggestion, texts, (unread,) = (found[0][begins:ends] for begins, ends in pairwise(_PARTS))
    return _Beside(
        first=FirstReading(*first) if first[0] else None,
        last=Ended(*last) if last[0] else None,
        suggested=suggested(db, client, suggestion) if suggestion[0] else None,
        texts=OpenTexts(*texts),
        unread=unread,
        held=held_in(row[_PARTS[-1] :] for row in found),
    )


def _ended(last: Ended | None, now: datetime) -> Ended | None:
    if last is None or last.status not in {Status.DECLINED, Status.EXPIRED}:
        return None
    return last if now < last.starts_at + _SPOKEN_OF else None
