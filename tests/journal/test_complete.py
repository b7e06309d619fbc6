"""Whatever changes something leaves its line in the journal, or there is a reason why not, named here."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from datetime import date, timedelta
from pkgutil import walk_packages

import pytest
from sqlalchemy import select

import portal
from portal.accounts import services as accounts
from portal.accounts.models import Client, Therapist
from portal.calendars import services as calendars
from portal.calendars.models import SourceKind
from portal.calendars.queries import source_of
from portal.database import transaction
from portal.diary import naming
from portal.diary import services as diary
from portal.diary.importing import Found
from portal.diary.kinds import FIRST_CONSULTATION, Manner, Stamina
from portal.diary.models import ConsultationKind, DaysDiffer
from portal.intake import services as intake
from portal.intake.queries import latest_of
from portal.intake.replies import Posted
from portal.journal import services as journal
from portal.journal.lines import Hand, What
from portal.journal.models import JournalHead, JournalLine
from portal.practice import services as practice
from portal.privacy import services as privacy
from portal.privacy.erasing import erase
from portal.privacy.models import Erasure
from portal.privacy.retention import Reason, Retention
from portal.reading import services as reading
from portal.safekeeping import starting
from portal.scheduling import answers, choosing, expiring, feeds, freed, placing, proposing, services, undoing
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.queries import consultation_called
from tests import make
from tests.intake.definitions import item, questionnaire
from tests.journal.doors import DOORS, READING_AT_THE_DOORS, ROUTES_AT_THE_DOORS, WITHOUT_AT_THE_DOORS
from tests.journal.founded import (
    FOUNDED,
    READING_WHAT_IS_FOUNDED,
    ROUTES_OF_FOUNDING,
    WITHOUT_FOUNDING,
)
from tests.journal.published import (
    PUBLISHED,
    READING_WHAT_IS_PUBLISHED,
    ROUTES_OF_PUBLISHING,
    WITHOUT_PUBLISHING,
)
from tests.journal.said import ROUTES_OF_WHAT_IS_SAID, SAID, WITHOUT_WHAT_IS_SAID

# The modules in which something is changed; another one of the kind is named here as well.
CHANGING = (
    "accounts.address_change",
    "accounts.begun",
    "accounts.invitations",
    "accounts.leading",
    "accounts.passkeys",
    "accounts.places",
    "accounts.second_step",
    "accounts.services",
    "calendars.services",
    "clients.services",
    "consent.services",
    "diary.naming",
    "diary.services",
    "intake.amending",
    "intake.choices",
    "intake.giving",
    "intake.lamps",
    "intake.services",
    "journal.services",
    "mail.again",
    "making.services",
    "messages.services",
    "notes.services",
    "practice.proving",
    "practice.services",
    "privacy.erasing",
    "privacy.services",
    "reaching.services",
    "reading.bookmarks",
    "reading.keeping",
    "reading.publishing",
    "reading.services",
    "safekeeping.starting",
    "scheduling.answers",
    "scheduling.choosing",
    "scheduling.expiring",
    "scheduling.feeds",
    "scheduling.freed",
    "scheduling.phrases",
    "scheduling.placing",
    "scheduling.proposing",
    "scheduling.services",
    "scheduling.undoing",
    "waiting.services",
    "writing.services",
    "writing.suggesting",
)

# What changes something and leaves no line of its own, each with the reason why.
WITHOUT = {
    **WITHOUT_AT_THE_DOORS,
    **WITHOUT_PUBLISHING,
    **WITHOUT_FOUNDING,
    **WITHOUT_WHAT_IS_SAID,
    "calendars.services.look_again": "nothing changes but when it is looked at",
    "calendars.services.keep_copy": "when others keep somebody busy comes and goes every ten minutes",
    "calendars.services.keep_unchanged": "nothing has changed",
    "calendars.services.note_failure": "the desk shows it until it works again",
    "intake.services.begin_intake": "what is not sent is the client's alone",
    "intake.services.save_answer": "what is not sent is the client's alone; saving has to be quick",
    "intake.services.publish_shipped_questionnaire": "it calls publish",
    "privacy.erasing.go_on_erasing": "its steps cancel times and erase, which have lines",
    "privacy.erasing.look_again": "it only has a worker look once more",
    "privacy.erasing.order_erasure": "that it was erased is written when it is",
    "privacy.erasing.forget_erasure": "it is part of an erasure",
    "privacy.services.begin_what_is_due": "what it begins has lines",
    "privacy.services.list_who_is_due": "the list itself shows it, and the mail tells whom it concerns",
    "privacy.services.ask_for_copy_of_all": "each client who is put into it has a line, then",
    "reading.services.import_shipped_readings": "it calls import_readings",
    "reading.services.mark_reading": "it is the client's own, and taken back without a trace",
    "reading.services.unmark_reading": "it is the client's own, and taken back without a trace",
    "scheduling.choosing.choose_reminders": "when somebody wants to be reminded is theirs alone",
    "scheduling.choosing.wish_for_earlier": "a wish that can be taken back; what comes of it has a line",
    "scheduling.expiring.remind_of_consultation": "a mail, which tells whom it concerns",
    "scheduling.expiring.remind_to_answer": "a mail, which tells whom it concerns",
    "scheduling.phrases.add_phrase": "a therapist's own words, about nobody",
    "scheduling.phrases.remove_phrase": "a therapist's own words, about nobody",
    "scheduling.services.request_consultation": "tell_of_request writes it, a moment later",
}

# What reads, or works something out.
READING = {
    *READING_WHAT_IS_FOUNDED,
    *READING_AT_THE_DOORS,
    *READING_WHAT_IS_PUBLISHED,
    "intake.services.shipped_questionnaire",
    "reading.services.shipped_readings",
    "scheduling.proposing.free_starts",
    "scheduling.proposing.kind_of_another",
}

# Which of these stands behind each address that takes a POST.
ROUTES = {
    **ROUTES_AT_THE_DOORS,
    **ROUTES_OF_PUBLISHING,
    **ROUTES_OF_FOUNDING,
    **ROUTES_OF_WHAT_IS_SAID,
    "calendars.add": "calendars.services.add_source",
    "calendars.look": "calendars.services.look_again",
    "calendars.remove": "calendars.services.remove_source",
    "diary.bring_back": "diary.naming.bring_back_kind",
    "diary.change": "diary.naming.change_kind",
    "diary.change_limits": "diary.services.set_limits",
    "diary.change_own_week": "diary.services.set_hours",
    "diary.change_week": "diary.services.set_hours",
    "diary.choose": "diary.services.choose_holidays",
    "diary.close": "diary.services.switch_holidays",
    "diary.differ": "diary.services.add_days",
    "diary.move_up": "diary.naming.move_kind_up",
    "diary.name_kind": "diary.naming.add_kind",
    "diary.remove": "diary.services.remove_days",
    "diary.retire": "diary.naming.retire_kind",
    "feed.make": "scheduling.feeds.make_feed",
    "feed.revoke": "scheduling.feeds.revoke_feed",
    "intake.keep_draft": "intake.services.save_answer",
    "intake.save": "intake.services.save_answer",
    "intake.send": "intake.services.send_intake",
    "intake.start": "intake.services.begin_intake",
    "privacy.ask": "privacy.services.ask_for_erasure",
    "privacy.remove_draft": "privacy.services.delete_draft",
    "privacy.take_back": "privacy.services.take_back_erasure",
    # tests/privacy/test_copying.py looks for their lines.
    "privacy.take_copy": "privacy.copying.copy_of_clients",
    "retention.take_copy": "privacy.copying.copy_of_clients",
    "retention.take_copy_of_all": "privacy.copying.copy_of_clients",
    "retention.ask_for_copy": "privacy.services.ask_for_copy_of_all",
    "retention.remove": "privacy.copying.remove_copy",
    "retention.keep_longer": "privacy.services.put_off",
    "retention.show": "privacy.services.set_retention",
    "reading.mark": "reading.services.mark_reading",
    "reading.unmark": "reading.services.unmark_reading",
    "review.cancel": "scheduling.services.cancel_consultation",
    "review.confirm": "scheduling.answers.confirm_consultation",
    "review.decline": "scheduling.answers.decline_consultation",
    "review.follow_up": "scheduling.proposing.propose_to_follow",
    "review.give_back": "scheduling.placing.give_back_own_time",
    "review.keep": "scheduling.placing.keep_own_time",
    "review.keep_outside": "scheduling.answers.keep_outside_hours",
    "review.phrases": "scheduling.phrases.add_phrase",
    "review.place": "scheduling.placing.place_consultation",
    "review.propose": "scheduling.proposing.propose_times",
    "review.read_what_they_wrote": "scheduling.answers.read_note",
    "review.remove_words": "scheduling.phrases.remove_phrase",
    "review.say_met": "scheduling.answers.say_whether_met",
    "review.take_back": "scheduling.undoing.undo",
    "review.withdraw": "scheduling.proposing.withdraw_proposal",
    "scheduling.accept": "scheduling.choosing.accept_proposal",
    "scheduling.cancel": "scheduling.services.cancel_consultation",
    "scheduling.choose_time": "scheduling.services.request_consultation",
    "scheduling.refuse": "scheduling.choosing.decline_proposal",
    "scheduling.reminders": "scheduling.choosing.choose_reminders",
    "scheduling.take_back": "scheduling.undoing.undo",
    "scheduling.wish": "scheduling.choosing.wish_for_earlier",
    "scheduling.write": "scheduling.services.write_note",
}


# What changes nothing that is stored, though it is posted.
CHANGING_NOTHING = {
    "bringing.mend": "a script asks how a pasted text reads without its looks",
    "making.go_on": "a draft is tried out, and what is answered is kept in the page",
}


class World:
    """Ada and Sam, with whatever an act needs; each act happens in a transaction of its own."""

    def __init__(self, app, now):
        self.app, self.now = app, now
        with self.app.test_request_context(base_url="https://portal.test"), transaction() as db:
            make.practice(db)
            ada = make.therapist(db)
            for weekday in range(1, 8):
                make.working_hours(db, ada, weekday=weekday, starts="09:00", ends="17:00")
            sam = make.client(db, therapist=ada)
            make.questionnaire_version(db)
            self.ada_id, self.sam_id = ada.id, sam.id

    def ada(self, db):
        return db.get_one(Therapist, self.ada_id)

    def sam(self, db):
        sam = db.scalars(select(Client).where(Client.id == self.sam_id)).one()
        db.refresh(sam, ["data_key", "therapist"])
        return sam

    def consultation(self, db, status=Status.REQUESTED, *, days=3, **more):
        stored = make.consultation(
            db,
            client=self.sam(db),
            therapist=self.ada(db),
            starts_at=self.now + timedelta(days=days, hours=1),
            status=status,
        )
        for name, value in more.items():
            setattr(stored, name, value)
        db.flush()
        return consultation_called(db, stored.reference)

    def kind(self, db, **said):
        made = make.kind(db, self.ada(db), **said)
        return db.get_one(ConsultationKind, made.id)

    def link(self, db, purpose):
        """A mailed link of Sam's: its token."""
        return accounts._add_link(db, self.sam(db), purpose, now=self.now)

    def listed(self, db, reason=Reason.ASKED):
        erasure = Erasure(
            client_id=self.sam_id, reason=reason, begun_at=self.now, due_at=self.now + timedelta(days=30)
        )
        erasure.client = self.sam(db)
        db.add(erasure)
        db.flush()
        return erasure

    def source(self, db):
        made = calendars.add_source(
            db,
            self.ada(db),
            kind=SourceKind.ICS,
            label="x",
            address="https://x.example/x.ics",
            user_name="",
            password="",
            now=self.now,
        )
        db.flush()
        return source_of(db, self.ada(db), made.reference)


