"""Publishing, answering and sending, as the database sees them."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.database import transaction
from portal.errors import NotFound
from portal.intake.models import Answer, GivenVersion, Intake, QuestionnaireVersion
from portal.intake.queries import (
    AlreadySent,
    NotBegun,
    Progress,
    answer_place,
    answering_of,
    overview_of,
)
from portal.intake.replies import AnswerState, Posted, Reply, Unreadable, Way
from portal.intake.sent import copy_place, sent_intake_of
from portal.intake.services import (
    AnsweredElsewhere,
    AnswerMissing,
    ChangedSinceSeen,
    NothingPublished,
    begin_intake,
    publish,
    publish_shipped_questionnaire,
    save_answer,
    send_intake,
    shipped_questionnaire,
)
from portal.mail.models import OutgoingEmail
from portal.vault.words import unseal
from tests import make
from tests.intake.again import again
from tests.intake.definitions import item, questionnaire

pytestmark = pytest.mark.usefixtures("inside_app")


@pytest.fixture
def sam(db):
    make.questionnaire_version(db)
    return make.client(db, name=None, therapist=make.therapist(db))


def _save(sam: Client, link_id: str, now, *typed: str, **more):
    with transaction() as db:
        return save_answer(db, again(db, sam), link_id, Posted(typed, **more), now=now)


def _reply(sam: Client, link_id: str) -> Reply | None:
    with transaction() as db:
        return answering_of(db, again(db, sam)).path.replies.get(link_id)


# Publishing


def test_the_same_definition_twice_is_the_same_version(db, now):
    with transaction() as writing:
        first = publish(writing, questionnaire(item("a")), now=now)
        again = publish(writing, questionnaire(item("a")), now=now + timedelta(days=1))
        changed = publish(writing, questionnaire(item("a", text="Another?")), now=now)

    assert (first.number, again.number, changed.number) == (1, 1, 2)
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 2


def test_the_shipped_questions_are_for_a_practice_that_has_none(db, now):
    with transaction() as writing:
        own = publish(writing, questionnaire(item("a")), now=now)
        assert publish_shipped_questionnaire(writing, now=now) is None

    assert db.scalars(select(QuestionnaireVersion.name)).all() == [own.name]


def test_the_shipped_questions_are_published_once(db, now):
    with transaction() as writing:
        publish_shipped_questionnaire(writing, now=now)
        publish_shipped_questionnaire(writing, now=now)

    assert [(each.name, each.number) for each in db.scalars(select(QuestionnaireVersion))] == [
        ("first-questions", 1)
    ]


# Beginning


def test_without_questions_nothing_can_begin(db, now):
    sam = make.client(db)

    with pytest.raises(NothingPublished), transaction() as writing:
        begin_intake(writing, again(writing, sam), now=now)


def test_beginning_again_finds_what_was_begun_on_the_version_it_was_begun_on(db, sam, now):
    with transaction() as writing:
        first = begin_intake(writing, again(writing, sam), now=now).id
    make.questionnaire_version(db, questionnaire(item("a")))

    with transaction() as writing:
        second = begin_intake(writing, again(writing, sam), now=now)
        questions = answering_of(writing, again(writing, sam)).path.questionnaire

    assert second.id == first
    assert questions == shipped_questionnaire()


def test_the_database_itself_refuses_a_second_unsent_intake(db, sam):
    begun = make.intake(db, client=sam)

    db.add(
        Intake(
            client_id=sam.id,
            version_id=begun.version_id,
            begun_at=begun.begun_at,
            saved_at=begun.begun_at,
        )
    )

    with pytest.raises(IntegrityError):
        db.flush()


def test_eight_windows_that_begin_at_once_begin_one_intake(app, db, sam, now):
    begun: list[int] = []

    def begin() -> None:
        with app.app_context(), transaction() as writing:
            begun.append(begin_intake(writing, again(writing, sam), now=now).id)

    windows = [threading.Thread(target=begin) for _ in range(8)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert len(begun) == 8
    assert len(set(begun)) == 1
    assert len(db.scalars(select(Intake)).all()) == 1


# Answering


def test_an_answer_is_sealed_for_its_own_place(db, sam, now):
    begun = make.intake(db, client=sam)

    _save(sam, "what-brings-you", now, "The heron")

    answer = db.scalars(select(Answer)).one()
    assert (answer.state, answer.saved_at, answer.revision) == (AnswerState.ANSWERED, now, 1)
    place = answer_place(begun.reference, "what-brings-you")
    assert json.loads(unseal(db, sam.data_key, answer.sealed_value, of=place)) == "The heron"
    assert b"heron" not in answer.sealed_value


def test_a_way_round_keeps_the_words_that_were_there(db, sam, now):
    make.intake(db, client=sam, said={"what-brings-you": "The heron"})

    _save(sam, "what-brings-you", now, "The heron", way=Way.DECLINE, based_on=1)

    assert _reply(sam, "what-brings-you") == Reply(AnswerState.DECLINED, "The heron")


def test_saving_the_same_again_changes_nothing(db, sam, now):
    begun = make.intake(db, client=sam, said={"what-brings-you": "The heron"})
    before = begun.version

    _save(sam, "what-brings-you", now, "The heron", based_on=1)

    db.expire_all()
    assert db.scalars(select(Intake.version)).one() == before
    assert db.scalars(select(Answer.revision)).one() == 1


def test_every_change_is_seen_in_the_intake_s_version_even_within_one_tick(db, sam, now):
    begun = make.intake(db, client=sam)
    _save(sam, "what-brings-you", now, "The heron")
    _save(sam, "what-brings-you", now, "The weir", based_on=1)

    db.expire_all()
    assert db.get(Intake, begun.id).version == 3


def test_an_old_page_overwrites_nothing(db, sam, now):
    make.intake(db, client=sam, said={"what-brings-you": "The heron"})

    with pytest.raises(AnsweredElsewhere) as clash:
        _save(sam, "what-brings-you", now, "The weir", based_on=0)

    assert (clash.value.stored.value, clash.value.value) == ("The heron", "The weir")
    assert _reply(sam, "what-brings-you").value == "The heron"


def test_what_one_page_sends_in_turn_is_no_other_hand_s(db, sam, now):
    make.intake(db, client=sam)
    _save(sam, "what-brings-you", now, "The", page="p", turn=1, way=Way.DRAFT)

    _save(sam, "what-brings-you", now, "The heron", page="p", turn=3)
    _save(sam, "what-brings-you", now, "The her", page="p", turn=2, way=Way.DRAFT)

    assert _reply(sam, "what-brings-you").value == "The heron"


def test_both_answers_can_be_kept_in_one(db, sam, now):
    make.intake(db, client=sam, said={"what-brings-you": "The heron"})

    _save(sam, "what-brings-you", now, "The weir", based_on=1, join=True)

    assert _reply(sam, "what-brings-you").value == "The heron\n\nThe weir"


def test_two_answers_that_are_too_long_together_are_both_still_there(db, sam, now):
    make.intake(db, client=sam, said={"what-brings-you": "a" * 3000})

    with pytest.raises(AnsweredElsewhere) as clash:
        _save(sam, "what-brings-you", now, "b" * 3000, based_on=1, join=True)

    assert "room for 5,000" in clash.value.problem
    assert _reply(sam, "what-brings-you").value == "a" * 3000


def test_a_pause_over_an_empty_field_is_no_answer(db, sam, now):
    make.intake(db, client=sam)

    saved = _save(sam, "what-brings-you", now, "", way=Way.DRAFT)

    assert saved.reply is None
    assert db.scalars(select(Answer)).all() == []


def test_an_answer_to_a_question_that_has_closed_is_kept(db, sam, now):
    make.intake(db, client=sam, said={"earlier": False})

    _save(sam, "what-helped", now, "Being asked slowly")

    assert _reply(sam, "what-helped").value == "Being asked slowly"


def test_there_is_no_way_round_the_name_and_none_is_needed(db, sam, now):
    make.intake(db, client=sam)

    _save(sam, "name", now, "", way=Way.DECLINE)

    assert _reply(sam, "name") == Reply(AnswerState.SKIPPED, None)


def test_the_name_to_use_is_what_the_portal_calls_the_client_by(db, sam, now):
    make.intake(db, client=sam)

    _save(sam, "name", now, "Robin")

    db.expunge_all()
    assert name_of(db, again(db, sam)) == "Robin"


@pytest.mark.parametrize("link_id", ["no-such-question", "before-you-go-on"])
def test_what_is_no_question_is_not_found(db, sam, now, link_id):
    make.intake(db, client=sam)

    with pytest.raises(NotFound):
        _save(sam, link_id, now, "a")


def test_what_cannot_be_read_leaves_what_was_there(db, sam, now):
    make.intake(db, client=sam, said={"sleep": "mixed"})

    with pytest.raises(Unreadable):
        _save(sam, "sleep", now, "quite-well", based_on=1)

    assert _reply(sam, "sleep").value == "mixed"


def test_before_the_beginning_and_after_the_end_nothing_is_answered(db, sam, now):
    with pytest.raises(NotBegun):
        _save(sam, "sleep", now, "mixed")
    make.intake(db, client=sam, said={"name": "Sam"}, sent_at=now)

    with pytest.raises(AlreadySent):
        _save(sam, "sleep", now, "mixed")


def test_windows_that_save_different_questions_at_once_lose_nothing(app, db, sam, now):
    make.intake(db, client=sam)
    answers = {"name": "Sam", "what-brings-you": "The heron", "sleep": "mixed", "earlier": "yes"}

    def answer(link_id: str, typed: str) -> None:
        with app.test_request_context(base_url="https://portal.test"):
            _save(sam, link_id, now, typed)

    windows = [threading.Thread(target=answer, args=each) for each in answers.items()]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    db.expire_all()
    assert set(db.scalars(select(Answer.link_id))) == set(answers)
    assert db.scalars(select(Intake.version)).one() == 5


# Sending


def _send(sam: Client, now, seen: int = 1) -> str:
    with transaction() as db:
        return send_intake(db, again(db, sam), seen=seen, now=now).reference


def test_sending_freezes_the_wording_and_tells_the_therapist_once(db, sam, now):
    said = {"name": "Sam", "sleep": "mixed", "right-now": AnswerState.SKIPPED}
    begun = make.intake(db, client=sam, said=said)

    _send(sam, now)
    _send(sam, now + timedelta(hours=1), seen=0)

    db.refresh(begun)
    copy = json.loads(unseal(db, sam.data_key, begun.sealed_copy, of=copy_place(begun)))
    assert begun.sent_at == now
    assert copy["questionnaire"]["hash"]
    assert [(row["link_id"], row["state"], row["shown"]) for row in copy["rows"]] == [
        ("name", "answered", ["Sam"]),
        ("what-brings-you", "untouched", ["Not answered"]),
        ("since-when", "untouched", ["Not answered"]),
        ("sleep", "answered", ["Well on some nights, badly on others"]),
        ("support", "untouched", ["Not answered"]),
        ("earlier", "untouched", ["Not answered"]),
        ("right-now", "skipped", ["Not answered"]),
        ("anything-else", "untouched", ["Not answered"]),
    ]
    assert len(db.scalars(select(OutgoingEmail)).all()) == 1


def test_nothing_is_sent_without_a_name_nor_unseen(db, sam, now):
    make.intake(db, client=sam)
    with pytest.raises(AnswerMissing) as missing:
        _send(sam, now)
    assert missing.value.question.link_id == "name"
    _save(sam, "name", now, "Sam")

    with pytest.raises(ChangedSinceSeen):
        _send(sam, now, seen=1)

    assert db.scalars(select(Intake.sent_at)).one() is None


def test_eight_presses_at_once_send_once(app, db, sam, now):
    make.intake(db, client=sam, said={"name": "Sam"})
    outcomes: list[str] = []

    def press() -> None:
        with app.test_request_context(base_url="https://portal.test"):
            outcomes.append(_send(sam, now))

    presses = [threading.Thread(target=press) for _ in range(8)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert len(outcomes) == 8
    assert len(set(outcomes)) == 1
    assert len(db.scalars(select(OutgoingEmail)).all()) == 1


def test_a_sent_intake_is_shown_from_its_own_row(db, sam, now):
    make.intake(db, client=sam, said={"name": "Sam", "support": ("friends", "animal")}, sent_at=now)
    db.query(Answer).delete()

    sent = sent_intake_of(db, sam)

    assert sent.sent_at == now
    assert {row.link_id: row.shown for row in sent.rows}["support"] == ["Friends", "An animal"]
    assert sent_intake_of(db, make.client(db)) is None


# Queries


@pytest.mark.parametrize("said", [{}, {"name": "Sam", "sleep": "mixed", "earlier": True}])
def test_progress_takes_one_query_however_much_was_said(db, sam, queries, said):
    make.intake(db, client=sam, said=said)
    overview_of(db, sam)

    with queries() as seen:
        so_far = overview_of(db, sam).progress

    assert len(seen) == 1
    assert (so_far.total, so_far.answered, so_far.begun) == (8, len(said), True)


def test_progress_before_anything_began(db, sam):
    assert overview_of(db, sam).progress == Progress(total=8, untouched=8)
    db.query(GivenVersion).delete()
    assert overview_of(db, sam).progress == Progress()
