"""What people do about consultations, each in a request of their own, as the pages would do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client
from portal.database import transaction
from portal.scheduling import services
from portal.scheduling.lifecycle import Party
from portal.scheduling.models import Consultation, HeldTime
from portal.scheduling.queries import consultation_called, consultation_of

LONG = timedelta(days=30)


class Scene:
    """Unless a test says more, answers are promised so late that the two hours before the time count."""

    def __init__(self, app: Flask, now: datetime) -> None:
        self.app, self.now = app, now

    def ask(
        self,
        client: Client,
        starts_at: datetime,
        *,
        instead_of: str | None = None,
        words: str | None = None,
        answer_by: datetime | None = None,
    ) -> str:
        """The reference of the new request."""
        with self.request(), transaction() as db:
            asking = _client(db, client.id)
            return services.request_consultation(
                db,
                client=asking,
                therapist=asking.therapist,
                starts_at=starts_at,
                now=self.now,
                answer_by=answer_by or self.now + LONG,
                words=words,
                instead_of=consultation_of(db, asking, instead_of) if instead_of else None,
            ).reference

    def confirm(self, reference: str) -> None:
        self._do(reference, services.confirm_consultation)

    def decline(self, reference: str, *, reply: str | None = None) -> None:
        self._do(reference, services.decline_consultation, reply=reply)

    def cancel(self, reference: str, *, by: Party = Party.CLIENT) -> None:
        self._do(reference, services.cancel_consultation, by=by)

    def expire(self, reference: str) -> None:
        self._do(reference, services.expire_request)

    def _do(self, reference: str, service: Callable[..., None], **more: object) -> None:
        with self.request(), transaction() as db:
            service(db, consultation_called(db, reference), now=self.now, **more)

    def request(self):
        return self.app.test_request_context(base_url=self.app.config["BASE_URL"])


def called(db: Session, reference: str) -> Consultation:
    """As it stands in the database now, with everything loaded."""
    db.expire_all()
    return consultation_called(db, reference)


def steps_held(db: Session, reference: str | None = None) -> list[datetime]:
    """The starts of the five-minute steps that are held, by anybody or by this one."""
    steps = select(HeldTime.starts_at).order_by(HeldTime.starts_at)
    if reference:
        steps = steps.join(Consultation, Consultation.id == HeldTime.consultation_id)
        steps = steps.where(Consultation.reference == reference)
    return list(db.scalars(steps))


def own_steps(starts_at: datetime, minutes: int = 50) -> list[datetime]:
    return [starts_at + timedelta(minutes=minute) for minute in range(0, minutes, 5)]


def _client(db: Session, client_id: int) -> Client:
    return db.scalars(
        select(Client)
        .where(Client.id == client_id)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
    ).one()
