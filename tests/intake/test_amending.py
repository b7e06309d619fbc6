"""What was sent is corrected by an amendment, and stays what it was (W2)."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.queries import name_of
from portal.database import transaction
from portal.intake.amending import (
    NothingToAmend,
    NothingToDrop,
    begin_amendment,
    drop_amendment,
    see_amendments,
)
from portal.intake.models import Answer, Intake, Lamp
from portal.intake.queries import AlreadySent, NotBegun, answering_of, latest_of, overview_of
from portal.intake.questionnaire import ADDITION
from portal.intake.replies import AnswerState, Posted, Way
from portal.intake.sent import all_sent_by, copy_place, has_begun_amendment, sent_intake_of
from portal.intake.services import NothingChanged, save_answer, send_intake
from portal.jobs.models import Job
from portal.mail.models import OutgoingEmail
from portal.vault.words import unseal
from tests import make
from tests.intake.again import again

pytestmark = pytest.mark.usefixtures("inside_app")


@pytest.fixture
def sam(db, now):
    """Has sent answers, and said more than was sent."""
    sam = make.client(db, therapist=make.therapist(db))
    said = {
        "name": "Sam",
        "sleep": "mixed",
        "support": AnswerState.IN_PERSON,
        "earlier": False,
        "what-helped": "Being asked slowly",
        "right-now": "safe",
    }
    make.intake(db, client=sam, said=said, sent_at=now - timedelta(days=1))
    return sam


def _begin(sam, now) -> str:
    with transaction() as db:
        return begin_amendment(db, again(db, sam), now=now).reference


def _save(sam, link_id, now, *typed, **more):
    with transaction() as db:
        return save_answer(db, again(db, sam), link_id, Posted(typed, **more), now=now)


def _send(sam, now) -> Intake:
    with transaction() as db:
        client = again(db, sam)
        return send_intake(db, client, seen=answering_of(db, client).intake.version, now=now)


def _amend(sam, now, link_id="sleep", typed="hardly"):
    _begin(sam, now)
    _save(sam, link_id, now, typed, based_on=1)
    return _send(sam, now)


# Beginning


def test_it_begins_with_all_that_was_said_sealed_for_its_own_place(db, sam, now):
    before = _replies(db, sam)
    sealed = {answer.sealed_value for answer in db.scalars(select(Answer)) if answer.sealed_value}

    _begin(sam, now)

    assert _replies(db, sam) == before
    assert before["what-helped"].value == "Being asked slowly"
    fresh = [answer.sealed_value for answer in db.scalars(select(Answer)) if answer.sealed_value]
    assert len(fresh) == 2 * len(sealed)
    assert len(set(fresh)) == len(fresh)


def _replies(db, sam):
    return dict(latest_of(db, again(db, sam)).path.replies)


def test_beginning_again_goes_on_with_what_was_begun(db, sam, now):
    first = _begin(sam, now)
    _save(sam, "sleep", now, "hardly", based_on=1)

    assert _begin(sam, now) == first
    assert _replies(db, sam)["sleep"].value == "hardly"
    assert len(db.scalars(select(Intake)).all()) == 2


def test_eight_windows_that_begin_at_once_begin_one(app, db, sam, now):
    begun: list[str] = []

    def begin() -> None:
        with app.app_context():
            begun.append(_begin(sam, now))

    windows = [threading.Thread(target=begin) for _ in range(8)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert (len(begun), len(set(begun))) == (8, 1)
    assert len(db.scalars(select(Intake)).all()) == 2


def test_what_is_not_sent_is_changed_itself(db, now):
    kit = make.client(db)
    with pytest.raises(NotBegun):
        _begin(kit, now)
    make.intake(db, client=kit, said={"name": "Kit"})

    with pytest.raises(NothingToAmend):
        _begin(kit, now)


def test_the_database_itself_refuses_a_second_amendment_of_the_same(db, sam, now):
    sent = db.scalars(select(Intake)).one()
    dull = {"client_id": sam.id, "version_id": sent.version_id, "begun_at": now, "saved_at": now}
    for amendment in (Intake(amends_id=sent.id, sent_at=now, **dull), Intake(amends_id=sent.id, **dull)):
        db.add(amendment)

    with pytest.raises(IntegrityError):
        db.flush()


# Sending


def test_it_says_what_differs_and_the_first_stays_what_it_was(db, sam, now):
    first = db.scalars(select(Intake)).one()
    copy = first.sealed_copy

    _begin(sam, now)
    _save(sam, "sleep", now, "hardly", based_on=1)
    _save(sam, "right-now", now, "", way=Way.DECLINE, based_on=1)
    _save(sam, ADDITION, now, "It has been a better week")
    _send(sam, now)

    db.expire_all()
    sam = again(db, sam)
    assert db.get(Intake, first.id).sealed_copy == copy
    newest, oldest = (sent_intake_of(db, sam, each.reference) for each in all_sent_by(db, sam))
    assert sent_intake_of(db, sam) == newest
    assert newest.copy.amends_sent_at == oldest.sent_at == now - timedelta(days=1)
    changed = {row.link_id: (row.was, row.shown) for row in newest.rows if row.is_changed}
    assert changed == {
        "sleep": (["Well on some nights, badly on others"], ["Hardly at all"]),
        "right-now": (["No, I am safe enough for now"], ["Not answered: would rather not say"]),
        ADDITION: ([], ["It has been a better week"]),
    }
    assert not any(row.is_changed for row in oldest.rows)


def test_a_branch_that_closes_is_named_and_its_answer_stays_where_it_was_sent(db, now):
    kit = make.client(db, therapist=make.therapist(db))
    said = {"name": "Kit", "earlier": True, "what-helped": "Being asked slowly"}
    make.intake(db, client=kit, said=said, sent_at=now)

    amended = _amend(kit, now, "earlier", "no")

    kit, amended = again(db, kit), db.get(Intake, amended.id)
    copy = unseal(db, kit.data_key, amended.sealed_copy, of=copy_place(amended))
    assert json.loads(copy)["left_out"] == ["What helped you there, and what did not?"]
    assert "slowly" not in copy


def test_what_differs_in_nothing_is_not_sent(db, sam, now):
    _begin(sam, now)
    # Two ways of saying nothing are the same.
    _save(sam, "since-when", now, "", way=Way.SKIP)

    with pytest.raises(NothingChanged):
        _send(sam, now)

    assert len(all_sent_by(db, sam)) == 1


def test_the_therapist_is_told_of_each_and_no_time_is_asked_for_again(db, sam, now):
    _amend(sam, now)

    mails = db.scalars(select(OutgoingEmail)).all()
    assert [(mail.recipient, mail.subject) for mail in mails] == [
        (sam.therapist.email, "Something new on your desk")
    ]
    assert "intake-sent" not in db.scalars(select(Job.kind)).all()


def test_each_amends_the_one_before_it(db, sam, now):
    _amend(sam, now)
    _amend(sam, now + timedelta(days=1), "sleep", "mostly-well")

    third, second, first = all_sent_by(db, sam)
    rows = {each.reference: sent_intake_of(db, sam, each.reference) for each in (third, second, first)}
    sleep = {
        reference: [(row.was, row.shown) for row in sent.rows if row.link_id == "sleep"]
        for reference, sent in rows.items()
    }
    assert sleep[third.reference] == [(["Hardly at all"], ["Mostly well"])]
    assert sleep[second.reference] == [(["Well on some nights, badly on others"], ["Hardly at all"])]
    assert [each.is_amendment for each in (third, second, first)] == [True, True, False]


def test_an_amendment_is_rendered_from_its_own_row_alone(db, sam, now):
    reference = _amend(sam, now).reference
    before = sent_intake_of(db, sam, reference)
    db.query(Answer).delete()
    db.query(Intake).filter(Intake.amends_id.is_(None)).update({"sealed_copy": b""})
    db.expire_all()

    assert sent_intake_of(db, again(db, sam), reference) == before
    assert before.copy.left_out == []


# Lamps


def test_an_answer_that_lit_a_lamp_lights_none_by_being_carried_along(db, now):
    kit = make.client(db, therapist=make.therapist(db))
    make.intake(db, client=kit, said={"name": "Kit", "right-now": "unsure"}, sent_at=now)

    _begin(kit, now)
    _save(kit, "right-now", now, "unsure", based_on=1)
    assert db.scalars(select(Lamp)).all() == []
    _save(kit, "right-now", now, "not-safe", based_on=1)

    assert [lamp.link_id for lamp in db.scalars(select(Lamp))] == ["right-now"]


# Dropping


def test_what_is_dropped_is_gone_but_for_the_lamp_it_lit(db, sam, now):
    _begin(sam, now)
    _save(sam, "right-now", now, "unsure", based_on=1)
    _save(sam, "name", now, "Robin", based_on=1)

    with transaction() as writing:
        drop_amendment(writing, again(writing, sam), now=now)

    db.expire_all()
    first, dropped = db.scalars(select(Intake).order_by(Intake.id))
    assert (dropped.dropped_at, dropped.sent_at) == (now, None)
    assert {answer.intake_id for answer in db.scalars(select(Answer))} == {first.id}
    assert [lamp.intake_id for lamp in db.scalars(select(Lamp))] == [dropped.id]
    db.expunge_all()
    assert name_of(db, again(db, sam)) == "Sam"
    assert not has_begun_amendment(db, again(db, sam))
    with pytest.raises(AlreadySent):
        _save(sam, "sleep", now, "hardly")


def test_after_one_was_dropped_another_can_be_begun(db, sam, now):
    _begin(sam, now)
    with transaction() as writing:
        drop_amendment(writing, again(writing, sam), now=now)

    _amend(sam, now)

    assert len(all_sent_by(db, sam)) == 2


def test_first_answers_cannot_be_dropped(db, now):
    kit = make.client(db)
    make.intake(db, client=kit, said={"name": "Kit"})

    with pytest.raises(NothingToDrop), transaction() as writing:
        drop_amendment(writing, again(writing, kit), now=now)


# Where it stands


def test_while_it_is_not_sent_what_was_sent_is_what_there_is(db, sam, now):
    _begin(sam, now)

    overview = overview_of(db, sam)

    assert overview.is_amending
    assert overview.progress.sent_at == now - timedelta(days=1)
    assert has_begun_amendment(db, sam)
    assert sent_intake_of(db, sam).copy.amends_sent_at is None


def test_the_therapist_reads_them_up_to_the_one_that_was_on_the_page(db, sam, now):
    first = _amend(sam, now).reference
    _amend(sam, now, "sleep", "mostly-well")
    kit = make.client(db, therapist=sam.therapist)

    with transaction() as writing:
        see_amendments(writing, kit, upto=first, by=sam.therapist, now=now)
    assert [each.read_at for each in all_sent_by(db, sam)] == [None, None, None]
    with transaction() as writing:
        see_amendments(writing, sam, upto=first, by=sam.therapist, now=now)

    assert [each.read_at for each in all_sent_by(db, sam)] == [None, now, None]
