"""What people do about consultations, each in a request of their own, as the pages would do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flask import Flask
from sqlalchemy import Row, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client, Therapist
from portal.calendars.expanding import Expanded
from portal.calendars.models import BusyTime, CalendarSource
from portal.calendars.queries import source_to_change
from portal.calendars.services import Copy, keep_copy, remove_source
from portal.database import Base, transaction
from portal.scheduling import answers, choosing, expiring, placing, proposing, services, undoing
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, Party, Status
from portal.scheduling.models import Consultation, HeldTime, HeldWindow, steps_of
from portal.scheduling.queries import consultation_called

LONG = timedelta(days=30)


class Scene:
    """Unless a test says more, answers are promised so late that the two hours before the time count."""

    def __init__(self, app: Flask, now: datetime) -> None:
        self.app, self.now = app, now

    def ask(
        self,
        client: Client,
        *starts: datetime,
        instead_of: str | None = None,
        words: str | None = None,
        answer_by: datetime | None = None,
    ) -> str:
        """The reference of the new request; its times in order of preference."""
        with self.request(), transaction() as db:
            asking = _client(db, client.id)
            return services.request_consultation(
                db,
                client=asking,
                therapist=asking.therapist,
                starts=starts,
                now=self.now,
                answer_by=answer_by or self.now + LONG,
                words=words,
                instead_of=instead_of,
            )

    def tell(self, reference: str) -> None:
        """What a worker does a moment after somebody has asked."""
        self._do(reference, services.tell_of_request)

    def confirm(self, reference: str, **more: object) -> None:
        self._do(reference, answers.confirm_consultation, **more)

    def decline(self, reference: str, *, reply: str | None = None) -> None:
        self._do(reference, answers.decline_consultation, reply=reply)

    def cancel(self, reference: str, *, by: Party = Party.CLIENT) -> None:
        self._do(reference, services.cancel_consultation, by=by)

    def expire(self, reference: str) -> None:
        self._do(reference, expiring.expire)

    def accept(self, reference: str, starts_at: datetime) -> None:
        self._do(reference, choosing.accept_proposal, starts_at=starts_at)

    def refuse(self, reference: str, *, words: str | None = None) -> None:
        self._do(reference, choosing.decline_proposal, words=words)

    def wish(self, reference: str, *, wanted: bool = True) -> None:
        self._do(reference, choosing.wish_for_earlier, wanted=wanted)

    def undo(self, reference: str, *, by: Party = Party.CLIENT) -> None:
        self._do(reference, undoing.undo, by=by)

    def write(self, reference: str, words: str) -> None:
        with self.request(), transaction() as db:
            services.write_note(db, consultation_called(db, reference), words, now=self.now)

    def remind(self, reference: str) -> None:
        self._do(reference, expiring.remind_of_consultation)

    def remind_to_answer(self, reference: str) -> None:
        self._do(reference, expiring.remind_to_answer)

    def lapse(self, reference: str) -> None:
        self._do(reference, expiring.lapse)

    def ask_for_kept(self, reference: str) -> None:
        self._do(reference, expiring.ask_for_kept)

    def propose(self, reference: str, *starts: datetime, **more: object) -> str:
        """The reference of the proposal; the practice would answer so late that other limits count."""
        promised = more.pop("promised", self.now + LONG)
        propose = proposing.propose_times
        return self._do(reference, propose, starts=starts, promised=promised, **more)

    def place(self, client: Client, starts_at: datetime, **more: object) -> str:
        """The reference of what the client's therapist puts into the diary."""
        with self.request(), transaction() as db:
            owner = _client(db, client.id)
            return placing.place_consultation(
                db, owner.therapist, owner, starts_at=starts_at, now=self.now, **more
            )

    def keep_own_time(self, therapist: Therapist, starts_at: datetime, ends_at: datetime) -> str:
        """The reference of the entry."""
        times = {"starts_at": starts_at, "ends_at": ends_at}
        return self.describe(therapist, placing.keep_own_time, **times)

    def give_back_own_time(self, therapist: Therapist, reference: str) -> None:
        self.describe(therapist, placing.give_back_own_time, reference)

    def describe(self, therapist: Therapist, service: Callable[..., Any], *what: Any, **more: Any) -> Any:
        """What a service gives to whom the therapist says something of their own time."""
        with self.request(), transaction() as db:
            mine = [db.merge(each) if isinstance(each, Base) else each for each in what]
            more = {name: db.merge(each) if isinstance(each, Base) else each for name, each in more.items()}
            return service(db, db.get_one(Therapist, therapist.id), *mine, now=self.now, **more)

    def copy_calendar(self, before: BusyTime, busy: Sequence[tuple[datetime, datetime]]) -> None:
        """A look at the calendar elsewhere that held this has brought that."""
        with self.request(), transaction() as db:
            copy = Copy(Expanded(list(busy)), None, None)
            keep_copy(db, _source_of(db, before), copy, due_at=self.now, now=self.now)

    def forget_calendar(self, before: BusyTime) -> None:
        with self.request(), transaction() as db:
            remove_source(db, _source_of(db, before), now=self.now)

    def _do(self, reference: str, service: Callable[..., Any], **more: object) -> Any:
        with self.request(), transaction() as db:
            return service(db, consultation_called(db, reference), now=self.now, **more)

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
        steps = steps.join(HeldWindow, HeldWindow.id == HeldTime.window_id)
        steps = steps.join(Consultation, Consultation.id == HeldWindow.consultation_id)
        steps = steps.where(Consultation.reference == reference)
    return list(db.scalars(steps))