def _kind():
    return dataclasses.replace(FIRST_CONSULTATION, name="Another", manner=Manner.PHONE)


def _send(world, db):
    sam = world.sam(db)
    begun = intake.begin_intake(db, sam, now=world.now)
    intake.save_answer(db, sam, "name", Posted(["Sam"]), now=world.now)
    db.flush()
    intake.send_intake(db, sam, seen=latest_of(db, sam).intake.version, now=world.now)
    return begun


def _undo(world, db):
    consultation = world.consultation(db)
    answers.decline_consultation(db, consultation, now=world.now)
    db.flush()
    undoing.undo(db, consultation_called(db, consultation.reference), by=Party.THERAPIST, now=world.now)


def _freed(world, db):
    """Sam would be glad of an earlier time, and one is let go."""
    later = world.consultation(db, Status.CONFIRMED, days=9)
    choosing.wish_for_earlier(db, later, wanted=True, now=world.now)
    other = make.consultation(
        db,
        client=make.client(db, therapist=world.ada(db)),
        therapist=world.ada(db),
        starts_at=world.now + timedelta(days=3, hours=1),
    )
    db.flush()
    services.cancel_consultation(db, consultation_called(db, other.reference), by=Party.CLIENT, now=world.now)
    db.flush()
    freed.offer_freed_times(db, world.ada_id, now=world.now + timedelta(minutes=11))


