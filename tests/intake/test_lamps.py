"""Lamps as the database sees them: lit, told of until they are seen, noted on, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Client
from portal.database import transaction
from portal.errors import NotFound
from portal.intake.amending import begin_amendment
from portal.intake.lamp_lifecycle import LampMove, LampMoveNotAllowed, LampStatus
from portal.intake.lamp_queries import lamp_on_desk, lamps_of, lamps_open_for, person_of, told_of_lamps
from portal.intake.lamps import (
    TELLING,
    close_lamp,
    note_on_lamp,
    reopen_lamp,
    see_lamp,
    tell_of_forgotten,
    tell_when_due,
)
from portal.intake.models import Answer, Intake, Lamp, LampEvent
from portal.intake.replies import Posted, Way
from portal.intake.services import save_answer, send_intake
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.practice.facts import current_practice
from portal.practice.models import Absence
from tests import make
from tests.intake.definitions import item, questionnaire

pytestmark = pytest.mark.usefixtures("inside_app")

SOON = {"tells": "within-minutes", "minutes": 20}


def rule(**more):
    return {"codes": ["yes"], "heading": "Thank you", "words": "You are not alone."} | more


@pytest.fixture
def practice(app, db):
    make.practice(db)
    app.extensions["practice"].forget()


@pytest.fixture
def ada(db, practice):
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return answering(db, ada, rule())


def answering(db, therapist, *rules):
    """A client who is asked a yes-no question for each of these lamps."""
    client = make.client(db, therapist=therapist)
    items = (item(f"q-{number}", "yes-no", lamp=each) for number, each in enumerate(rules, start=1))
    make.intake(db, client=client, version=make.questionnaire_version(db, questionnaire(*items)))
    return client


def again(db, client: Client) -> Client:
    """The client as a request would find them: with key and therapist, in this session."""
    loaded = (joinedload(Client.data_key), joinedload(Client.therapist))
    return db.scalars(select(Client).where(Client.id == client.id).options(*loaded)).one()


def say(client: Client, typed: str, now, link_id="q-1", **more) -> None:
    with transaction() as db:
        known = select(Answer.revision).join(Intake).where(Intake.client_id == client.id)
        answer = db.scalar(known.order_by(Intake.id.desc()).limit(1))
        posted = Posted([typed] if typed else [], based_on=answer or 0, **more)
        save_answer(db, again(db, client), link_id, posted, now=now)


def look(service, therapist, now, **more) -> None:
    with transaction() as db:
        lamp = db.scalars(select(Lamp)).one()
        service(db, lamp_on_desk(db, therapist, lamp.reference), by=therapist, now=now, **more)


def tell(now) -> None:
    """What the worker does with everything of this kind that is due."""
    with transaction() as db:
        due = db.scalars(select(Job.subject).where(Job.kind == TELLING, Job.due_at <= now)).all()
        for reference in due:
            tell_when_due(db, reference, now=now)


def mails(db) -> list[str]:
    return list(db.scalars(select(OutgoingEmail.recipient).order_by(OutgoingEmail.id)))


def moves(db) -> list[LampMove]:
    db.expire_all()
    return list(db.scalars(select(LampEvent.move).order_by(LampEvent.id)))


def away(app, db, now, *, stand_in=None, email=None, days=7, words=None):
    day = now.date()
    db.add(
        Absence(
            first_day=day,
            last_day=day + timedelta(days=days - 1),
            stand_in=stand_in,
            stand_in_email=email,
            words=words,
        )
    )
    db.flush()
    app.extensions["practice"].forget()


# Lighting


def test_it_is_lit_once_and_tells_the_therapist_once(db, sam, ada, now):
    say(sam, "yes", now, way=Way.DRAFT, page="p", turn=1)
    say(sam, "no", now, way=Way.DRAFT, page="p", turn=2)
    say(sam, "yes", now, page="p", turn=3)

    lamp = db.scalars(select(Lamp)).one()
    assert (lamp.link_id, lamp.question, lamp.status) == ("q-1", "About q-1?", LampStatus.LIT)
    mail = db.scalars(select(OutgoingEmail)).one()
    assert (mail.recipient, mail.subject) == (ada.email, "Something on your desk wants a look today")
    assert "https://portal.test/desk" in mail.body
    assert moves(db) == [LampMove.LIGHT, LampMove.TELL, LampMove.CHANGE, LampMove.LIGHT]


@pytest.mark.parametrize(
    ("typed", "way"),
    [("no", Way.CONTINUE), ("yes", Way.IN_PERSON), ("yes", Way.DECLINE), ("", Way.SKIP)],
)
def test_nothing_but_a_given_answer_lights_it(db, sam, now, typed, way):
    say(sam, typed, now, way=way)

    assert db.scalars(select(Lamp)).all() == []
    assert mails(db) == []


def test_one_that_cannot_be_told_of_is_not_lit_either(db, sam, now, monkeypatch):
    # Forced, since nothing on the way fails by itself: both are in one transaction, or neither is.
    monkeypatch.setattr("portal.intake.emails.post", lambda *_args, **_more: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        say(sam, "yes", now)

    assert db.scalars(select(Lamp)).all() == []
    assert db.scalars(select(Answer)).all() == []


def test_an_answer_that_is_changed_back_puts_no_lamp_out_and_says_so(db, sam, ada, now):
    later = now + timedelta(minutes=5)
    say(sam, "yes", now)

    say(sam, "no", later)

    lamp = db.scalars(select(Lamp)).one()
    assert (lamp.status, lamp.changed_at) == (LampStatus.LIT, later)
    assert [each.id for each in lamps_open_for(db, ada)] == [lamp.id]
    assert moves(db)[-1] is LampMove.CHANGE


def test_what_was_seen_and_changed_back_is_lit_anew_by_the_next_answer_that_does(db, sam, ada, now):
    say(sam, "yes", now)
    look(see_lamp, ada, now)
    say(sam, "no", now + timedelta(minutes=1))

    say(sam, "yes", now + timedelta(minutes=2))

    lamp = db.scalars(select(Lamp).execution_options(populate_existing=True)).one()
    assert (lamp.status, lamp.seen_at, lamp.changed_at) == (LampStatus.LIT, None, None)
    assert lamp.lit_at == now + timedelta(minutes=2)
    assert mails(db) == [ada.email] * 2


def test_saving_the_same_again_lights_nothing_anew(db, sam, ada, now):
    say(sam, "yes", now)
    look(see_lamp, ada, now)

    say(sam, "yes", now + timedelta(minutes=2))

    assert db.scalars(select(Lamp.status)).one() is LampStatus.SEEN
    assert mails(db) == [ada.email]


def test_an_answer_to_a_lamp_s_question_that_lights_nothing_costs_what_any_other_does(db, sam, now, queries):
    # What every page knows of the practice is looked up once in a while, whatever is answered.
    current_practice()
    with queries() as quiet:
        say(sam, "no", now)
    with queries() as lighting:
        say(sam, "yes", now)
    with queries() as back:
        say(sam, "no", now)

    # One of them is this test's own, and one finds the client and their therapist.
    # What the practice says may have to be looked up anew in the middle of any of them.
    assert len(quiet) <= 2 + 4 + 1
    # The last of them notes where the client stands.
    assert len(lighting) <= 2 + 4 + 8
    assert len(back) <= 2 + 4 + 5


# Telling


def test_at_once_is_with_the_answer_itself(db, sam, ada, now):
    say(sam, "yes", now)

    assert mails(db) == [ada.email]
    assert db.scalars(select(Lamp.tell_at)).one() == now + timedelta(hours=1)


def test_within_minutes_waits_for_second_thoughts_and_tells_all_the_same(db, ada, now):
    sam = answering(db, ada, rule(**SOON))
    say(sam, "yes", now)
    say(sam, "no", now + timedelta(minutes=1))
    assert mails(db) == []

    tell(now + timedelta(minutes=19))
    assert mails(db) == []
    tell(now + timedelta(minutes=20))

    assert mails(db) == [ada.email]


def test_within_answering_hours_waits_for_the_morning(db, ada, now):
    sam = answering(db, ada, rule(tells="answering-hours"))
    night = now.replace(hour=23)
    say(sam, "yes", night)

    tell(night + timedelta(hours=8))
    assert mails(db) == []
    tell(night + timedelta(hours=9))

    assert mails(db) == [ada.email]


def test_it_is_told_of_again_until_somebody_has_seen_it(db, sam, ada, now):
    say(sam, "yes", now)

    tell(now + timedelta(minutes=59))
    assert len(mails(db)) == 1
    tell(now + timedelta(hours=1))
    assert len(mails(db)) == 2
    tell(now + timedelta(hours=2))
    assert len(mails(db)) == 2
    tell(now + timedelta(hours=3))
    assert len(mails(db)) == 3
    assert db.scalars(select(OutgoingEmail.subject).order_by(OutgoingEmail.id.desc())).first() == (
        "Something on your desk still wants a look today"
    )
    look(see_lamp, ada, now + timedelta(hours=4))
    for hours in range(5, 200, 5):
        tell(now + timedelta(hours=hours))

    assert len(mails(db)) == 3


def test_one_whose_job_was_lost_is_picked_up_again(db, sam, now):
    say(sam, "yes", now)
    db.execute(Job.__table__.delete().where(Job.kind == TELLING))
    tell(now + timedelta(days=3))
    assert len(mails(db)) == 1

    with transaction() as writing:
        tell_of_forgotten(writing, now=now + timedelta(days=3))
    tell(now + timedelta(days=3))

    assert len(mails(db)) == 2


def test_one_that_is_not_overdue_is_left_to_its_job(db, sam, ada, now):
    say(sam, "yes", now)

    with transaction() as writing:
        tell_of_forgotten(writing, now=now + timedelta(hours=1, minutes=59))
    assert len(db.scalars(select(Job).where(Job.kind == TELLING)).all()) == 1
    look(see_lamp, ada, now)
    with transaction() as writing:
        tell_of_forgotten(writing, now=now + timedelta(days=9))

    assert len(db.scalars(select(Job).where(Job.kind == TELLING)).all()) == 1


def test_two_workers_or_one_that_was_killed_tell_once(db, sam, now):
    say(sam, "yes", now)

    for _ in range(3):
        tell(now + timedelta(hours=1))

    assert len(mails(db)) == 2


def test_one_that_is_lit_anew_is_told_of_in_one_row_only(db, sam, ada, now):
    """The job that was left over from the first time tells nobody."""
    say(sam, "yes", now)
    look(see_lamp, ada, now)
    say(sam, "no", now)
    say(sam, "yes", now + timedelta(minutes=30))

    told = []
    for minutes in range(30, 24 * 60, 30):
        before = len(mails(db))
        tell(now + timedelta(minutes=minutes))
        told += [minutes] * (len(mails(db)) - before)

    assert told == [90, 210, 450, 22 * 60]


def test_no_mail_says_whose_it_is_or_why(db, sam, now):
    say(sam, "yes", now)
    tell(now + timedelta(hours=1))

    for mail in db.scalars(select(OutgoingEmail)):
        text = f"{mail.subject} {mail.body}".lower()
        assert [
            each for each in ("sam", "reed", "q-1", "answer", "safety", "alone", "therap") if each in text
        ] == []


def test_where_the_client_has_no_therapist_everyone_who_is_here_is_told(db, ada, now):
    kit = answering(db, None, rule())
    bo = make.therapist(db, name="Bo Lind")

    say(kit, "yes", now)

    assert mails(db) == [ada.email, bo.email]
    for therapist in (ada, bo):
        assert [person_of(db, lamp) for lamp in lamps_open_for(db, therapist)] == ["Sam Reed"]


def test_where_there_is_nobody_at_all_the_first_who_comes_is_told(db, practice, now):
    kit = answering(db, None, rule())
    say(kit, "yes", now)
    tell(now + timedelta(hours=1))
    assert mails(db) == []
    assert told_of_lamps(db, again(db, kit), lit=False).who == []

    ada = make.therapist(db)
    tell(now + timedelta(hours=2))

    assert mails(db) == [ada.email]


# Away


def test_while_the_practice_is_away_whoever_stands_in_is_told_as_well_and_sees_it(app, db, sam, ada, now):
    bo = make.therapist(db, name="Bo Lind")
    away(app, db, now, stand_in="Bo Lind", email=bo.email)

    say(sam, "yes", now)

    assert mails(db) == [ada.email, bo.email]
    stand_ins = db.scalars(select(OutgoingEmail).where(OutgoingEmail.recipient == bo.email)).one()
    assert stand_ins.subject == "Something on the desk wants a look today"
    assert "You stand in at Willow Street Practice" in stand_ins.body
    assert len(lamps_open_for(db, bo)) == 1
    look(note_on_lamp, bo, now, note="Called, and was called back.")
    assert db.scalars(select(Lamp.status)).one() is LampStatus.ACTED_ON


def test_who_stands_in_sees_it_only_meanwhile_and_only_while_it_is_open(app, db, sam, ada, now):
    bo = make.therapist(db, name="Bo Lind")
    say(sam, "yes", now)
    reference = db.scalars(select(Lamp.reference)).one()
    assert lamps_open_for(db, bo) == []
    with pytest.raises(NotFound):
        lamp_on_desk(db, bo, reference)

    away(app, db, now, stand_in="Bo Lind", email=bo.email)
    assert lamp_on_desk(db, bo, reference)
    look(see_lamp, ada, now)
    look(close_lamp, ada, now)

    with pytest.raises(NotFound):
        lamp_on_desk(db, bo, reference)


def test_a_lamp_that_is_not_for_the_stand_in_is_kept_from_them(app, db, ada, now):
    sam = answering(db, ada, rule(tells_stand_in=False))
    bo = make.therapist(db, name="Bo Lind")
    away(app, db, now, stand_in="Bo Lind", email=bo.email)

    say(sam, "yes", now)

    assert mails(db) == [ada.email]
    assert lamps_open_for(db, bo) == []


def test_a_stand_in_who_does_not_sign_in_here_is_not_written_to(app, db, sam, ada, now):
    away(app, db, now, stand_in="Dr Quinn", email="quinn@example.org")

    say(sam, "yes", now)

    assert mails(db) == [ada.email]
    assert told_of_lamps(db, again(db, sam), lit=False).who == ["Ada Marsh"]


def test_answering_hours_are_those_after_the_absence_unless_somebody_stands_in(app, db, ada, now):
    alone, other = (answering(db, ada, rule(tells="answering-hours")) for _ in range(2))
    bo = make.therapist(db, name="Bo Lind")
    away(app, db, now)
    say(alone, "yes", now)
    db.execute(Absence.__table__.delete())
    away(app, db, now, stand_in="Bo Lind", email=bo.email)

    say(other, "yes", now)

    assert [lamp.tell_at for lamp in db.scalars(select(Lamp).order_by(Lamp.id))] == [
        (now + timedelta(days=7)).replace(hour=8),
        now + timedelta(hours=1),
    ]


# On the desk


def test_it_is_seen_acted_on_and_closed_and_its_history_says_by_whom(db, sam, ada, now):
    say(sam, "yes", now)
    look(see_lamp, ada, now + timedelta(minutes=1))
    look(note_on_lamp, ada, now + timedelta(minutes=2), note="Called at ten.")
    look(note_on_lamp, ada, now + timedelta(minutes=3), note="Wrote as well.")
    look(close_lamp, ada, now + timedelta(minutes=4))

    (shown,) = lamps_of(db, again(db, sam))
    assert shown.lamp.status is LampStatus.CLOSED
    assert [(line.move, line.name, line.note) for line in shown.lines] == [
        (LampMove.LIGHT, None, None),
        (LampMove.TELL, "Ada Marsh", None),
        (LampMove.SEE, "Ada Marsh", None),
        (LampMove.NOTE, "Ada Marsh", "Called at ten."),
        (LampMove.NOTE, "Ada Marsh", "Wrote as well."),
        (LampMove.CLOSE, "Ada Marsh", None),
    ]
    assert lamps_open_for(db, ada) == []
    look(reopen_lamp, ada, now + timedelta(minutes=5))
    db.expire_all()
    assert [lamp.status for lamp in lamps_open_for(db, ada)] == [LampStatus.SEEN]


def test_a_note_is_sealed(db, sam, ada, now):
    say(sam, "yes", now)

    look(note_on_lamp, ada, now, note="The heron called.")

    sealed = db.scalars(select(LampEvent.sealed_note).where(LampEvent.sealed_note.is_not(None))).one()
    assert b"heron" not in sealed


def test_who_notes_something_has_seen_it(db, sam, ada, now):
    say(sam, "yes", now)

    look(note_on_lamp, ada, now + timedelta(minutes=1), note="Called.")

    lamp = db.scalars(select(Lamp)).one()
    assert (lamp.seen_at, lamp.tell_at) == (now + timedelta(minutes=1), None)


def test_one_that_nobody_has_seen_cannot_be_closed(db, sam, ada, now):
    say(sam, "yes", now)

    with pytest.raises(LampMoveNotAllowed):
        look(close_lamp, ada, now)

    assert db.scalars(select(Lamp.status)).one() is LampStatus.LIT


def test_another_therapist_finds_neither_lamp_nor_client(db, sam, now):
    bo = make.therapist(db, name="Bo Lind")
    say(sam, "yes", now)

    assert lamps_open_for(db, bo) == []
    with pytest.raises(NotFound):
        look(see_lamp, bo, now)


def test_the_unseen_come_first_and_the_oldest_of_them(db, ada, now):
    people = [answering(db, ada, rule()) for _ in range(3)]
    for minutes, person in enumerate(people):
        say(person, "yes", now + timedelta(minutes=minutes))
    first = db.scalars(select(Lamp).order_by(Lamp.id)).first()
    with transaction() as writing:
        see_lamp(writing, lamp_on_desk(writing, ada, first.reference), by=ada, now=now)

    db.expire_all()
    assert [lamp.client_id for lamp in lamps_open_for(db, ada)] == [
        people[1].id,
        people[2].id,
        people[0].id,
    ]


def test_three_lamps_cost_the_same_queries_as_one(db, ada, now, queries):
    def cost(client):
        with queries() as desk:
            lamps_open_for(db, ada)
        with queries() as person:
            lamps_of(db, client)
        return len(desk), len(person)

    sam = answering(db, ada, rule(), rule(), rule())
    say(sam, "yes", now)
    one = cost(again(db, sam))
    say(sam, "yes", now, link_id="q-2", page="x")
    say(sam, "yes", now, link_id="q-3", page="x")

    assert cost(again(db, sam)) == one == (1, 1)
    assert len(lamps_of(db, again(db, sam))) == 3


# What the client is told


def told(db, client):
    with transaction() as reading:
        return told_of_lamps(reading, again(reading, client), lit=True)


def test_the_client_can_know_who_was_told_and_when_and_who_saw_it(db, sam, ada, now):
    assert told(db, sam).who == ["Ada Marsh"]
    say(sam, "yes", now)

    news = told(db, sam).news["q-1"]
    assert (news.told, news.told_at, news.has_left, news.seen_at) == (["Ada Marsh"], now, False, None)
    db.scalars(select(OutgoingEmail)).one().sent_at = now
    db.flush()
    assert told(db, sam).news["q-1"].has_left

    look(see_lamp, ada, now + timedelta(minutes=9))
    news = told(db, sam).news["q-1"]
    assert (news.seen_by, news.seen_at) == ("Ada Marsh", now + timedelta(minutes=9))


def test_what_was_told_before_it_was_lit_anew_is_no_news(db, sam, ada, now):
    say(sam, "yes", now)
    look(see_lamp, ada, now + timedelta(minutes=1))
    say(sam, "no", now + timedelta(minutes=2))
    say(sam, "yes", now + timedelta(minutes=3))

    news = told(db, sam).news["q-1"]

    assert (news.told_at, news.seen_by, news.seen_at) == (now + timedelta(minutes=3), None, None)


def test_one_that_is_still_to_be_told_of_says_when(db, ada, now):
    sam = answering(db, ada, rule(**SOON))
    say(sam, "yes", now)

    news = told(db, sam).news["q-1"]

    assert (news.told, news.tell_at) == ([], now + timedelta(minutes=20))


def test_a_correction_says_what_became_of_the_lamp_before_until_it_lights_its_own(db, sam, ada, now):
    say(sam, "yes", now)
    look(see_lamp, ada, now + timedelta(minutes=1))
    with transaction() as writing:
        sent = writing.scalars(select(Intake)).one()
        send_intake(writing, again(writing, sam), seen=sent.version, now=now)
        begin_amendment(writing, again(writing, sam), now=now)

    assert told(db, sam).news["q-1"].seen_by == "Ada Marsh"
    say(sam, "yes", now + timedelta(hours=1))
    assert told(db, sam).news["q-1"].seen_by == "Ada Marsh"
    say(sam, "no", now + timedelta(hours=2))
    say(sam, "yes", now + timedelta(hours=3))
    news = told(db, sam).news["q-1"]
    assert (news.seen_by, news.told_at) == (None, now + timedelta(hours=3))
    assert [lamp.status for lamp in db.scalars(select(Lamp).order_by(Lamp.id))] == ["seen", "lit"]
