"""Finding what is set about keeping, who is to be erased, and what decides when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, SignedInPlace, Therapist
from portal.accounts.queries import name_of
from portal.errors import NotFound
from portal.intake.models import Answer, Intake
from portal.journal.models import JournalLine
from portal.mail.models import OutgoingEmail
from portal.privacy.models import ONLY_ROW, CopyOfAll, Erasure, RetentionRule
from portal.privacy.retention import Reason, Retention
from portal.safekeeping.sealed import SealedColumn, declare
from portal.scheduling.lifecycle import Status
from portal.scheduling.models import Consultation
from portal.vault.words import shown


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """A client who is to be erased, as the therapist's list shows it."""

    reference: str
    name: str
    asked: bool
    begun_at: datetime
    due_at: datetime
    # Why it was put off, if it was.
    note: str | None
    is_closing: bool


declare(
    SealedColumn(
        column=Erasure.sealed_note,
        key=Client.data_key_id,
        place=lambda reference: f"erasure.note:{reference}",
        named_by=(Client.reference,),
        by_way_of=((Client, Erasure.client_id == Client.id),),
    ),
    SealedColumn(
        column=CopyOfAll.sealed_key,
        key=Therapist.data_key_id,
        place=lambda reference: f"copy_of_all.key:{reference}",
        named_by=(CopyOfAll.reference,),
        by_way_of=((Therapist, CopyOfAll.therapist_id == Therapist.id),),
    ),
)


def retention_of(db: Session) -> Retention:
    """What the practice has set, or what holds before it has set anything."""
    rule = db.get(RetentionRule, ONLY_ROW, populate_existing=True)
    if rule is None:
        return Retention()
    return Retention(months_kept=rule.months_kept, months_owed=rule.months_owed, why_owed=rule.why_owed)


def erasure_of(db: Session, client: Client, *, to_change: bool = False) -> Erasure | None:
    """`to_change` keeps others from changing it meanwhile."""
    return db.get(Erasure, client.id, populate_existing=True, with_for_update=to_change)


def last_met(db: Session, client: Client, *, now: datetime) -> datetime | None:
    """When the client and a therapist last met, or were to: a confirmed time that has come."""
    return db.scalar(_met(now).where(Consultation.client_id == client.id))


def has_draft(db: Session, client: Client) -> bool:
    """Whether the client has answers that were not sent."""
    mine = select(Answer.intake_id).join(Intake, Intake.id == Answer.intake_id)
    unsent = mine.where(Intake.client_id == client.id, Intake.sent_at.is_(None))
    return db.scalar(unsent.limit(1)) is not None


def leaving_from(db: Session, therapist: Therapist) -> Sequence[Leaving]:
    """This therapist's clients who are to be erased, the soonest first."""
    found = db.scalars(
        select(Erasure)
        .join(Client, Client.id == Erasure.client_id)
        .where(Client.therapist_id == therapist.id)
        .order_by(Erasure.due_at, Erasure.client_id)
        .options(joinedload(Erasure.client).joinedload(Client.data_key))
    )
    return [_leaving(db, each) for each in found]


def erasure_to_put_off(
    db: Session, therapist: Therapist, reference: str, *, to_change: bool = False
) -> Erasure:
    """That of this therapist's client, with client and key. Raises NotFound.

    `to_change` asks anew and keeps others from changing it meanwhile.
    """
    found = (
        select(Erasure)
        .join(Client, Client.id == Erasure.client_id)
        .where(Client.reference == reference, Client.therapist_id == therapist.id)
        .options(joinedload(Erasure.client).joinedload(Client.data_key))
    )
    if to_change:
        found = found.with_for_update(of=Erasure).execution_options(populate_existing=True)
    erasure = db.scalar(found)
    if erasure is None:
        raise NotFound
    return erasure


def client_called(db: Session, reference: str) -> Client:
    """For the portal and the operator, with key and therapist; an erased one too. Raises NotFound."""
    client = db.scalar(
        select(Client)
        .where(Client.reference == reference)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
    )
    if client is None:
        raise NotFound
    return client


def last_here(db: Session, *, now: datetime) -> Iterator[tuple[int, datetime, datetime | None]]:
    """Of every client who was not erased: id, when they were last here, when they last met a therapist.

    Here is who signs in, saves, asks, or has a time; what is still to come counts as well.
    """
    of_client = (
        select(func.max(SignedInPlace.last_used_at)).where(SignedInPlace.client_id == Client.id),
        select(func.max(JournalLine.at)).where(JournalLine.person == Client.reference),
        select(func.max(Intake.saved_at)).where(Intake.client_id == Client.id),
        select(func.max(Consultation.ends_at)).where(Consultation.client_id == Client.id),
        _met(now).where(Consultation.client_id == Client.id),
    )
    moments = [each.correlate(Client).scalar_subquery() for each in of_client]
    found = db.execute(select(Client.id, Client.joined_at, *moments).where(Client.erased_at.is_(None)))
    for client_id, joined_at, *others, met_at in found:
        yield client_id, max(filter(None, (joined_at, *others))), met_at


def unsent_letters_to(db: Session, address: str) -> bool:
    """Whether a letter to this address still waits to be delivered."""
    theirs = select(OutgoingEmail.id).where(OutgoingEmail.recipient == address)
    return db.scalar(theirs.where(OutgoingEmail.sent_at.is_(None)).limit(1)) is not None


def copies_of(db: Session, therapist: Therapist) -> Sequence[CopyOfAll]:
    """The copies of everything that this therapist asked for, the newest first."""
    return db.scalars(
        select(CopyOfAll).where(CopyOfAll.therapist_id == therapist.id).order_by(CopyOfAll.id.desc())
    ).all()


def copy_called(db: Session, therapist: Therapist, reference: str) -> CopyOfAll:
    """Raises NotFound, for another's too."""
    found = db.scalar(
        select(CopyOfAll).where(CopyOfAll.reference == reference, CopyOfAll.therapist_id == therapist.id)
    )
    if found is None:
        raise NotFound
    return found


def note_row(client_reference: str) -> str:
    """What the vault calls the place where the reason for putting it off lies."""
    return f"erasure.note:{client_reference}"


def key_row(copy_reference: str) -> str:
    """What the vault calls the place where the key of a copy lies."""
    return f"copy_of_all.key:{copy_reference}"


def _leaving(db: Session, erasure: Erasure) -> Leaving:
    client, sealed = erasure.client, erasure.sealed_note
    return Leaving(
        reference=client.reference,
        name=name_of(db, client),
        asked=erasure.reason is Reason.ASKED,
        begun_at=erasure.begun_at,
        due_at=erasure.due_at,
        note=None if sealed is None else shown(db, client.data_key, sealed, of=note_row(client.reference)),
        is_closing=erasure.closing_since is not None,
    )


def _met(now: datetime) -> Select[datetime | None]:
    took_place = or_(
        Consultation.status == Status.MET,
        and_(Consultation.status == Status.CONFIRMED, Consultation.starts_at <= now),
    )
    return select(func.max(Consultation.ends_at)).where(took_place)