def _proposal(world, db):
    consultation = world.consultation(db)
    reference = proposing.propose_times(
        db,
        consultation,
        starts=[world.now + timedelta(days=4, hours=1)],
        now=world.now,
        promised=world.now + timedelta(days=2),
    )
    db.flush()
    return consultation_called(db, reference)


def _lapse(world, db):
    kept = world.consultation(db, Status.KEPT, asked_at=world.now - timedelta(days=2))
    expiring.lapse(db, kept, now=world.now)


def _overdue(world, db):
    request = world.consultation(db, answer_by=world.now)
    expiring.expire(db, request, now=world.now)


def _tampered(world, db):
    db.get_one(JournalHead, 1).seal = b"x"
    db.flush()
    journal.accept_journal(db)


def _note_read(world, db):
    confirmed = world.consultation(db, Status.CONFIRMED)
    services.write_note(db, confirmed, "x", now=world.now)
    answers.read_note(db, confirmed, seen=None, now=world.now)


def _met(world, db):
    over = world.consultation(db, Status.CONFIRMED, days=-2)
    answers.say_whether_met(db, over, met=True, now=world.now)


def _draft(world, db):
    make.intake(db, client=world.sam(db), said={"name": "Sam"})
    privacy.delete_draft(db, world.sam(db))


