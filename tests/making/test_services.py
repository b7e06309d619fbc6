"""Drafts are begun, changed by several hands without loss, and become versions that never change."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from portal.errors import NotFound
from portal.intake.fhir_shapes import Unusable
from portal.intake.models import Answer, Intake, QuestionnaireVersion
from portal.intake.queries import definitions_called, given_version_id
from portal.intake.sent import sent_intake_of
from portal.intake.services import shipped_questionnaire
from portal.making import editing
from portal.making.editing import fingerprint, item_called
from portal.making.models import AnsweredWarning, BroughtFile, QuestionnaireDraft
from portal.making.queries import (
    answered_warnings,
    brought_file,
    draft_called,
    earlier_answers,
    fixed_names,
    questionnaires,
)
from portal.making.services import (
    ChangedMeanwhile,
    DraftIsThere,
    NotFit,
    Unanswered,
    accept_file,
    begin_draft,
    begin_questionnaire,
    bring_file,
    change_draft,
    leave_draft,
    publish_draft,
    refuse_file,
)
from portal.making.sheet import empty, loaded, of_definition
from tests import make
from tests.intake import fhir
from tests.making.sheets import item, sheet

EASY = item("a", text="How are you today?", why="it is good to begin with how you are.")


@pytest.fixture
def db(app):
    """One transaction, as a view has it; nothing of it stays."""
    with app.extensions["database"]() as db:
        db.connection(execution_options={"write": True})
        yield db
        db.rollback()


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


def begun(db, ada, now, made=None, name="evenings"):
    made = made or sheet(EASY)
    return begin_questionnaire(db, made, name=name, source=None, by=ada, now=now)


def the_sheet(db, name="evenings"):
    return loaded(draft_called(db, name).content)


def text_is(key, words):
    return lambda made, published: editing.say(made, key, {"text": words}, published)


def test_a_draft_begins_as_the_latest_version_and_there_is_one(db, now, ada):
    make.questionnaire_version(db, number=1)

    draft = begin_draft(db, "first-questions", by=ada, now=now)
    again = begin_draft(db, "first-questions", by=ada, now=now)

    assert draft is again
    assert loaded(draft.content) == of_definition(shipped_questionnaire())
    assert (draft.based_on, draft.therapist_id) == (1, ada.id)
    with pytest.raises(NotFound):
        begin_draft(db, "nothing", by=ada, now=now)


def test_a_new_questionnaire_takes_nobodys_name(db, now, ada):
    make.questionnaire_version(db)

    names = [begun(db, ada, now, empty("First"), name="First questions").name for _ in range(2)]

    assert names == ["first-questions-2", "first-questions-3"]


def test_two_hands_at_different_items_lose_nothing(db, now, ada):
    begun(db, ada, now, sheet(item("a"), item("b")))
    seen = {key: fingerprint(item_called(the_sheet(db), key)) for key in ("i1", "i2")}

    for key in ("i1", "i2"):
        part = lambda made, key=key: item_called(made, key)  # noqa: E731
        change_draft(db, "evenings", text_is(key, f"By {key}?"), by=ada, now=now, part=part, seen=seen[key])

    assert [each["text"] for each in the_sheet(db)["items"]] == ["By i1?", "By i2?"]


def test_the_second_hand_at_the_same_item_changes_nothing_and_is_told_what_stands_there(db, now, ada):
    begun(db, ada, now)
    part = lambda made: item_called(made, "i1")  # noqa: E731
    seen = fingerprint(part(the_sheet(db)))
    change_draft(db, "evenings", text_is("i1", "Mine?"), by=ada, now=now, part=part, seen=seen)

    with pytest.raises(ChangedMeanwhile) as clash:
        change_draft(db, "evenings", text_is("i1", "Theirs?"), by=ada, now=now, part=part, seen=seen)

    assert part(clash.value.sheet)["text"] == part(the_sheet(db))["text"] == "Mine?"
    # The same words twice are no clash.
    change_draft(db, "evenings", text_is("i1", "Mine?"), by=ada, now=now, part=part, seen=seen)


def test_a_change_that_changes_nothing_is_no_change(db, now, ada, later):
    draft = begun(db, ada, now)
    revision = draft.revision

    change_draft(db, "evenings", lambda made, _: made, by=make.therapist(db), now=now)

    assert (draft.revision, draft.therapist_id) == (revision, ada.id)


def published(db, ada, now, **more):
    draft = draft_called(db, "evenings")
    return publish_draft(
        db,
        "evenings",
        **{"seen": draft.revision, "answers": {}, "given": True, "by": ada, "now": now, **more},
    )


def test_a_published_draft_is_a_version_and_no_draft_any_more(db, now, ada):
    begun(db, ada, now)

    version = published(db, ada, now)

    assert (version.name, version.number, given_version_id(db)) == ("evenings", 1, version.id)
    assert definitions_called(db, "evenings")[1].items[0].text == "How are you today?"
    with pytest.raises(NotFound):
        draft_called(db, "evenings")


def test_published_without_being_given_it_changes_nothing_for_new_clients(db, now, ada):
    other = make.questionnaire_version(db)
    begun(db, ada, now)

    published(db, ada, now, given=False)

    assert given_version_id(db) == other.id


def test_what_is_published_is_what_was_seen(db, now, ada):
    draft = begun(db, ada, now)
    seen = draft.revision
    change_draft(db, "evenings", text_is("i1", "Something else?"), by=ada, now=now)
    db.flush()

    with pytest.raises(ChangedMeanwhile):
        published(db, ada, now, seen=seen)

    assert db.scalars(select(QuestionnaireVersion)).all() == []


@pytest.mark.parametrize("unfit", [item("a", why=""), item("a", text="You must say how you are.")])
def test_what_is_to_be_mended_is_not_published(db, now, ada, unfit):
    begun(db, ada, now, sheet(unfit))

    with pytest.raises(NotFit):
        published(db, ada, now)


def test_warnings_are_answered_with_a_sentence_that_is_kept(db, now, ada):
    begun(db, ada, now, sheet(EASY | {"text": "Why are you here? And since when?"}))
    with pytest.raises(Unanswered) as refusal:
        published(db, ada, now, answers={"blaming": "They know me."})
    assert refusal.value.rules == ["two-in-one"]

    version = published(db, ada, now, answers={"blaming": "They know me.", "two-in-one": "Both belong."})

    kept = answered_warnings(db, "evenings", version.number)
    assert [(each.rule, each.link_id, each.answer, each.therapist.name) for each in kept] == [
        ("two-in-one", "a", "Both belong.", "Ada Marsh"),
        ("blaming", "a", "They know me.", "Ada Marsh"),
    ]
    assert kept[0].answered_at == now
    assert earlier_answers(db, "evenings") == {"blaming": "They know me.", "two-in-one": "Both belong."}


def test_a_definition_that_was_published_before_is_that_version(db, now, ada):
    begun(db, ada, now)
    first = published(db, ada, now)
    begin_draft(db, "evenings", by=ada, now=now)

    again = published(db, ada, now)

    assert again.id == first.id
    assert db.scalars(select(AnsweredWarning)).all() == []


def test_publishing_changes_no_stored_rendering_and_no_begun_answers(db, now, ada):
    kit, sam = make.client(db, name="Kit", therapist=ada), make.client(db, therapist=ada)
    begun(db, ada, now)
    version = published(db, ada, now)
    make.intake(db, client=kit, version=version, said={"a": "Well enough"}, sent_at=now)
    make.intake(db, client=sam, version=version, said={"a": "So so"})
    sealed = {each.id: each.sealed_copy for each in db.scalars(select(Intake))}
    answers = {(each.intake_id, each.link_id): each.sealed_value for each in db.scalars(select(Answer))}
    before = sent_intake_of(db, kit)

    begin_draft(db, "evenings", by=ada, now=now)
    change_draft(db, "evenings", text_is("i1", "What was your day like?"), by=ada, now=now)
    db.flush()
    published(db, ada, now)

    assert sent_intake_of(db, kit) == before
    assert {each.id: each.sealed_copy for each in db.scalars(select(Intake))} == sealed
    assert {
        (each.intake_id, each.link_id): each.sealed_value for each in db.scalars(select(Answer))
    } == answers
    (of_evenings,) = questionnaires(db)
    assert [(each.number, each.begun, each.sent) for each in of_evenings.versions] == [(2, 0, 0), (1, 1, 1)]


def test_what_was_published_can_be_renamed_no_more(db, now, ada):
    begun(db, ada, now, sheet(item("q", "one-of", why="it says how it goes with you.")))
    published(db, ada, now)

    assert fixed_names(definitions_called(db, "evenings")) == {"q": frozenset({"never", "often"})}


def test_a_draft_is_thrown_away_only_as_it_was_seen(db, now, ada):
    draft = begun(db, ada, now)
    seen = draft.revision
    change_draft(db, "evenings", text_is("i1", "Else?"), by=ada, now=now)
    db.flush()

    with pytest.raises(ChangedMeanwhile):
        leave_draft(db, "evenings", seen=seen)
    leave_draft(db, "evenings", seen=draft.revision)
    db.flush()

    assert db.scalars(select(QuestionnaireDraft)).all() == []


FHIR = json.dumps(fhir.resource(fhir.scored("/1.a"), fhir.scored("b"), name="Evenings")).encode()


def test_a_file_is_kept_until_its_report_was_read_and_then_is_a_draft(db, now, ada):
    brought = bring_file(db, ada, FHIR, title="evenings", now=now)

    draft = accept_file(db, ada, brought.reference, language=None, as_next_of=None, now=now)

    assert (draft.name, draft.based_on) == ("evenings", None)
    assert [each["origin"] for each in loaded(draft.content)["items"]] == ["/1.a", "b"]
    assert json.loads(draft.source)["name"] == "Evenings"
    assert db.scalars(select(BroughtFile)).all() == []


def test_a_file_can_become_the_next_version_but_overwrites_no_draft(db, now, ada):
    make.questionnaire_version(db, number=7)
    reference = bring_file(db, ada, FHIR, title="evenings", now=now).reference
    draft = accept_file(db, ada, reference, language=None, as_next_of="first-questions", now=now)
    assert (draft.name, draft.based_on) == ("first-questions", 7)
    db.flush()

    reference = bring_file(db, ada, FHIR, title="evenings", now=now).reference
    with pytest.raises(DraftIsThere):
        accept_file(db, ada, reference, language=None, as_next_of="first-questions", now=now)


def test_a_file_is_its_bringers_alone_and_the_next_takes_its_place(db, now, ada):
    kim = make.therapist(db, name="Kim")
    first = bring_file(db, ada, FHIR, title="a", now=now).reference
    bring_file(db, kim, FHIR, title="a", now=now)
    second = bring_file(db, ada, FHIR, title="b", now=now).reference

    for therapist, reference in ((ada, first), (kim, second)):
        with pytest.raises(NotFound):
            brought_file(db, therapist, reference)
    refuse_file(db, ada, second)
    db.flush()
    assert [each.therapist_id for each in db.scalars(select(BroughtFile))] == [kim.id]


def test_a_language_that_is_not_in_the_file_is_refused(db, now, ada):
    reference = bring_file(db, ada, FHIR, title="a", now=now).reference

    with pytest.raises(Unusable):
        accept_file(db, ada, reference, language="fr", as_next_of=None, now=now)
