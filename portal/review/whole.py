"""One person whole, as their therapist sees them, beside the queue in which they may wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, aliased, joinedload

from portal.accounts.looking import counts_since
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of
from portal.consent.queries import DocumentShown, documents_for
from portal.errors import NotFound
from portal.intake.lamp_lifecycle import LampStatus
from portal.intake.lamp_queries import LampShown, lamps_of_and_open_for
from portal.intake.sent import EVERY_AND_LAST, SentBefore, SentIntake, last_and_all_in
from portal.journal.lines import Line, What
from portal.journal.models import JournalLine
from portal.journal.noting import END, goes_on_from
from portal.journal.queries import newest_about, opened_since
from portal.messages.queries import BETWEEN_TWO, Conversation, conversation_in
from portal.notes.models import Note, NotesKey
from portal.notes.queries import Written, note_shown
from portal.reaching.models import ReachingWish
from portal.reaching.queries import WishShown, wish_shown
from portal.reading.queries import Kept, Met, met_and_shared_by
from portal.review.queries import Desk, Request, consultations_on_desk, laid_out, request_of
from portal.scheduling.lifecycle import Status
from portal.together import Together
from portal.vault.models import DataKey

# So many lines of the journal, and of the messages, stand on a person's page; the others are a press away.
_LAST_LINES = 5
_LAST_MESSAGES = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    """All that a therapist sees of one client."""

    client: Client
    name: str
    # Readings that they said they have read, or that were suggested to them.
    met: Sequence[Met]
    shared: Sequence[Kept]
    messages: Conversation
    intake: SentIntake | None
    # All that they sent, the newest first.
    sent: Sequence[SentBefore]
    lamps: Sequence[LampShown]
    agreements: Sequence[DocumentShown]
    consultations: Sequence[Request]
    wish: WishShown
    # The therapist's own.
    notes: Sequence[Written]
    # The newest of the journal about them, each with the name of the therapist whose doing it was.
    lines: Sequence[tuple[Line, str | None]]
    # Whether it is written down already that their therapist has opened this lately.
    is_opening_noted: bool

    @property
    def read(self) -> list[Met]:
        return [each for each in self.met if each.said_at]

    @property
    def unread(self) -> list[SentBefore]:
        """The corrections that the therapist has not read, the newest first."""
        return [each for each in self.sent if each.is_amendment and each.read_at is None]

    @property
    def lamps_open(self) -> list[LampShown]:
        """Unseen, or seen and not closed."""
        return [each for each in self.lamps if each.lamp.status is not LampStatus.CLOSED]

    @property
    def lamps_closed(self) -> list[LampShown]:
        return [each for each in self.lamps if each.lamp.status is LampStatus.CLOSED]

    @property
    def waiting(self) -> list[Request]:
        return [each for each in self.consultations if each.consultation.status is Status.REQUESTED]


_NOTES_KEY = aliased(DataKey)
# Who they are, how they wish to be reached, what was noted, each note a row, and whether it is written down
# already that the page was opened.
_WHO = (
    select(Client, ReachingWish.sealed_said, opened_since(Client.reference), Note, _NOTES_KEY)
    .outerjoin(ReachingWish, ReachingWish.client_id == Client.id)
    .outerjoin(Note, and_(Note.client_id == Client.id, Note.therapist_id == Client.therapist_id))
    .outerjoin(NotesKey, NotesKey.client_id == Note.client_id)
    .outerjoin(_NOTES_KEY, _NOTES_KEY.id == NotesKey.data_key_id)
    .where(
        Client.reference == bindparam("reference"),
        Client.therapist_id == bindparam("therapist_id"),
        Client.erased_at.is_(None),
    )
    .order_by(Note.written_at.desc(), Note.id.desc())
    .options(joinedload(Client.data_key))
)
_LINES = (
    newest_about(most=_LAST_LINES)
    .add_columns(Therapist.name)
    .outerjoin(Therapist, Therapist.reference == JournalLine.person)
)
_BESIDE = Together(EVERY_AND_LAST, *BETWEEN_TWO, _LINES, END)


def person_whole(
    db: Session,
    therapist: Therapist,
    reference: str,
    *,
    opening: What,
    now: datetime,
    day: tuple[datetime, datetime],
) -> tuple[Person, Desk]:
    """One of the therapist's clients, and the desk as of `desk_of`, in seven queries. Raises NotFound.

    `opening` is what the journal calls it.
    """
    asked = {"reference": reference, "therapist_id": therapist.id}
    noted = {"person": therapist.reference, "what": opening, "since": counts_since(now)}
    rows = db.execute(_WHO, asked | noted).all()
    if not rows:
        raise NotFound
    client, sealed_wish, is_noted, *_ = rows[0]
    lamps, open_lamps = lamps_of_and_open_for(db, therapist, client)
    history, standing = consultations_on_desk(db, therapist, now, until=day[1], beside=client)
    met, shared = met_and_shared_by(db, therapist, client)
    asked |= {"client_id": client.id, "most": _LAST_MESSAGES + 1}
    answers, off, messages, lines, ends = _BESIDE.of(db, asked)
    for end in ends:
        goes_on_from(db, *end)
    last, sent = last_and_all_in(db, client, answers)
    whole = Person(
        client=client,
        name=name_of(db, client),
        met=met,
        shared=shared,
        messages=conversation_in(db, client, off, messages, most=_LAST_MESSAGES),
        intake=last,
        sent=sent,
        lamps=lamps,
        agreements=documents_for(db, client),
        consultations=[request_of(db, each) for each in history],
        wish=wish_shown(db, client, sealed_wish),
        notes=[note_shown(db, note, key) for *_, note, key in rows if note is not None],
        lines=[(Line._make(values), name) for *values, name in lines],
        is_opening_noted=is_noted,
    )
    return whole, laid_out(db, therapist, open_lamps, standing, now=now, day=day)