# Of each service how it is done, and the line that it leaves.
ACTS = {
    **DOORS,
    **PUBLISHED,
    **FOUNDED,
    **SAID,
    "calendars.services.add_source": (What.CALENDAR_NAMED, lambda w, db: w.source(db)),
    "calendars.services.remove_source": (
        What.CALENDAR_REMOVED,
        lambda w, db: calendars.remove_source(db, w.source(db), now=w.now),
    ),
    "diary.services.add_days": (
        What.DIARY_CHANGED,
        lambda w, db: diary.add_days(
            db,
            w.ada(db),
            first=date(2027, 3, 9),
            last=date(2027, 3, 9),
            stretches=[],
            now=w.now,
        ),
    ),
    "diary.naming.add_kind": (What.DIARY_CHANGED, lambda w, db: naming.add_kind(db, w.ada(db), _kind())),
    "diary.naming.bring_back_kind": (
        What.DIARY_CHANGED,
        lambda w, db: naming.bring_back_kind(db, w.ada(db), w.kind(db, retired=True)),
    ),
    "diary.naming.change_kind": (
        What.DIARY_CHANGED,
        lambda w, db: naming.change_kind(db, w.ada(db), w.kind(db), _kind(), now=w.now),
    ),
    "diary.services.choose_holidays": (
        What.DIARY_CHANGED,
        lambda w, db: diary.choose_holidays(db, w.ada(db), country="GB", region=None, now=w.now),
    ),
    "diary.naming.move_kind_up": (
        What.DIARY_CHANGED,
        lambda w, db: naming.move_kind_up(db, w.ada(db), w.kind(db)),
    ),
    "diary.services.remove_days": (What.DIARY_CHANGED, lambda w, db: _remove_days(w, db)),
    "diary.naming.retire_kind": (
        What.DIARY_CHANGED,
        lambda w, db: naming.retire_kind(db, w.ada(db), w.kind(db)),
    ),
    "diary.services.set_hours": (
        What.DIARY_CHANGED,
        lambda w, db: diary.set_hours(db, w.ada(db), [(1, 540, 720, 0)], now=w.now),
    ),
    "diary.services.set_limits": (
        What.DIARY_CHANGED,
        lambda w, db: diary.set_limits(db, w.ada(db), Stamina(), most_open_requests=1, answers_first=False),
    ),
    "diary.services.switch_holidays": (
        What.DIARY_CHANGED,
        lambda w, db: diary.switch_holidays(db, w.ada(db), shown=["x"], closed=[], now=w.now),
    ),
    "diary.services.take_over": (
        What.DIARY_CHANGED,
        lambda w, db: diary.take_over(db, w.ada(db), _found([(1, 540, 720, 0)]), now=w.now),
    ),
    "intake.services.publish": (What.QUESTIONNAIRE_PUBLISHED, lambda w, db: _publish(w, db)),
    "intake.services.send_intake": (What.ANSWERS_SENT, _send),
    "journal.services.accept_journal": (What.JOURNAL_ACCEPTED, _tampered),
    "practice.services.come_back": (
        What.CAME_BACK,
        lambda w, db: practice.come_back(db, _away(db).reference, today=date(2027, 3, 1)),
    ),
    "practice.services.go_away": (What.WENT_AWAY, lambda w, db: _away(db)),
    "practice.services.switch_messages": (
        What.ALL_MESSAGES_SWITCHED,
        lambda w, db: practice.switch_messages(db, on=False, by=w.ada(db)),
    ),
    "practice.services.confirm_help_lines": (
        What.HELP_LINES_CONFIRMED,
        lambda w, db: practice.confirm_help_lines(db, on=date(2027, 3, 1)),
    ),
    "practice.services.open_sign_up": (
        What.SIGN_UP_SWITCHED,
        lambda w, db: practice.open_sign_up(db, to_everybody=False, by=w.ada(db)),
    ),
    "practice.services.describe_practice": (
        What.PRACTICE_DESCRIBED,
        lambda w, db: practice.describe_practice(
            db,
            name="x",
            country="GB",
            time_zone="Europe/London",
            answering_days=[1],
            answers_within_days=1,
            answers_by_hour=18,
        ),
    ),
    "privacy.erasing.erase": (What.ERASED, lambda w, db: _erase(w, db)),
    "privacy.services.ask_for_erasure": (
        What.ERASURE_ASKED,
        lambda w, db: privacy.ask_for_erasure(db, w.sam(db), now=w.now),
    ),
    "privacy.services.delete_draft": (What.DRAFT_DELETED, _draft),
    "privacy.services.put_off": (
        What.ERASURE_PUT_OFF,
        lambda w, db: privacy.put_off(
            db, w.ada(db), w.listed(db, Reason.KEPT_LONG_ENOUGH), months=1, words="x", now=w.now
        ),
    ),
    "privacy.services.set_retention": (
        What.RETENTION_SET,
        lambda w, db: privacy.set_retention(db, Retention(months_kept=12), by=w.ada(db)),
    ),
    "privacy.services.take_back_erasure": (
        What.ERASURE_TAKEN_BACK,
        lambda w, db: (w.listed(db), privacy.take_back_erasure(db, w.sam(db), now=w.now)),
    ),
    "reading.services.import_readings": (
        What.READINGS_IMPORTED,
        lambda w, db: reading.import_readings(db, reading.shipped_readings(), now=w.now),
    ),
    "safekeeping.starting.note_start": (What.STARTED, lambda w, db: starting.note_start(db)),
    "scheduling.answers.confirm_consultation": (
        What.TIME_CONFIRMED,
        lambda w, db: answers.confirm_consultation(db, w.consultation(db), now=w.now),
    ),
    "scheduling.answers.decline_consultation": (
        What.TIME_DECLINED,
        lambda w, db: answers.decline_consultation(db, w.consultation(db), now=w.now),
    ),
    "scheduling.answers.keep_outside_hours": (
        What.KEPT_OUTSIDE_HOURS,
        lambda w, db: answers.keep_outside_hours(db, w.consultation(db)),
    ),
    "scheduling.answers.say_whether_met": (What.SAID_MET, _met),
    "scheduling.answers.read_note": (What.NOTE_READ, _note_read),
    "scheduling.choosing.accept_proposal": (
        What.OFFER_ACCEPTED,
        lambda w, db: choosing.accept_proposal(
            db, _proposal(w, db), starts_at=w.now + timedelta(days=4, hours=1), now=w.now
        ),
    ),
    "scheduling.choosing.decline_proposal": (
        What.TIME_DECLINED,
        lambda w, db: choosing.decline_proposal(db, _proposal(w, db), now=w.now),
    ),
    "scheduling.expiring.ask_for_kept": (
        What.TIME_ASKED,
        lambda w, db: expiring.ask_for_kept(db, w.consultation(db, Status.KEPT), now=w.now),
    ),
    "scheduling.expiring.expire": (What.TIME_EXPIRED, _overdue),
    "scheduling.expiring.lapse": (What.TIME_EXPIRED, _lapse),
    "scheduling.feeds.make_feed": (
        What.FEED_MADE,
        lambda w, db: feeds.make_feed(db, w.ada(db), shows_names=False, now=w.now),
    ),
    "scheduling.feeds.revoke_feed": (What.FEED_REVOKED, lambda w, db: _revoke(w, db)),
    "scheduling.freed.offer_freed_times": (What.TIMES_OFFERED, _freed),
    "scheduling.placing.give_back_own_time": (What.OWN_TIME_GIVEN_BACK, lambda w, db: _give_back(w, db)),
    "scheduling.placing.keep_own_time": (What.OWN_TIME_KEPT, lambda w, db: _keep(w, db)),
    "scheduling.placing.place_consultation": (
        What.TIME_PLACED,
        lambda w, db: placing.place_consultation(
            db, w.ada(db), w.sam(db), starts_at=w.now + timedelta(days=3, hours=1), now=w.now
        ),
    ),
    "scheduling.proposing.propose_times": (What.TIMES_OFFERED, _proposal),
    "scheduling.proposing.propose_to_follow": (
        What.TIMES_OFFERED,
        lambda w, db: proposing.propose_to_follow(
            db,
            w.consultation(db, Status.MET, days=-2),
            now=w.now,
            promised=w.now + timedelta(days=2),
        ),
    ),
    "scheduling.proposing.withdraw_proposal": (
        What.TIME_CANCELLED,
        lambda w, db: proposing.withdraw_proposal(db, _proposal(w, db), now=w.now),
    ),
    "scheduling.services.cancel_consultation": (
        What.TIME_CANCELLED,
        lambda w, db: services.cancel_consultation(db, w.consultation(db), by=Party.CLIENT, now=w.now),
    ),
    "scheduling.services.tell_of_request": (
        What.TIME_ASKED,
        lambda w, db: services.tell_of_request(db, w.consultation(db), now=w.now),
    ),
    "scheduling.undoing.undo": (What.MOVE_UNDONE, _undo),
    "scheduling.services.write_note": (
        What.NOTE_WRITTEN,
        lambda w, db: services.write_note(db, w.consultation(db, Status.CONFIRMED), "x", now=w.now),
    ),
}


