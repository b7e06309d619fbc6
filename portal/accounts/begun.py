"""What was begun in a browser, and is finished there by a second request: once, and soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session

from portal.accounts.models import BegunStep, Client, Step, Therapist
from portal.accounts.queries import Person, owner_of
from portal.errors import NotFound

# As long as a person may need to find their phone (ASVS 6.5.5).
_LASTS = timedelta(minutes=10)


class StepGone(NotFound):
    """It was not begun in this browser, or was finished already, or too long ago."""


class Begun(NamedTuple):
    person: Person | None
    challenge: bytes
    reference: str
    is_own: bool


def begin_step(
    db: Session,
    step: Step,
    *,
    token_hash: str,
    now: datetime,
    person: Person | None = None,
    challenge: bytes | None = None,
    reference: str | None = None,
    is_own: bool = False,
) -> None:
    """Remember what was begun; the browser keeps the token of this hash in its cookie."""
    db.add(
        BegunStep(
            step=step,
            token_hash=token_hash,
            challenge=challenge,
            reference=reference,
            is_own=is_own,
            expires_at=now + _LASTS,
            **(owner_of(person) if person else {}),
        )
    )


def begun_step(db: Session, step: Step, *, token_hash: str, now: datetime) -> Begun:
    """What this browser has begun, still to be finished. Raises StepGone."""
    row = db.execute(
        select(BegunStep.challenge, BegunStep.reference, BegunStep.is_own, Client, Therapist)
        .outerjoin(Client, Client.id == BegunStep.client_id)
        .outerjoin(Therapist, Therapist.id == BegunStep.therapist_id)
        .where(_is(step, token_hash, now))
    ).first()
    if row is None:
        raise StepGone
    challenge, reference, is_own, client, therapist = row
    return Begun(client or therapist, challenge or b"", reference or "", is_own)


def finish_step(db: Session, step: Step, *, token_hash: str, now: datetime) -> Begun:
    """The same, and nobody can finish it a second time. Raises StepGone."""
    begun = begun_step(db, step, token_hash=token_hash, now=now)
    finished = db.scalar(
        delete(BegunStep)
        .where(_is(step, token_hash, now))
        .returning(BegunStep.id)
        .execution_options(synchronize_session=False)
    )
    if finished is None:
        raise StepGone
    return begun


def forget_begun(db: Session, person: Person) -> None:
    """Nothing that was begun as this person can be finished any more."""
    column = BegunStep.client_id if isinstance(person, Client) else BegunStep.therapist_id
    db.execute(delete(BegunStep).where(column == person.id).execution_options(synchronize_session=False))


def forget_unfinished(db: Session, *, now: datetime) -> None:
    db.execute(
        delete(BegunStep).where(BegunStep.expires_at <= now).execution_options(synchronize_session=False)
    )


def _is(step: Step, token_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(BegunStep.token_hash == token_hash, BegunStep.step == step, BegunStep.expires_at > now)
