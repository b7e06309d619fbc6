"""Whatever anybody does, in any order: what is held is what the states say, and no time is lost by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session, selectinload

from portal import clock
from portal.accounts.models import Client, Therapist
from portal.database import Base, transaction
from portal.diary.clocks import moment_of
from portal.diary.models import Diary, WorkingHours
from portal.errors import NotFound, Refused
from portal.intake.models import Intake
from portal.intake.services import INTAKE_SENT
from portal.jobs.models import Job
from portal.jobs.queue import enqueue
from portal.scheduling import answers, choosing, commands, placing, proposing, services, undoing
from portal.scheduling.holding import EXPIRY, LAPSE, SlotNotOffered
from portal.scheduling.lifecycle import HOLDS_ITS_TIME, IS_OPEN, LEAST_NOTICE, Party, Status, TooLateToChange
from portal.scheduling.models import Consultation, HeldWindow
from portal.scheduling.objections import Objection
from portal.scheduling.offers import Offer, offer_to
from portal.scheduling.queries import consultation_called
from portal.scheduling.services import AlreadyAsked, AskedTooOften
from tests import make
from tests.scheduling.scene import Scene, called, held_in_vain

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Few times and several people, so that they get into one another's way.
STRETCHES = ((2, 600, 780), (2, 615, 700), (3, 600, 720), (4, 840, 960))
CLIENTS = 3
# So many requests of one client are taken in a day.
A_DAY = 8
Stretches = Collection[tuple[int, int, int]]
moments = st.integers(0, 3 * 24 * 12).map(lambda steps: timedelta(minutes=5 * steps))
limits = st.sampled_from([None, None, 1, 2, 3])


class Stand(NamedTuple):
    """A consultation as it is stored."""

    id: int
    reference: str
    client_id: int
    status: Status
    begun_by: Party
    starts_at: datetime
    ends_at: datetime
    answer_by: datetime
    replaces_id: int | None
    uid: str
    sequence: int
    version: int
    times: tuple[tuple[datetime, datetime], ...]


_STANDS = select(
    Consultation.id,
    Consultation.reference,
    Consultation.client_id,
    Consultation.status,
    Consultation.begun_by,
    Consultation.starts_at,
    Consultation.ends_at,
    Consultation.answer_by,
    Consultation.replaces_id,
    Consultation.calendar_uid,
    Consultation.calendar_sequence,
    Consultation.version,
).order_by(Consultation.id)
_TIMES = (
    select(HeldWindow.consultation_id, HeldWindow.starts_at, HeldWindow.ends_at)
    .where(HeldWindow.consultation_id.is_not(None))
    .order_by(HeldWindow.place)
)
_OWN_ENTRIES = (
    select(HeldWindow.reference).where(HeldWindow.consultation_id.is_(None)).order_by(HeldWindow.id)
)
_WATCHED = select(Job.subject, Job.kind).where(Job.kind.in_([EXPIRY, LAPSE]))
_NOT_OFFERED = (SlotNotOffered, AlreadyAsked, AskedTooOften)
# Only by these does somebody lose a confirmed time that nothing replaces.
_ENDS_IT = (services.cancel_consultation, undoing.undo, answers.say_whether_met)
_SETTLES_IT = (answers.confirm_consultation, choosing.accept_proposal)


# Thousands of moves take a while where others use the machine as well.
_long = pytest.mark.timeout(900)


def while_some_are(*statuses: Status) -> Callable[..., Any]:
    """Steps that would do nothing are left out of a game."""
    return precondition(lambda self: any(each.status in statuses for each in self.stands.values()))


class Practice(RuleBasedStateMachine):
    """Ada, her diary, and three who would like to meet her. Time passes only when a step says so."""

    def __init__(self, scene: Scene, db: Session) -> None:
        super().__init__()
        self.scene, self.db = scene, db
        self.stands: dict[str, Stand] = {}
        # The highest number under which calendars have heard of each entry.
        self.entries: dict[str, int] = {}

    @property
    def now(self) -> datetime:
        return self.scene.now

    @initialize(
        most_open=st.sampled_from([1, 1, 2]),
        a_day=limits,
        a_week=limits,
        answers_first=st.sampled_from([False] * 3 + [True]),
    )
    def begin(self, most_open: int, a_day: int | None, a_week: int | None, answers_first: bool) -> None:
        self.scene.now = datetime.fromisoformat("2027-03-01T09:00Z")
        self.most_open = most_open
        with self.scene.request(), transaction() as db:
            # The journal lets nobody take anything out of it.
            for table in reversed(Base.metadata.sorted_tables):
                if not table.name.startswith("journal"):
                    db.execute(delete(table))
            self.ada = make.therapist(db)
            self.people = [make.client(db, therapist=self.ada) for _ in range(CLIENTS)]
            self.version_id = make.questionnaire_version(db).id
            limited = {"most_a_day": a_day, "most_a_week": a_week, "most_open_requests": most_open}
            own = {"therapist_id": self.ada.id, "holidays_worked": [], "answers_first": answers_first}
            db.add(Diary(**own, **limited))
            make.kind(db, self.ada, notice=5 * 60, horizon=9 * 24 * 60)
            again = {"is_first": False, "length": 30, "gap_before": 0, "notice": 0, "horizon": 9 * 24 * 60}
            make.kind(db, self.ada, position=2, **again)
        self._open(STRETCHES)
        self._look()
        for client, places in zip(self.people, ([0], [-1, -2, 1]), strict=False):
            offer = self._offer(client, None)
            self._ask(client, _apart([offer.starts[place] for place in places], offer.kind.duration), None)
        self._do(answers.confirm_consultation, list(self.stands.values())[-1])

    # What clients do.

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """For up to three of the times on offer, perhaps instead of one they have."""
        instead_of = self._one_of_theirs(data, HOLDS_ITS_TIME)
        client = self._client_of(instead_of) if instead_of else self._person(data)
        offer = self._offer(client, instead_of)
        starts = _apart(data.draw(_up_to_three(offer.starts), "times"), offer.kind.duration)
        if not starts:
            return
        told = self._ask(client, starts, instead_of)
        kept = offer.kept_beside(offer.named(instead_of.reference if instead_of else None))
        if isinstance(told, AlreadyAsked):
            gives_way = (kept, offer.asked_instead_of(kept))
            beside = [held for held in offer.open_requests() if held not in gives_way]
            assert len(beside) >= self.most_open, "refused a second request that the therapist allows"
        elif kept is not None and isinstance(told, TooLateToChange):
            assert not offer.may_be_changed(kept, now=self.now)
        elif isinstance(told, AskedTooOften):
            assert offer.asked_lately >= A_DAY
        else:
            # T2: what is offered can be asked for.
            assert isinstance(told, str), f"offered and refused: {told!r}"
            self._check_what_was_asked(self.stands[told], starts)

    @while_some_are(Status.CONFIRMED)
    @rule(data=st.data())
    def ask_instead(self, data: st.DataObject) -> None:
        """For another time instead of a confirmed one; the therapist may agree at once."""
        kept = self._any(data, {Status.CONFIRMED})
        offer = self._offer(self._client_of(kept), kept)
        starts = _apart(data.draw(_up_to_three(offer.starts), "times"), offer.kind.duration)
        told = self._ask(self._client_of(kept), starts, kept) if starts else None
        if isinstance(told, str) and data.draw(st.booleans(), "confirmed"):
            self._do_and_perhaps_take_back(data, answers.confirm_consultation, self.stands[told])

    @rule(data=st.data(), later=moments)
    def ask_for_any_time(self, data: st.DataObject, later: timedelta) -> None:
        """What is not on offer is refused."""
        client = self._person(data)
        starts_at = self.now.replace(minute=0) + later
        offered = set(map(moment_of, self._offer(client, None).starts))
        told = self._ask(client, [starts_at], None)
        assert starts_at in offered or isinstance(told, _NOT_OFFERED), f"not offered, and given: {told!r}"

    @while_some_are(*HOLDS_ITS_TIME)
    @rule(data=st.data(), by=st.sampled_from([Party.CLIENT, Party.THERAPIST]))
    def cancel(self, data: st.DataObject, by: Party) -> None:
        chosen = self._any(data, {Status.CONFIRMED})
        self._do_and_perhaps_take_back(data, services.cancel_consultation, chosen, by=by)

    @while_some_are(Status.PROPOSED)
    @rule(data=st.data(), how=st.sampled_from(["take", "take", "none fits", "withdraw"]))
    def answer_a_proposal(self, data: st.DataObject, how: str) -> None:
        chosen = self._any(data, {Status.PROPOSED})
        if how == "take":
            self._do(choosing.accept_proposal, chosen, starts_at=self._one_of_its_times(data, chosen))
        else:
            self._do(choosing.decline_proposal if how == "none fits" else proposing.withdraw_proposal, chosen)

    @while_some_are(Status.CONFIRMED)
    @rule(data=st.data(), wanted=st.sampled_from([True, True, True, False]))
    def wish_for_earlier(self, data: st.DataObject, wanted: bool) -> None:
        self._do(choosing.wish_for_earlier, self._any(data, {Status.CONFIRMED}), wanted=wanted)

    @while_some_are(Status.KEPT)
    @rule(data=st.data())
    def send_the_answers(self, data: st.DataObject) -> None:
        client = self._client_of(self._any(data, {Status.KEPT}))
        with self.scene.request(), transaction() as db:
            intake = {"begun_at": self.now, "saved_at": self.now, "sent_at": self.now}
            db.add(Intake(client_id=client.id, version_id=self.version_id, **intake))
            enqueue(db, INTAKE_SENT, subject=client.reference, due_at=self.now)

    @while_some_are(*HOLDS_ITS_TIME)
    @rule(data=st.data(), by=st.sampled_from([Party.CLIENT, Party.THERAPIST]))
    def undo(self, data: st.DataObject, by: Party) -> None:
        """Whatever it was, and whoever did it."""
        self._do(undoing.undo, self._any(data, {Status.CONFIRMED, Status.DECLINED, Status.CANCELLED}), by=by)

    # What the therapist does.

    @while_some_are(Status.REQUESTED)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        """One of the times that are held, as the desk showed it."""
        chosen = self._any(data, {Status.REQUESTED})
        starts_at = self._one_of_its_times(data, chosen)
        said = {"starts_at": starts_at, "version": chosen.version}
        told = self._do_and_perhaps_take_back(data, answers.confirm_consultation, chosen, **said)
        if chosen.status is Status.REQUESTED and starts_at and self.now < starts_at:
            assert told is None, f"asked for, still to come, and not confirmed: {told!r}"

    @while_some_are(Status.REQUESTED)
    @rule(data=st.data())
    def decline(self, data: st.DataObject) -> None:
        self._do_and_perhaps_take_back(
            data, answers.decline_consultation, self._any(data, {Status.REQUESTED})
        )

    @while_some_are(Status.REQUESTED, Status.CONFIRMED)
    @rule(data=st.data(), later=st.lists(moments, min_size=1, max_size=3))
    def propose(self, data: st.DataObject, later: Sequence[timedelta]) -> None:
        """Times that lie anywhere, whatever the rules say."""
        starts = [self.now.replace(minute=0) + LEAST_NOTICE + each for each in later]
        rest = {"despite": list(Objection), "promised": self.now + 2 * DAY}
        chosen = self._any(data, {Status.REQUESTED, Status.CONFIRMED})
        self._do(proposing.propose_times, chosen, starts=starts, **rest)

    @while_some_are(Status.CONFIRMED, Status.MET, Status.NOT_MET)
    @rule(data=st.data(), how=st.sampled_from(["met", "not met", "follow up"]))
    def look_back(self, data: st.DataObject, how: str) -> None:
        chosen = self._any(data, {Status.CONFIRMED, Status.MET, Status.NOT_MET})
        if how == "follow up":
            self._do(proposing.propose_to_follow, chosen, promised=self.now + 2 * DAY)
        else:
            self._do(answers.say_whether_met, chosen, met=how == "met")

    @rule(data=st.data(), later=moments)
    def place(self, data: st.DataObject, later: timedelta) -> None:
        """A consultation that nobody asked for, or one that moves."""
        earlier = self._one_of_theirs(data, {Status.CONFIRMED})
        client = self._client_of(earlier) if earlier else self._person(data)
        self._attempt(
            lambda db: placing.place_consultation(
                db,
                db.get_one(Therapist, self.ada.id),
                db.get_one(Client, client.id),
                starts_at=self.now.replace(minute=0) + later,
                now=self.now,
                instead_of=earlier.reference if earlier else None,
                despite=list(Objection),
            ),
        )

    @rule(later=moments, length=st.integers(1, 24))
    def keep_own_time(self, later: timedelta, length: int) -> None:
        """In place of what was kept before, so that there is still time for others."""
        starts_at = self.now.replace(minute=0) + later
        ends_at = starts_at + length * 5 * MINUTE
        references = self.db.scalars(_OWN_ENTRIES).all()

        def act(db: Session) -> None:
            ada = db.get_one(Therapist, self.ada.id)
            for reference in references[:-1]:
                placing.give_back_own_time(db, ada, reference, now=self.now)
            placing.keep_own_time(db, ada, starts_at=starts_at, ends_at=ends_at, now=self.now)

        self._attempt(act)

    @rule(stretches=st.sets(st.sampled_from(STRETCHES), min_size=2))
    def change_hours(self, stretches: Stretches) -> None:
        before = self.stands
        self._open(sorted(stretches))
        assert self._look() == before

    # What happens by itself.

    @rule(passing=st.sampled_from([11, 60, 180, 720, 1440, 2880]))
    def time_passes(self, passing: int) -> None:
        """The worker does what is due when it is due, and everything twice."""
        until = self.now + passing * MINUTE
        while (job := self._next_job(until)) is not None:
            self.scene.now = max(self.now, job.due_at)
            self.db.execute(
                delete(Job).where(Job.kind == job.kind, Job.subject == job.subject, Job.due_at == job.due_at)
            )
            for _ in range(2):
                self._run(job)
        self.scene.now = until
        stands = self.stands.values()
        late = [each for each in stands if each.status in IS_OPEN and each.answer_by <= until]
        assert late == [], "held although its time to be answered has passed"
        sent = set(self.db.scalars(select(Intake.client_id)))
        kept = [each for each in stands if each.status is Status.KEPT and each.client_id in sent]
        assert kept == [], "kept and not asked for although the answers are sent"

    @rule(passing=st.sampled_from([5, 60, 720]))
    def time_passes_without_a_worker(self, passing: int) -> None:
        self.scene.now += passing * MINUTE

    # What is so after each of them.

    @invariant()
    def holds_what_the_states_say(self) -> None:
        assert held_in_vain(self.db) == []

    @invariant()
    def no_entry_of_a_calendar_stands_for_two(self) -> None:
        holding = Counter(stand.uid for stand in self.stands.values() if stand.times)
        assert max(holding.values(), default=0) <= 1

    @invariant()
    def nobody_has_more_than_they_meant_to(self) -> None:
        """No two times of which one is instead of the other, and no more open requests than are allowed."""
        to_come = [
            each
            for each in self.stands.values()
            if each.status is Status.CONFIRMED and self.now < each.starts_at
        ]
        assert {each.id for each in to_come}.isdisjoint(each.replaces_id for each in to_come)
        for client in self.people:
            assert len(self._waiting(client.id)) <= self.most_open, "more open requests than are allowed"

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        watched = set(map(tuple, self.db.execute(_WATCHED)))
        for each in self.stands.values():
            if each.status in IS_OPEN:
                kind = LAPSE if each.status is Status.KEPT else EXPIRY
                assert (each.reference, kind) in watched, "nobody will ever release what it holds"

    # How it is done.

    def _check_what_was_asked(self, asked: Stand, starts: Sequence[datetime]) -> None:
        """All of it is held, in the order of preference, and somebody has time to answer."""
        assert [start for start, _ in asked.times] == starts
        assert self.now < asked.answer_by, "asked for, and over before anybody could answer"

    def _waiting(self, client_id: int) -> Sequence[Stand]:
        """What the client has asked for and still waits for; that, instead of which they wait, is no more."""
        waiting = [
            each
            for each in self.stands.values()
            if each.client_id == client_id
            and (each.status in IS_OPEN and self.now < each.starts_at)
            and each.begun_by is Party.CLIENT
        ]
        instead = {each.replaces_id for each in waiting}
        return [each for each in waiting if each.id not in instead]

    def _ask(self, client: Client, starts: Sequence[datetime], instead_of: Stand | None) -> object:
        reference = instead_of.reference if instead_of else None
        return self._attempt(
            lambda db: services.request_consultation(
                db,
                client=(asking := db.get_one(Client, client.id, options=_ASKING)),
                therapist=asking.therapist,
                starts=starts,
                now=self.now,
                answer_by=self.now + 2 * DAY,
                instead_of=reference,
            ),
        )

    def _do(self, service: Callable[..., object], chosen: Stand, **more: Any) -> object:
        before = self.stands
        told = self._attempt(
            lambda db: service(db, consultation_called(db, chosen.reference), now=self.now, **more),
            ends=chosen.reference if service in _ENDS_IT else None,
        )
        if told is None and service in _SETTLES_IT:
            earlier = next((each for each in before.values() if each.id == chosen.replaces_id), None)
            if earlier and earlier.times and self.now < earlier.starts_at:
                assert self.stands[earlier.reference].status is Status.REPLACED, "both are theirs"
        return told

    def _do_and_perhaps_take_back(
        self, data: st.DataObject, service: Callable[..., object], chosen: Stand, **more: Any
    ) -> object:
        """Every other time, and mostly soon enough: then all is as it was, what it had replaced too."""
        before = self.stands
        told = self._do(service, chosen, **more)
        if told is None and data.draw(st.booleans(), "taken back"):
            waited = data.draw(st.sampled_from([0, 0, 5, 9, 10]), "minutes")
            if waited:
                self.time_passes(waited)
            undone = self._do(undoing.undo, chosen, by=more.get("by", Party.THERAPIST))
            if undone is None:
                now, to_come = self.stands[chosen.reference], [t for t in chosen.times if self.now < t[0]]
                assert (now.status, list(now.times)) == (chosen.status, to_come), "not as it was"
            if not waited and self.now < min(start for start, _ in chosen.times):
                assert undone is None, f"cannot be taken back: {undone!r}"
                assert _states(self.stands) == _states(before), "not as it was, all of it"
        return told

    def _attempt(self, act: Callable[[Session], object], *, ends: str | None = None) -> object:
        """What it gave, or the refusal, which changes nothing; the rest changes only what it should."""
        before = self.stands
        try:
            with self.scene.request(), transaction() as db:
                told = act(db)
        except (Refused, NotFound) as refusal:
            assert self._look() == before, "refused, and changed something"
            return refusal
        self._compare(before, ends)
        return told

    def _compare(self, before: Mapping[str, Stand], ends: str | None) -> None:
        """T5: but for the one that was ended, a confirmed time goes when another is confirmed instead."""
        after = self._look()
        self._check_what_went(before, after, ends)
        for reference, now in after.items():
            if now != before.get(reference) and now.status is not Status.REPLACED:
                self._publish(now, before.get(reference))
            if now.begun_by is Party.PORTAL and reference not in before:
                theirs = next(each for each in before.values() if each.id == now.replaces_id)
                assert now.starts_at < theirs.starts_at, "offered by itself, and not earlier"

    def _check_what_went(
        self, before: Mapping[str, Stand], after: Mapping[str, Stand], ends: str | None
    ) -> None:
        instead = {each.replaces_id: each for each in after.values() if each.status is Status.CONFIRMED}
        for reference, was in before.items():
            now = after[reference]
            if was.status is Status.CONFIRMED and reference != ends and now.times != was.times:
                assert now.status is Status.REPLACED, "lost a confirmed time"
            if Status.REPLACED is now.status is not was.status:
                assert instead[was.id].uid == was.uid, "its entry stays in calendars, beside the other"

    def _publish(self, now: Stand, before: Stand | None) -> None:
        """Calendars are told of whatever they show: under a number that they have not had yet."""
        shown = (now.uid, now.status, now.starts_at, now.ends_at)
        if before is None or shown != (before.uid, before.status, before.starts_at, before.ends_at):
            assert now.sequence > self.entries.get(now.uid, -1), "calendars would not take notice"
        self.entries[now.uid] = max(now.sequence, self.entries.get(now.uid, -1))

    def _look(self) -> dict[str, Stand]:
        """What is so now, by reference, the oldest first."""
        times: dict[int, list[tuple[datetime, datetime]]] = {}
        for owner, starts_at, ends_at in self.db.execute(_TIMES):
            times.setdefault(owner, []).append((starts_at, ends_at))
        rows = self.db.execute(_STANDS)
        self.stands = {row.reference: Stand(*row, tuple(times.get(row.id, ()))) for row in rows}
        return self.stands

    def _offer(self, client: Client, instead_of: Stand | None) -> Offer:
        with self.scene.request():
            asking = self.db.get_one(Client, client.id, options=_ASKING, populate_existing=True)
            return offer_to(
                self.db,
                asking,
                asking.therapist,
                now=self.now,
                instead_of=instead_of.reference if instead_of else None,
            )

    def _person(self, data: st.DataObject) -> Client:
        return data.draw(st.sampled_from(self.people), "client")

    def _any(self, data: st.DataObject, likely: Collection[Status]) -> Stand:
        """Mostly one in a state in which it might succeed, and sometimes just any."""
        stands = list(self.stands.values())
        fit = [each for each in stands if each.status in likely]
        if fit and data.draw(st.integers(0, 7), "any") > 0:
            stands = fit
        return data.draw(st.sampled_from(stands), "consultation")

    def _one_of_theirs(self, data: st.DataObject, likely: Collection[Status]) -> Stand | None:
        """Half of them ask for a first time, and half for another instead of what they have."""
        return self._any(data, likely) if self.stands and data.draw(st.booleans(), "instead") else None

    def _client_of(self, stand: Stand) -> Client:
        return next(each for each in self.people if each.id == stand.client_id)

    def _one_of_its_times(self, data: st.DataObject, chosen: Stand) -> datetime | None:
        return data.draw(st.sampled_from([None, *(start for start, _ in chosen.times)]), "time")

    def _open(self, stretches: Stretches) -> None:
        with self.scene.request(), transaction() as db:
            db.execute(delete(WorkingHours))
            db.add_all(
                WorkingHours(
                    therapist_id=self.ada.id, weekday=weekday, starts_minute=starts, ends_minute=ends
                )
                for weekday, starts, ends in stretches
            )

    def _next_job(self, until: datetime) -> Row | None:
        """Of scheduling's own; the mail may wait."""
        handlers = self.scene.app.extensions["job_handlers"]
        own = [kind for kind, handler in handlers.items() if "scheduling" in handler.__module__]
        due = select(Job.kind, Job.subject, Job.due_at).where(Job.due_at <= until, Job.kind.in_(own))
        return self.db.execute(due.order_by(Job.due_at, Job.id).limit(1)).first()

    def _run(self, job: Row) -> None:
        before = self.stands
        with self.scene.request():
            self.scene.app.extensions["job_handlers"][job.kind](job.subject)
        self._compare(before, None)