def _away(db):
    days = {"first_day": date(2027, 3, 9), "last_day": date(2027, 3, 10)}
    absence = practice.go_away(db, **days, today=date(2027, 3, 1))
    db.flush()
    return absence


def _remove_days(w, db):
    days = diary.add_days(
        db, w.ada(db), first=date(2027, 3, 9), last=date(2027, 3, 9), stretches=[], now=w.now
    )
    diary.remove_days(db, w.ada(db), db.get_one(DaysDiffer, days.id), now=w.now)


def _found(hours):
    return Found(hours=hours, days=[], altered=[], left=[])


def _publish(w, db):
    intake.publish(db, questionnaire(item("one")), now=w.now)


def _erase(w, db):
    erase(db, w.sam(db), now=w.now)


def _revoke(w, db):
    feeds.make_feed(db, w.ada(db), shows_names=False, now=w.now)
    db.flush()
    feeds.revoke_feed(db, w.ada(db))


def _keep(w, db):
    starts_at = w.now + timedelta(days=1)
    return placing.keep_own_time(
        db, w.ada(db), starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), now=w.now
    )


def _give_back(w, db):
    placing.give_back_own_time(db, w.ada(db), _keep(w, db), now=w.now)


def changing_functions():
    for name in CHANGING:
        module = importlib.import_module(f"portal.{name}")
        for function, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == module.__name__ and not function.startswith("_"):
                yield f"{name}.{function}"