def held_in_vain(db: Session) -> list[str]:
    """What is held and should not be, or should be and is not; nothing, if all states say the truth."""
    windows = db.execute(_WINDOWS).all()
    consultations = {each.id: each for each in db.execute(_CONSULTATIONS)}
    of_nobody = [
        f"a window of {consultations[each.consultation_id].status}"
        for each in windows
        if each.consultation_id and consultations[each.consultation_id].status not in HOLDS_ITS_TIME
    ]
    apart = [problem for each in consultations.values() for problem in _apart_from(each, windows)]
    return [*of_nobody, *apart, *_windows_that_overlap(windows), *_steps_apart(db, windows)]


def own_steps(starts_at: datetime, minutes: int = 50) -> list[datetime]:
    return [starts_at + timedelta(minutes=minute) for minute in range(0, minutes, 5)]


def _source_of(db: Session, busy: BusyTime) -> CalendarSource:
    return source_to_change(db, db.get_one(CalendarSource, busy.source_id).reference)


def _client(db: Session, client_id: int) -> Client:
    return db.scalars(
        select(Client)
        .where(Client.id == client_id)
        .options(joinedload(Client.data_key), joinedload(Client.therapist))
    ).one()


_WINDOWS = select(
    HeldWindow.id,
    HeldWindow.therapist_id,
    HeldWindow.consultation_id,
    HeldWindow.starts_at,
    HeldWindow.ends_at,
).order_by(HeldWindow.place, HeldWindow.id)
_STEPS = select(HeldTime.therapist_id, HeldTime.starts_at, HeldTime.window_id)
_CONSULTATIONS = select(
    Consultation.id, Consultation.status, Consultation.starts_at, Consultation.ends_at
).order_by(Consultation.id)


def _steps_apart(db: Session, windows: Sequence[Row]) -> Iterator[str]:
    """Steps without a window that covers them, and windows without all of their steps."""
    due = {
        (window.therapist_id, step, window.id)
        for window in windows
        for step in steps_of(window.starts_at, window.ends_at)
    }
    held = set(map(tuple, db.execute(_STEPS)))
    yield from (f"a step is {'held' if step in held else 'free'} by mistake: {step}" for step in held ^ due)


def _windows_that_overlap(windows: Sequence[Row]) -> Iterator[str]:
    for one, other in pairwise(sorted(windows, key=lambda each: (each.therapist_id, each.starts_at))):
        if one.therapist_id == other.therapist_id and other.starts_at < one.ends_at:
            yield f"{one.id} and {other.id} overlap"


def _apart_from(consultation: Row, windows: Sequence[Row]) -> Iterator[str]:
    """A confirmed one holds its own time, an open one up to three, the first of which is said to be its."""
    own = [window for window in windows if window.consultation_id == consultation.id]
    most = 1 if consultation.status is Status.CONFIRMED else 3
    if consultation.status in HOLDS_ITS_TIME and not 1 <= len(own) <= most:
        yield f"{consultation.id} is {consultation.status} and holds {len(own)} times"
    elif own and (own[0].starts_at, own[0].ends_at) != (consultation.starts_at, consultation.ends_at):
        yield f"{consultation.id} says another time than it holds"