@_long
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_sequence_of_moves_leaves_exactly_what_its_states_say(scene, db, monkeypatch):
    _play(scene, db, monkeypatch, games=40, steps=60)


@_long
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_so_it_does_on_the_other_database(scene, db, monkeypatch):
    _play(scene, db, monkeypatch, games=10, steps=30)


# What such games, and reading along with them, have brought to light.


def test_whatever_can_be_asked_for_leaves_time_to_answer(db, scene, sam, ada, ten):
    make.kind(db, ada, notice=0)
    scene.now = ten - timedelta(hours=1)

    with pytest.raises(SlotNotOffered):
        scene.ask(sam, ten)

    asked = called(db, scene.ask(sam, ten + timedelta(hours=2)))
    assert asked.answer_by - scene.now == timedelta(hours=1)


def test_a_kept_time_that_is_brought_back_once_the_answers_are_sent_is_asked_for(db, scene, sam, ada, ten):
    db.add(Diary(therapist_id=ada.id, holidays_worked=[], answers_first=True))
    kept = scene.ask(sam, ten)
    scene.cancel(kept)
    make.intake(db, client=sam, sent_at=scene.now)
    with scene.request():
        commands.ask_for_kept(sam.reference)

    scene.undo(kept, by=Party.CLIENT)
    with scene.request():
        commands.lapse(kept)

    assert called(db, kept).status is Status.REQUESTED