def test_every_service_leaves_a_line_or_has_a_reason_not_to():
    """A new one is named in ACTS, with the line that it leaves, or in WITHOUT, with the reason."""
    known = {*ACTS, *WITHOUT, *READING}

    assert sorted(set(changing_functions()) - known) == []
    assert sorted(known - set(changing_functions())) == []


def test_every_module_of_services_is_looked_at():
    found = {
        module.name.removeprefix("portal.")
        for module in walk_packages(portal.__path__, "portal.")
        if module.name.endswith(".services")
    }
    assert sorted(found - set(CHANGING)) == []


def test_every_address_that_takes_a_post_names_its_service(app):
    """A new one is named in ROUTES."""
    posting = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}

    assert sorted({*ROUTES, *CHANGING_NOTHING} - posting) == []
    assert sorted(posting - {*ROUTES, *CHANGING_NOTHING}) == []
    elsewhere = {name for name in ROUTES.values() if name.startswith("privacy.copying.")}
    assert sorted(set(ROUTES.values()) - {*ACTS, *WITHOUT} - elsewhere) == []


@pytest.fixture
def world(app, now):
    return World(app, now)


@pytest.mark.parametrize("service", sorted(ACTS))
def test_a_line_is_left(app, db, world, service):
    what, act = ACTS[service]
    with app.test_request_context(base_url="https://portal.test"), transaction() as writing:
        act(world, writing)

    lines = db.execute(
        select(JournalLine.what, JournalLine.hand, JournalLine.person, JournalLine.about)
    ).all()
    assert what.value in [line.what for line in lines], lines
    # By whose hand it was is known, or it was nobody's.
    for line in lines:
        assert (line.person is None) == (line.hand in {Hand.PORTAL, Hand.OPERATOR}), line
    concerns = {line.about for line in lines if line.what == what.value}
    sam = db.scalar(select(Client.reference).where(Client.id == world.sam_id))
    if service.startswith(("scheduling.services", "scheduling.choosing", "scheduling.answers")):
        assert concerns == {sam}
