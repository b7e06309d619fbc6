"""Finding messages: one conversation, a page at a time, and what nobody has read yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import name_of
from portal.errors import NotFound
from portal.messages.models import Message, MessagesOff, Writer
from portal.together import Together
from portal.vault.words import shown

A_PAGE = 30
_MOST_UNREAD = 100
_CLIENT: BindParameter[int] = bindparam("client_id")
_THERAPIST: BindParameter[int | None] = bindparam("therapist_id")


def _written_by(writer: Writer) -> ColumnElement[bool]:
    """Written out, and not sent beside the statement.

    Only so does SQLite see that the index of what is unread is meant; and what it has to see first, it would
    plan anew at each asking.
    """
    return Message.written_by == literal_column(f"'{writer}'")


# How many messages of their therapist a client has not read yet. The page that every client meets first asks
# it, together with what else it has to know.
UNREAD_BY_CLIENT = (
    select(func.count())
    .where(
        Message.client_id == _CLIENT,
        _written_by(Writer.THERAPIST),
        Message.read_at.is_(None),
        Message.taken_back_at.is_(None),
    )
    .scalar_subquery()
)
_UNREAD = and_(_written_by(Writer.CLIENT), Message.read_at.is_(None), Message.taken_back_at.is_(None))
# Who wrote to a therapist what is not read yet. The therapist's day asks it, together with what else is new.
UNREAD_BY_THERAPIST = (
    select(
        Message.client_id,
        func.count().label("number"),
        func.min(Message.sent_at).label("since"),
        func.min(Message.id).label("first"),
    )
    .where(Message.therapist_id == _THERAPIST, _UNREAD)
    .group_by(Message.client_id)
    .order_by("first")
    .limit(_MOST_UNREAD)
    .subquery()
)
_WAITING_CLIENTS = (
    select(Client, UNREAD_BY_THERAPIST.c.number, UNREAD_BY_THERAPIST.c.since)
    .join(UNREAD_BY_THERAPIST, UNREAD_BY_THERAPIST.c.client_id == Client.id)
    .where(Client.therapist_id == _THERAPIST)
    .order_by(UNREAD_BY_THERAPIST.c.first)
    .options(joinedload(Client.data_key))
)


# Whether a client's therapist has switched them off: a row, or none.
_OFF = select(MessagesOff.client_id).where(
    MessagesOff.client_id == _CLIENT, MessagesOff.therapist_id == _THERAPIST
)
_PAGE = (
    select(
        Message.id,
        Message.reference,
        Message.written_by,
        Message.sealed_words,
        Message.sent_at,
        Message.read_at,
        Message.therapist_id,
    )
    .where(Message.client_id == _CLIENT, Message.taken_back_at.is_(None))
    .order_by(Message.id.desc())
    .limit(bindparam("most"))
)
# What `conversation_with` asks, for who asks it together with more: of the messages, one more than are shown.
BETWEEN_TWO = (_OFF, _PAGE.where(Message.therapist_id == _THERAPIST))


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
        return [each for each in self._written_to(reader) if each.read_at is None]

    def seen_by(self, reader: Writer) -> str:
        """Up to which message everything that this reader has not read yet is shown here; empty for none."""
        # They are read in their order: what goes before one that is read is read.
        hides_some = self.goes_back and all(each.read_at is None for each in self._written_to(reader)[:1])
        return self.messages[-1].reference if self.messages and not hides_some else ""

    def _written_to(self, reader: Writer) -> Sequence[Said]:
        return [each for each in self.messages if each.written_by is not reader]


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
    return _conversation(db, client, therapist, only=True, before=before, most=most)


def conversation_in(
    db: Session,
    client: Client,
    off: Sequence[Sequence[Any]],
    found: Sequence[Sequence[Any]],
    *,
    most: int,
    is_newest: bool = True,
) -> Conversation:
    """The page that both parts of `BETWEEN_TWO` found."""
    return Conversation(
        messages=[_said(db, client, each) for each in found[:most]][::-1],
        goes_back=len(found) > most,
        is_newest=is_newest,
        is_off=bool(off),
    )


def conversation_of(db: Session, client: Client, *, before: str | None = None) -> Conversation:
    """All that this client wrote and was written, whoever their therapist was then. Raises NotFound."""
    return _conversation(db, client, client.therapist, only=False, before=before, most=A_PAGE)


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
    found = db.execute(_WAITING_CLIENTS, {"therapist_id": therapist.id})
    return [Unread(client, name_of(db, client), number, since) for client, number, since in found]


def is_off_for(db: Session, client: Client, therapist: Therapist) -> bool:
    return db.get(MessagesOff, (client.id, therapist.id), populate_existing=True) is not None


def words_row(reference: str) -> str:
    """What the vault calls the place where a message's words lie."""
    return f"message.words:{reference}"


def _conversation(
    db: Session, client: Client, therapist: Therapist | None, *, only: bool, before: str | None, most: int
) -> Conversation:
    off, found = _asked(only, before is not None).of(
        db,
        {
            "client_id": client.id,
            "therapist_id": therapist.id if therapist else None,
            "before": None if before is None else _place_of(db, client, before),
            "most": most + 1,
        },
    )
    return conversation_in(db, client, off, found, most=most, is_newest=before is None)


@cache
def _asked(only_theirs: bool, before: bool) -> Together:
    """Put together once for each kind of page: every signed-in page of a person asks it."""
    page = BETWEEN_TWO[1] if only_theirs else _PAGE
    return Together(_OFF, page.where(Message.id < bindparam("before")) if before else page)


def _place_of(db: Session, client: Client, reference: str) -> int:
    place = db.scalar(
        select(Message.id).where(Message.client_id == client.id, Message.reference == reference)
    )
    if place is None:
        raise NotFound
    return place


def _said(db: Session, client: Client, values: Sequence[Any]) -> Said:
    _, reference, writer, sealed, sent_at, read_at, therapist_id = values
    words = shown(db, client.data_key, sealed or b"", of=words_row(reference))
    return Said(reference, writer, words, sent_at, read_at, therapist_id)