@pytest.mark.parametrize("cancelled", [0, 1], ids=["the first", "the one instead of it"])
def test_of_a_request_and_another_instead_of_it_either_can_be_brought_back(scene, db, sam, ten, cancelled):
    first = scene.ask(sam, ten)
    both = [first, scene.ask(sam, ten + timedelta(hours=1), instead_of=first)]

    scene.cancel(both[cancelled])
    scene.undo(both[cancelled], by=Party.CLIENT)

    assert [called(db, each).status for each in both] == [Status.REQUESTED, Status.REQUESTED]


_ASKING = [selectinload(Client.data_key), selectinload(Client.therapist)]


def _play(scene: Scene, db: Session, monkeypatch: pytest.MonkeyPatch, *, games: int, steps: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: scene.now)
    run_state_machine_as_test(
        lambda: Practice(scene, db),
        settings=settings(
            max_examples=games,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )


def _states(stands: Mapping[str, Stand]) -> Mapping[str, object]:
    return {reference: (stand.status, stand.times) for reference, stand in stands.items()}


def _up_to_three(starts: Sequence[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(st.sampled_from(starts), min_size=1, max_size=3, unique=True) if starts else st.just([])


def _apart(starts: Sequence[int], length: timedelta) -> list[datetime]:
    """As many of them as overlap none before."""
    chosen: list[datetime] = []
    for start in map(moment_of, starts):
        if all(abs(start - other) >= length for other in chosen):
            chosen.append(start)
    return chosen
