"""What can be done with messages. Each function does one thing; its caller commits it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.database import new_reference
from portal.errors import Refused
from portal.journal.lines import What
from portal.journal.noting import Somebody, note
from portal.messages import emails
from portal.messages.models import Message, MessagesOff, Writer
from portal.messages.queries import is_off_for, message_of, words_row
from portal.vault.words import seal, unseal

MOST_CHARACTERS = 2_000
MOST_A_DAY = 20
_DAY = timedelta(days=1)


class SwitchedOff(Refused):
    """The practice takes no messages, or this therapist none from this client."""


class TooManyToday(Refused):
    """As many within a day as one side can write."""


class AlreadyRead(Refused):
    """What somebody has read cannot be taken back."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The two who write to one another, and which of them does now."""

    client: Client
    therapist: Therapist
    by: Writer


def send_message(
    db: Session, pair: Pair, words: str, *, form_key: str, practice_takes_them: bool, now: datetime
) -> Message:
    """Seal and keep it, and tell whom it is for, unless something waits to be read by them already.

    A form that arrives twice is one message; the same form with other words is another. Raises SwitchedOff,
    TooManyToday.
    """
    client = pair.client
    # What arrives at once waits here for one another.
    db.execute(select(Client.id).where(Client.id == client.id).with_for_update())
    already = _of_form(db, client, form_key)
    if already is not None and _says(db, client, already, words):
        return already
    if not practice_takes_them or is_off_for(db, client, pair.therapist):
        raise SwitchedOff
    if _sent_since(db, pair, now - _DAY) >= MOST_A_DAY:
        raise TooManyToday
    is_told_already = _waits(db, pair, now)
    message = _message(db, pair, words, form_key if already is None else new_reference(), now)
    db.add(message)
    db.flush()
    if not is_told_already:
        _tell(db, pair, now)
    note(db, What.MESSAGE_SENT, by=_writer(pair), about=client.reference, subject=message.reference)
    return message


def mark_read(db: Session, pair: Pair, *, upto: str, now: datetime) -> None:
    """Whoever reads, `by`, has read what the other wrote up to the message that their page showed last."""
    last = select(Message.id).where(Message.client_id == pair.client.id, Message.reference == upto)
    unread = update(Message).where(
        Message.client_id == pair.client.id,
        Message.written_by == _other(pair.by),
        Message.read_at.is_(None),
        Message.id <= last.scalar_subquery(),
    )
    if pair.by is Writer.THERAPIST:
        # A client reads what every therapist of theirs wrote; a therapist only what is for them.
        unread = unread.where(Message.therapist_id == pair.therapist.id)
    db.execute(unread.values(read_at=now).execution_options(synchronize_session=False))


def take_back(db: Session, pair: Pair, reference: str, *, now: datetime) -> None:
    """Nothing is left of its words. Once is enough. Raises NotFound, AlreadyRead."""
    therapist = pair.therapist if pair.by is Writer.THERAPIST else None
    message = message_of(db, pair.client, therapist, reference, by=pair.by)
    if message.taken_back_at is not None:
        return
    if message.read_at is not None:
        raise AlreadyRead
    message.sealed_words, message.taken_back_at = None, now
    about = pair.client.reference
    note(db, What.MESSAGE_TAKEN_BACK, by=_writer(pair), about=about, subject=reference)


def switch_for(db: Session, client: Client, therapist: Therapist, *, on: bool, now: datetime) -> None:
    """Whether this therapist takes messages from this client; said twice, it is said once."""
    row = db.get(MessagesOff, (client.id, therapist.id), populate_existing=True)
    if on is (row is None):
        return
    if row is not None:
        db.delete(row)
    else:
        try:
            with db.begin_nested():
                db.add(MessagesOff(client_id=client.id, therapist_id=therapist.id, since=now))
        except IntegrityError:
            # Another desk was first, and said the same.
            return
    note(db, What.MESSAGES_SWITCHED, by=therapist, about=client.reference)


def _of_form(db: Session, client: Client, form_key: str) -> Message | None:
    return db.scalar(select(Message).where(Message.client_id == client.id, Message.form_key == form_key))


def _says(db: Session, client: Client, message: Message, words: str) -> bool:
    sealed = message.sealed_words
    return sealed is not None and words == unseal(
        db, client.data_key, sealed, of=words_row(message.reference)
    )


def _message(db: Session, pair: Pair, words: str, form_key: str, now: datetime) -> Message:
    reference = new_reference()
    return Message(
        reference=reference,
        client_id=pair.client.id,
        therapist_id=pair.therapist.id,
        written_by=pair.by,
        form_key=form_key,
        sealed_words=seal(db, pair.client.data_key, words, of=words_row(reference)),
        sent_at=now,
    )


def _by(pair: Pair) -> Select[int]:
    """How many messages there are by whoever writes."""
    return (
        select(func.count())
        .select_from(Message)
        .where(
            Message.client_id == pair.client.id,
            Message.therapist_id == pair.therapist.id,
            Message.written_by == pair.by,
        )
    )


def _sent_since(db: Session, pair: Pair, since: datetime) -> int:
    """Those that were taken back count too, or taking back would be a way round."""
    return db.scalar(_by(pair).where(Message.sent_at > since)) or 0


def _waits(db: Session, pair: Pair, now: datetime) -> bool:
    """Whether whom it is for was told already and has not read; within a day, of what is taken back too."""
    still_there = or_(Message.taken_back_at.is_(None), Message.sent_at > now - _DAY)
    return bool(db.scalar(_by(pair).where(Message.read_at.is_(None), still_there)))


def _writer(pair: Pair) -> Somebody:
    return pair.client if pair.by is Writer.CLIENT else pair.therapist


def _other(writer: Writer) -> Writer:
    return Writer.THERAPIST if writer is Writer.CLIENT else Writer.CLIENT


def _tell(db: Session, pair: Pair, now: datetime) -> None:
    if pair.by is Writer.CLIENT:
        emails.tell_therapist(db, pair.therapist, now=now)
    else:
        emails.tell_client(db, pair.client, now=now)
