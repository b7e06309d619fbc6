"""Finding messages: one conversation, a page at a time, and what nobody has read yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, literal, select, true
from sqlalchemy.orm import Session, aliased, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of
from portal.errors import NotFound
from portal.messages.models import Message, MessagesOff, Writer
from portal.vault.words import unseal

A_PAGE = 30
_MOST_UNREAD = 100

# How many messages of their therapist a client has not read yet. The page that every client meets first asks
# it, together with what else it has to know.
UNREAD_BY_CLIENT = (
    select(func.count())
    .where(
        Message.client_id == bindparam("client_id"),
        Message.written_by == Writer.THERAPIST,
        Message.read_at.is_(None),
        Message.taken_back_at.is_(None),
    )
    .scalar_subquery()
)
_UNREAD = and_(
    Message.written_by == Writer.CLIENT, Message.read_at.is_(None), Message.taken_back_at.is_(None)
)


class Said(NamedTuple):
    """A message as it is read."""

    reference: str
    written_by: Writer
    words: str
    sent_at: datetime
    read_at: datetime | None
    therapist_id: int


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A page of it, oldest first."""

    messages: Sequence[Said]
    # Whether there are earlier ones than these.
    goes_back: bool
    is_newest: bool
    # The therapist takes no messages from this client.
    is_off: bool

    def unread_by(self, reader: Writer) -> Sequence[Said]:
        return [each for each in self.messages if each.written_by is not reader and each.read_at is None]

    @property
    def newest(self) -> str:
        """The reference of the last message that is shown; empty if there is none."""
        return self.messages[-1].reference if self.messages else ""


class Unread(NamedTuple):
    """One person who wrote, and what of it is not read yet."""

    client: Client
    name: str
    number: int
    since: datetime


def conversation_with(
    db: Session, client: Client, therapist: Therapist, *, before: str | None = None, most: int = A_PAGE
) -> Conversation:
    """What these two wrote, the newest page or the one before a message: one query. Raises NotFound."""
    return _conversation(db, client, therapist, Message.therapist_id == therapist.id, before, most)


def conversation_of(db: Session, client: Client, *, before: str | None = None) -> Conversation:
    """All that this client wrote and was written, whoever their therapist was then. Raises NotFound."""
    return _conversation(db, client, client.therapist, true(), before, A_PAGE)


def message_of(
    db: Session, client: Client, therapist: Therapist | None, reference: str, *, by: Writer
) -> Message:
    """A message by one of the two, to be changed; a therapist's are with this client. Raises NotFound."""
    theirs = true() if therapist is None else Message.therapist_id == therapist.id
    found = db.scalar(
        select(Message)
        .where(
            Message.reference == reference,
            Message.client_id == client.id,
            Message.written_by == by,
            theirs,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def unread_for(db: Session, therapist: Therapist) -> Sequence[Unread]:
    """Whoever of this therapist's clients wrote what is not read yet, longest waiting first: one query."""
    waiting = (
        select(
            Message.client_id,
            func.count().label("number"),
            func.min(Message.sent_at).label("since"),
            func.min(Message.id).label("first"),
        )
        .where(Message.therapist_id == therapist.id, _UNREAD)
        .group_by(Message.client_id)
        .order_by("first")
        .limit(_MOST_UNREAD)
        .subquery()
    )
    found = db.execute(
        select(Client, waiting.c.number, waiting.c.since)
        .join(waiting, waiting.c.client_id == Client.id)
        .where(Client.therapist_id == therapist.id)
        .order_by(waiting.c.first)
        .options(joinedload(Client.data_key))
    )
    return [Unread(client, name_of(db, client), number, since) for client, number, since in found]


def is_off_for(db: Session, client: Client, therapist: Therapist) -> bool:
    return db.get(MessagesOff, (client.id, therapist.id), populate_existing=True) is not None


def words_row(reference: str) -> str:
    """What the vault calls the place where a message's words lie."""
    return f"message.words:{reference}"


def _conversation(
    db: Session,
    client: Client,
    therapist: Therapist | None,
    theirs: ColumnElement[bool],
    before: str | None,
    most: int,
) -> Conversation:
    asked = select(Message).where(Message.client_id == client.id, theirs, Message.taken_back_at.is_(None))
    if before is not None:
        asked = asked.where(Message.id < _place_of(db, client, before))
    page = aliased(Message, asked.order_by(Message.id.desc()).limit(most + 1).subquery())
    off = exists().where(
        MessagesOff.client_id == client.id,
        MessagesOff.therapist_id == (therapist.id if therapist else None),
    )
    # A row even where nothing is written: whether it is switched off is to be known then too.
    always = select(literal(1).label("one")).subquery()
    rows = db.execute(
        select(off, page)
        .select_from(always.outerjoin(page, true()))
        .order_by(page.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    found = [_said(db, client, row[1]) for row in rows if row[1] is not None]
    return Conversation(
        messages=found[:most][::-1],
        goes_back=len(found) > most,
        is_newest=before is None,
        is_off=bool(rows[0][0]),
    )


def _place_of(db: Session, client: Client, reference: str) -> int:
    place = db.scalar(
        select(Message.id).where(Message.client_id == client.id, Message.reference == reference)
    )
    if place is None:
        raise NotFound
    return place


def _said(db: Session, client: Client, message: Message) -> Said:
    words = unseal(db, client.data_key, message.sealed_words or b"", of=words_row(message.reference))
    return Said(
        message.reference,
        message.written_by,
        words,
        message.sent_at,
        message.read_at,
        message.therapist_id,
    )
