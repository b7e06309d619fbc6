"""Erasing a client: their key, their words, their name and address; what stays is that there was somebody."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import Engine, delete, or_, select, text, update
from sqlalchemy.orm import Session

from portal.accounts.models import (
    AddressChange,
    AuthenticatorApp,
    BegunStep,
    Client,
    Invitation,
    KnownBrowser,
    MailedLink,
    Passkey,
    RecoveryCode,
    SignedInPlace,
    Therapist,
)
from portal.clients.models import Beginning
from portal.consent.models import Agreement
from portal.intake.models import Answer, EarlierAnswer, Intake, Lamp, LampEvent
from portal.mail.models import OutgoingEmail
from portal.messages.models import Message, MessagesOff
from portal.notes.models import Note, NotesKey
from portal.reaching.models import ReachingWish
from portal.reading.models import Bookmarks, KeptPassage, ReadingMark, ReadingSuggestion
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Status
from portal.scheduling.models import Consultation, HeldWindow
from portal.vault.models import DataKey
from portal.vault.words import destroy
from portal.waiting.models import EarlierWish

_WAYS_IN = (
    SignedInPlace,
    MailedLink,
    KnownBrowser,
    BegunStep,
    Passkey,
    AuthenticatorApp,
    RecoveryCode,
    AddressChange,
)
# What else says itself whose it is.
_THEIRS = (
    Beginning,
    Intake,
    ReadingMark,
    KeptPassage,
    Bookmarks,
    ReadingSuggestion,
    Message,
    MessagesOff,
    ReachingWish,
    Agreement,
    EarlierWish,
)
# What is left of an erased client: that somebody had asked for these times, and what became of it, without a
# word. The journal keeps its lines, which hold references only.
_NO_WORDS = {"sealed_words": None, "sealed_reply": None, "sealed_offer": None, "sealed_note": None}


def forget_client(db: Session, client: Client, *, now: datetime) -> None:
    """Destroy the client's data key, and take out all that was theirs; it cannot be undone (P1).

    Nothing of theirs may hold a time any more. Their address has to be free for another, so it is not kept in
    any form. What other features keep of a client, each of them forgets: `app.extensions["forgetters"]`.
    """
    key = db.get_one(DataKey, client.data_key_id, populate_existing=True)
    destroy(db, key, now=now)
    for forget in current_app.extensions["forgetters"]:
        forget(db, client, now=now)
    client.erased_at = client.erased_at or now
    client.email, client.password_hash = f"erased:{client.reference}", ""
    client.proved_at = client.sealed_name = client.time_zone = None
    client.reminders = ""
    db.flush()


def forget_what_is_theirs(db: Session, client: Client, *, now: datetime) -> None:
    """Of the features below: what they said, kept and were told, what was noted of them, their ways in."""
    _forget_letters(db, client)
    _forget_notes(db, client, now)
    invited = or_(Invitation.client_id == client.id, Invitation.email == client.email)
    db.execute(delete(Invitation).where(invited))
    own = select(Intake.id).where(Intake.client_id == client.id)
    for answers in (Answer, EarlierAnswer):
        db.execute(delete(answers).where(answers.intake_id.in_(own)))
    lamps = select(Lamp.id).where(Lamp.client_id == client.id)
    db.execute(delete(LampEvent).where(LampEvent.lamp_id.in_(lamps)))
    db.execute(delete(Lamp).where(Lamp.client_id == client.id))
    for table in (*_THEIRS, *_WAYS_IN):
        db.execute(delete(table).where(table.client_id == client.id))
    db.execute(
        update(Consultation)
        .where(Consultation.client_id == client.id)
        .values(_NO_WORDS)
        .execution_options(synchronize_session=False)
    )
    _let_go_of_times_to_come(db, client, now)


def _forget_notes(db: Session, client: Client, now: datetime) -> None:
    """What therapists noted about them, and the key of it, which is another than theirs."""
    db.execute(delete(Note).where(Note.client_id == client.id))
    of_notes = select(DataKey).join(NotesKey, NotesKey.data_key_id == DataKey.id)
    for key in db.scalars(of_notes.where(NotesKey.client_id == client.id)):
        destroy(db, key, now=now)
    db.execute(delete(NotesKey).where(NotesKey.client_id == client.id))


def _forget_letters(db: Session, client: Client) -> None:
    """Those to an address that they had before as well, unless somebody else has it now."""
    before = select(AddressChange.old_email).where(
        AddressChange.client_id == client.id,
        AddressChange.changed_at.is_not(None),
        AddressChange.old_email.not_in(select(Client.email).where(Client.id != client.id)),
        AddressChange.old_email.not_in(select(Therapist.email)),
    )
    theirs = or_(OutgoingEmail.recipient == client.email, OutgoingEmail.recipient.in_(before))
    db.execute(delete(OutgoingEmail).where(theirs))


def _let_go_of_times_to_come(db: Session, client: Client, now: datetime) -> None:
    """There are none, but in a backup from before they were cancelled; of that nobody is told again."""
    to_come = select(Consultation.id).where(
        Consultation.client_id == client.id,
        Consultation.starts_at > now,
        Consultation.status.in_(sorted(HOLDS_ITS_TIME)),
    )
    held = db.scalars(to_come).all()
    db.execute(delete(HeldWindow).where(HeldWindow.consultation_id.in_(held)))
    db.execute(
        update(Consultation)
        .where(Consultation.id.in_(held))
        .values(status=Status.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def overwrite_traces(engine: Engine) -> bool:
    """What was taken out lies about in a database's files for a while; now it does not. Whether that is so.

    SQLite: deleted rows are overwritten, and the log is emptied, which nobody may read meanwhile: a copy of
    everything that somebody fetches slowly is waited for only so long. PostgreSQL: dead rows are cleared
    away. An archive of its log that is kept elsewhere is its keeper's to let go.
    """
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("VACUUM"))
        if engine.dialect.name != "sqlite":
            return True
        is_read, *_ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        return not is_read
