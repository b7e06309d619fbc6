"""The workshop as a therapist meets it: without script, by links, fields and buttons alone."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import select

from portal.database import Base
from portal.intake.models import QuestionnaireVersion
from portal.intake.services import shipped_questionnaire
from portal.making.models import QuestionnaireDraft
from portal.making.sheet import loaded, stored
from tests import make
from tests.browser import Browser
from tests.intake import fhir
from tests.making.sheets import OFTEN, item, sheet

HOME = "/desk/questionnaire"
SHEET = f"{HOME}/evenings/draft"


@pytest.fixture
def drafted(db, ada, now):
    """Call it with items, and there is a draft of them."""

    def draft(*items, name="evenings", **more):
        made = QuestionnaireDraft(
            name=name,
            content=stored(sheet(*items, **more)),
            begun_at=now,
            changed_at=now,
            therapist_id=ada.id,
        )
        db.add(made)
        db.flush()
        return made

    return draft


def the_sheet(db, name="evenings"):
    db.expire_all()
    return loaded(db.scalars(select(QuestionnaireDraft.content).where(QuestionnaireDraft.name == name)).one())


def outline(page) -> list[str]:
    sheets = list(page.root.all("ol", class_="sheet"))
    return [each.text for each in sheets[0].all("p", class_="sheet__text")] if sheets else []


def stored_rows(db):
    return {
        table.name: sorted(map(repr, db.execute(select(table)).all()))
        for table in Base.metadata.sorted_tables
        if table.name != "signed_in_place"
    }


# A questionnaire from nothing to a version


def test_what_new_clients_are_given_is_a_choice(desk, db):
    make.questionnaire_version(db, number=1)
    make.questionnaire_version(
        db, fhir.brought(fhir.resource(fhir.item("a"))).questionnaire, number=2, given=False
    )
    desk.open(f"{HOME}/all/given")

    desk.choose("Evenings, version 2")
    page = desk.press("Save")

    assert "Evenings, version 2. Since Monday 1 March, chosen by Ada Marsh." in page.text


def test_what_is_given_is_not_retired_and_what_is_retired_is_given_to_nobody(desk, db):
    make.questionnaire_version(db, number=1)
    other = fhir.brought(fhir.resource(fhir.item("a"))).questionnaire
    make.questionnaire_version(db, other, number=1, given=False)

    desk.open(f"{HOME}/first-questions")
    assert "Retire it" not in desk.page.buttons
    answer = desk.http.post(
        f"{HOME}/first-questions/retirement",
        data={"csrf_token": desk.page.form_with("Begin a draft")[0]},
        base_url="https://portal.test",
    )
    assert answer.status_code == 400
    desk.open(f"{HOME}/evenings")
    desk.press("Retire it")

    assert "Nobody begins it any more" in desk.page.source
    assert "Evenings" not in desk.open(f"{HOME}/all/given").text
    desk.open(f"{HOME}/evenings")
    desk.press("Use it again")
    assert "Evenings" in desk.open(f"{HOME}/all/given").text


def test_a_draft_begins_as_what_is_published_or_shipped_or_a_copy(desk, db):
    make.questionnaire_version(db, number=1)
    desk.open(HOME)
    desk.press("Change it: A few questions before you meet")
    assert len(outline(desk.page)) == len(shipped_questionnaire().items)

    for begin in ("The questions that come with the portal", "A copy of “A few questions before you meet”"):
        desk.open(f"{HOME}/all/new")
        desk.choose(begin)
        assert desk.press("Begin").heading == "A few questions before you meet, copied"
        assert len(outline(desk.page)) == len(shipped_questionnaire().items)
    names = db.scalars(select(QuestionnaireDraft.name).order_by(QuestionnaireDraft.name)).all()
    assert names[0] == "a-few-questions-before-you-meet-copied"
    assert len(names) == 3


# Items


def test_what_is_amiss_stands_at_its_item_and_blocks_publishing(desk, drafted):
    drafted(item("a", why=""), item("b", text="Why did you come?"))

    page = desk.open(SHEET)
    first, second = list(page.root.all("ul", class_="findings"))
    assert "To mend: It does not say why it is asked." in first.text
    assert "To think over: It begins with why." in second.text

    desk.follow("Publish…")
    assert "Publish version 1" not in desk.page.buttons
    assert "It can be published once nothing is left to mend." in desk.page.text


def test_warnings_are_answered_in_a_sentence_that_stands_with_the_version(desk, db, drafted):
    drafted(item("a", text="Why did you come?"))
    desk.open(f"{HOME}/evenings/publishing")

    assert desk.press("Publish version 1").errors == ["Say in a sentence why it stays, or mend it"]
    desk.fill("Why does it stay as it is? (It may sound like blame)", "They know me well.")
    desk.press("Publish version 1")

    page = desk.open(f"{HOME}/evenings/versions/1")
    assert "It begins with why." in page.text
    assert "They know me well. Ada Marsh, Monday 1 March" in page.text
    # For the next version the sentence stands there already.
    desk.open(f"{HOME}/evenings")
    desk.press("Begin a draft")
    desk.open(f"{HOME}/evenings/publishing")
    assert (
        desk.page.field_labelled("Why does it stay as it is? (It may sound like blame)").text
        == "They know me well."
    )


def test_items_are_put_in_order_by_buttons_and_by_number(desk, db, drafted):
    drafted(item("a"), item("s", "section", text="Part"), item("b", within="s"), item("c"))
    desk.open(SHEET)

    desk.press("Down: About a?")
    assert [each["link_id"] for each in the_sheet(db)["items"]] == ["s", "a", "b", "c"]
    desk.open(f"{SHEET}/items/i4")
    desk.fill("At which place in the list?", "1")
    desk.press("Put it there")
    assert [each["link_id"] for each in the_sheet(db)["items"]] == ["c", "s", "a", "b"]
    desk.open(f"{SHEET}/items/i4")
    desk._filled = {"holder": ["s"]}
    desk.press("Put it there")

    assert [(each["link_id"], each.get("within")) for each in the_sheet(db)["items"]] == [
        ("s", None),
        ("a", "s"),
        ("b", "s"),
        ("c", "s"),
    ]


def test_an_item_is_copied_taken_out_and_put_back(desk, db, drafted):
    drafted(item("a", text="How are you?"), item("b"))
    desk.open(f"{SHEET}/items/i1")
    desk.press("Copy it")
    assert desk.page.heading == "How are you?"
    assert [each["link_id"] for each in the_sheet(db)["items"]] == ["a", "a-2", "b"]

    desk.open(f"{SHEET}/items/i1")
    desk.press("Take it out")
    assert outline(desk.page) == ["1: How are you?", "2: About b?"]
    desk.press("Put back")

    assert [each["link_id"] for each in the_sheet(db)["items"]] == ["a", "a-2", "b"]


def test_another_kind_is_shown_before_it_is_saved_and_keeps_what_was_typed(desk, db, drafted):
    drafted(item("a", "one-of"))
    desk.open(f"{SHEET}/items/i1")
    desk.fill("What do you ask?", "How many evenings a week?")
    desk._filled["kind"] = ["number"]

    desk.press("Show this kind")
    assert desk.page.field_labelled("What do you ask?").text == "How many evenings a week?"
    assert desk.page.field_labelled("Only whole numbers").has("checked")
    assert the_sheet(db)["items"][0]["kind"] == "one-of"
    desk.fill("What is counted? (optional)", "evenings")
    desk.press("Save")

    kept = the_sheet(db)["items"][0]
    assert (kept["kind"], kept["unit"], kept["text"]) == ("number", "evenings", "How many evenings a week?")
    # The answers are there again, should it be a choice after all.
    desk.open(f"{SHEET}/items/i1")
    desk._filled = {"kind": ["several-of"]}
    desk.press("Save")
    assert [each["label"] for each in the_sheet(db)["items"][0]["options"]] == ["Never", "Often"]


def test_answers_are_put_in_order_before_they_are_saved_and_codes_stay(desk, db, drafted):
    drafted(item("a", "one-of"))
    desk.open(f"{SHEET}/items/i1")
    desk.fill("Answer 1: Answer", "Not at all")

    desk.press("Down, Answer 1")
    assert desk.page.field_labelled("Answer 2: Answer").get("value") == "Not at all"
    desk.fill("Answer 3: Answer", "Always")
    desk.fill("Answer 3: Score", "4,5")
    desk.press("Save")

    options = [
        (each["code"], each["label"], each.get("weight")) for each in the_sheet(db)["items"][0]["options"]
    ]
    assert options == [("often", "Often", 2), ("never", "Not at all", 0), ("always", "Always", 4.5)]


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_typed_is_lost(desk, db, drafted):
    drafted(item("a", "number"))
    desk.open(f"{SHEET}/items/i1")
    desk.fill("What do you ask?", "How many?")
    desk.fill("The smallest number (optional)", "few")
    desk.fill("Its name in reports and files (optional)", "How Many")

    page = desk.press("Save")

    assert page.errors == ["Enter a number, like 7", "Use small letters, digits and hyphens, like last-week"]
    assert page.title.startswith("Error: ")
    assert page.field_labelled("What do you ask?").text == "How many?"
    assert the_sheet(db)["items"][0]["text"] == "About a?"


MANY = [{"code": f"c{number}", "label": f"Country {number}"} for number in range(300)]


def test_more_answers_than_rows_can_hold_are_written_as_lines(desk, db, drafted):
    waits = [{"question": "a", "operator": "=", "answer": "c7"}]
    drafted(item("a", "one-of", options=MANY), item("b", enable_when=waits))
    desk.open(f"{SHEET}/items/i1")
    lines = desk.page.field_labelled("Answers to choose from, one a line").lines.splitlines()
    assert (len(lines), lines[7]) == (300, "Country 7 |  | c7")

    changed = ["Nowhere at all", "Country seven | 2,5 | c7", *lines[:7], *lines[9:]]
    desk.fill("Answers to choose from, one a line", "\n".join(changed))
    desk.press("Save")

    first, second = the_sheet(db)["items"]
    assert len(first["options"]) == 300
    assert first["options"][:3] == [
        {"code": "nowhere-at-all", "label": "Nowhere at all"},
        {"code": "c7", "label": "Country seven", "weight": 2.5},
        {"code": "c0", "label": "Country 0"},
    ]
    assert "c8" not in {each["code"] for each in first["options"]}
    assert second["enable_when"] == waits


def test_a_line_that_cannot_be_read_is_said_and_nothing_typed_is_lost(desk, db, drafted):
    drafted(item("a", "one-of", options=MANY))
    desk.open(f"{SHEET}/items/i1")

    desk.fill("Answers to choose from, one a line", "Often | many | often\nNever")
    desk.press("Save")

    assert desk.page.errors == ["Line 1: write its score as a number, like 2, or leave it out"]
    assert desk.page.field_labelled("Answers to choose from, one a line").text.strip().endswith("Never")
    assert len(the_sheet(db)["items"][0]["options"]) == 300


def test_rows_are_turned_into_lines_to_paste_many_at_once(desk, db, drafted):
    drafted(item("a", "one-of", options=[{"code": "no", "label": "No", "weight": 0}]))
    desk.open(f"{SHEET}/items/i1")
    desk.fill("Answer 2: Answer", "Perhaps")

    desk.press("Write them as lines of text")

    field = desk.page.field_labelled("Answers to choose from, one a line")
    assert field.lines.splitlines() == ["No | 0 | no", "Perhaps |  | "]
    desk.fill("Answers to choose from, one a line", field.lines + "\nYes")
    desk.press("Save")
    assert [each["code"] for each in the_sheet(db)["items"][0]["options"]] == ["no", "perhaps", "yes"]


def test_so_it_is_in_a_list_that_several_questions_share(desk, db, drafted):
    drafted(
        item("a", "one-of", options=MANY, answer_list="where"),
        answer_lists=[{"name": "where", "title": "Where", "options": MANY}],
    )
    desk.open(f"{SHEET}/answer-lists/where")

    desk.fill("Answers to choose from, one a line", "Here | | c0\nThere | | c1")
    desk.press("Save")

    sheet = the_sheet(db)
    labels = [
        [option["label"] for option in each["options"]] for each in (*sheet["items"], *sheet["answer_lists"])
    ]
    assert labels == [["Here", "There"]] * 2
    desk.open(f"{SHEET}/answer-lists/where")
    desk.press("Write them as lines of text")
    desk.fill("Answers to choose from, one a line", "")
    desk.press("Save")
    assert desk.page.errors == ["Write at least one answer"]


def test_more_conditions_than_a_form_can_send_stay_as_they_are(desk, db, drafted):
    waits = [{"question": "a", "operator": "=", "answer": f"c{number}"} for number in range(150)]
    drafted(item("a", "one-of", options=MANY), item("b", enable_when=waits))
    desk.open(f"{SHEET}/items/i2")
    assert "It has so many conditions that a page cannot hold them." in desk.page.text
    desk.fill("What do you ask?", "Since when?")
    desk.press("Save")

    second = the_sheet(db)["items"][1]
    assert (second["text"], len(second["enable_when"])) == ("Since when?", 150)
    desk.open(f"{SHEET}/items/i2/conditions", expect=404)


def test_as_many_answers_as_a_page_holds_can_be_sent(desk, db, drafted):
    many = [{"code": f"c{number}", "label": f"Country {number}"} for number in range(198)]
    drafted(item("a", "one-of", options=many))
    desk.open(f"{SHEET}/items/i1")

    desk.fill("Answer 199: Answer", "One more")
    desk.press("Save")

    assert len(the_sheet(db)["items"][0]["options"]) == 199


def test_what_was_published_keeps_its_name_and_can_be_asked_as_a_new_question(desk, db):
    make.questionnaire_version(db, number=1)
    desk.open(f"{HOME}/first-questions")
    desk.press("Begin a draft")
    keys = {each["link_id"]: each["key"] for each in the_sheet(db, "first-questions")["items"]}
    desk.open(f"{HOME}/first-questions/draft/items/{keys['sleep']}")
    assert "Its name in reports is sleep. It was published, so it stays." in desk.page.text
    assert "mostly-well: Mostly well" in desk.page.text

    desk.press("Ask it as a new question")

    again = {each["key"]: each["link_id"] for each in the_sheet(db, "first-questions")["items"]}
    assert again[keys["sleep"]] == "sleep-2"
    assert desk.page.field_labelled("Its name in reports and files (optional)").get("value") == "sleep-2"


def test_conditions_are_added_one_by_one_with_and_or_or(desk, db, drafted):
    drafted(item("a", "yes-no"), item("b", "one-of"), item("n", "number"), item("d", "date"), item("z"))
    desk.open(f"{SHEET}/items/i5")
    desk.follow("Make it depend on an answer")
    for link_id in ("a", "b", "n", "d", "a"):
        desk._filled = {**getattr(desk, "_filled", {}), "question": [link_id]}
        desk.press("Add this answer")
    desk._filled = {
        "rows-0-answer": ["no"],
        "rows-1-operator": ["!="],
        "rows-1-answer": ["often"],
        "rows-2-operator": [">="],
        "rows-2-typed": ["2,5"],
        "rows-3-operator": ["given"],
        "enable_behaviour": ["any"],
    }
    desk.press("Take out, Condition 5")
    page = desk.press("Save")

    assert the_sheet(db)["items"][4]["enable_when"] == [
        {"question": "a", "operator": "=", "answer": False},
        {"question": "b", "operator": "!=", "answer": "often"},
        {"question": "n", "operator": ">=", "answer": 2.5},
        {"question": "d", "operator": "exists", "answer": True},
    ]
    assert "the answer to “About a?” is “No” or the answer to “About b?” is not “Often”" in page.text


@pytest.mark.parametrize("typed", ["", "soon"])
def test_a_condition_without_an_answer_is_not_saved(desk, db, drafted, typed):
    drafted(item("n", "number"), item("z"))
    desk.open(f"{SHEET}/items/i2/conditions")
    desk.press("Add this answer")
    desk.fill("Condition 1: Answer", typed)

    page = desk.press("Save")

    assert page.errors == ["Enter a number, like 7" if typed else "Enter the answer that it depends on"]


def test_a_lamp_is_given_and_taken_away(desk, db, drafted):
    drafted(item("a", "yes-no", text="Have you thought of suicide?"))
    desk.open(f"{SHEET}/items/i1")
    desk.follow("Give it a lamp")
    assert desk.page.field_labelled("What does the client read at once, as a heading?").get("value")
    desk.choose("Yes")
    desk.press("Save")
    lamp = the_sheet(db)["items"][0]["lamp"]
    assert (lamp["codes"], lamp["heading"]) == (["yes"], "Thank you for saying so")
    assert "Lit by: “Yes”." in desk.page.text

    desk.follow("Change its lamp")
    desk.press("Take the lamp away")

    assert the_sheet(db)["items"][0].get("lamp") is None


def test_a_lamp_says_how_soon_it_tells_and_by_which_number_it_is_lit(desk, db, drafted):
    drafted(item("n", "number"))
    desk.open(f"{SHEET}/items/i1/lamp")
    desk.fill("Is it lit by a number too, from which one on? (optional)", "7")
    desk.choose("Within some minutes")
    assert desk.press("Save").errors == ["Enter a number of minutes from 1 to 1440"]
    desk.fill("Within how many minutes? (optional)", "20")
    desk.press("Save")

    lamp = the_sheet(db)["items"][0]["lamp"]
    assert (lamp["at_least"], lamp.get("at_most"), lamp["codes"]) == (7, None, [])
    assert (lamp["tells"], lamp["minutes"]) == ("within-minutes", 20)
    assert "Lit by a number from 7 on." in desk.page.text


def test_a_lamp_of_the_whole_questionnaire_is_on_every_question_with_its_answer(desk, db, drafted):
    drafted(item("a", "one-of"), item("b", "one-of"))
    desk.open(f"{SHEET}/lamps")
    desk.press("A new one")
    desk.fill("By which codes of answers is it lit?", "often")
    desk.press("Save")

    assert the_sheet(db)["lamps"][0]["codes"] == ["often"]
    assert "Lit by often, on every question that has it." in desk.page.text
    assert "A lamp of the whole questionnaire is on it" in desk.open(f"{SHEET}/items/i2").text
    desk.open(f"{SHEET}/lamps/0")
    desk.press("Take this lamp away")
    assert the_sheet(db)["lamps"] == []


def test_a_preview_asks_a_section_on_one_page_and_lets_it_be_passed_by(desk, drafted):
    drafted(
        item("n", "note", text="What is next may be hard.", before="s"),
        item("s", "section", text="Evenings", on_one_page=True),
        item("a", within="s"),
        item("b", "one-of", within="s"),
        item("z"),
    )
    desk.open(f"{HOME}/evenings/preview/start")
    assert "What is next may be hard." in desk.press("Begin").text
    desk.press("Talk about this part in person")
    assert "About z?" in desk.page.heading

    desk.open(f"{HOME}/evenings/preview/s")
    desk.fill("About a?", "Well enough")
    desk.press("Continue")
    assert "About z?" in desk.page.heading
    assert "Well enough" in desk.press("Continue").text


def test_answers_that_several_questions_share_are_changed_in_one_place(desk, db, drafted):
    drafted(item("a", "one-of"), item("b", "one-of"))
    desk.open(f"{SHEET}/items/i1")
    desk.press("Make these answers a list")
    assert "Used by 2 questions" in desk.page.text
    desk.fill("What do you call it?", "How often")
    desk.fill("Answer 2: Answer", "Every day")
    page = desk.press("Save")

    assert "2 questions use it." in page.text
    assert [each["options"][1]["label"] for each in the_sheet(db)["items"]] == ["Every day", "Every day"]
    desk.open(f"{SHEET}/items/i2")
    assert "Change this list, for all questions that use it." in desk.page.text
    desk._filled = {"answer_list": [""]}
    desk.press("Save")
    assert [each.get("answer_list") for each in the_sheet(db)["items"]] == ["as-under-about-a", None]


# Several hands


@pytest.fixture
def other_desk(app, db, ada):
    other = Browser(app)
    other.sign_in(make.therapist(db, name="Kim Osei"))
    return other


def test_the_second_to_save_is_shown_both_and_loses_nothing(desk, other_desk, db, drafted):
    drafted(item("a", "one-of"))
    for each in (desk, other_desk):
        each.open(f"{SHEET}/items/i1")
    desk.fill("What do you ask?", "How are you?")
    desk.press("Save")

    other_desk.fill("What do you ask?", "How do you feel?")
    other_desk.fill("Answer 1: Answer", "Not once")
    page = other_desk.press("Save", expect=409)
    assert "Somebody else has changed this meanwhile" in page.text
    assert "What do you ask? How are you?" in page.text
    assert "Its answers Never, Often" in page.text
    assert page.field_labelled("What do you ask?").text == "How do you feel?"
    assert the_sheet(db)["items"][0]["text"] == "How are you?"
    other_desk.press("Save")

    kept = the_sheet(db)["items"][0]
    assert (kept["text"], kept["options"][0]["label"]) == ("How do you feel?", "Not once")
    assert "Draft, changed by Kim Osei" in desk.open(SHEET).text


CLASHES = [
    (f"{SHEET}/about", "What is it called?", "Save", "Its title"),
    (f"{SHEET}/items/i1/lamp", "What does the client read at once, as a heading?", "Save", "Its heading"),
    (f"{SHEET}/answer-lists/often", "What do you call it?", "Save", "Its title"),
    (f"{SHEET}/scores/sum", "What is it called?", "Save", "Its title"),
]


@pytest.mark.parametrize(
    ("place", "label", "button", "shown"), CLASHES, ids=[each[0].rsplit("/", 1)[1] for each in CLASHES]
)
def test_so_it_is_on_every_page_that_saves(desk, other_desk, drafted, place, label, button, shown):
    lamp = {"codes": ["often"], "heading": "Thank you", "words": "You are not alone."}
    drafted(
        item("a", "one-of", lamp=lamp, answer_list="often"),
        scales=[{"name": "sum", "title": "Sum", "questions": ["a"]}],
        answer_lists=[{"name": "often", "title": "Often", "options": OFTEN}],
    )
    for each in (desk, other_desk):
        each.open(place)
    desk.fill(label, "Of the first")
    desk.press(button)

    other_desk.fill(label, "Of the second")
    page = other_desk.press(button, expect=409)

    assert f"{shown} Of the first" in page.text
    assert page.field_labelled(label).get("value") == "Of the second"
    other_desk.press(button)
    other_desk.open(place)
    assert other_desk.page.field_labelled(label).get("value") == "Of the second"


def test_conditions_that_were_changed_meanwhile_are_shown(desk, other_desk, drafted):
    drafted(item("a", "yes-no"), item("z"))
    for each in (desk, other_desk):
        each.open(f"{SHEET}/items/i2/conditions")
        each.press("Add this answer")
    desk.press("Save")

    other_desk._filled = {"rows-0-answer": ["no"]}
    page = other_desk.press("Save", expect=409)

    assert "Asked the answer to “About a?” is “Yes”" in page.text


def test_who_publishes_a_draft_that_was_changed_meanwhile_looks_at_it_again(desk, other_desk, db, drafted):
    drafted(item("a"))
    desk.open(f"{HOME}/evenings/publishing")
    other_desk.open(f"{SHEET}/items/i1")
    other_desk.fill("What do you ask?", "How are you?")
    other_desk.press("Save")

    page = desk.press("Publish version 1", expect=409)

    assert "The draft was changed while this page was open." in page.text
    assert db.scalars(select(QuestionnaireVersion)).all() == []
    desk.press("Publish version 1")
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 1


def test_who_publishes_twice_has_published_once(desk, db, drafted):
    drafted(item("a"))
    desk.open(f"{HOME}/evenings/publishing")
    form = desk.page.form_with("Publish version 1")[0]
    sent = {field.get("name"): field.get("value") for field in form.all("input")}

    answers = [
        desk.http.post(
            f"{HOME}/evenings/publishing",
            data=sent,
            base_url="https://portal.test",
            headers={"Referer": f"https://portal.test{HOME}"},
        )
        for _ in range(2)
    ]

    assert [answer.location for answer in answers] == [f"{HOME}/evenings"] * 2
    assert len(db.scalars(select(QuestionnaireVersion)).all()) == 1


def test_no_title_tells_over_a_shoulder_what_is_asked(desk, drafted):
    """A question's words are on its page, and not in a tab, a history or a list of windows (P2)."""
    drafted(item("a", "one-of", text="Have you thought of suicide?"), title="Suicidal thoughts")

    for place in ("", "/items/i1", "/items/i1/lamp", "/items/i1/conditions", "/about", "/removal"):
        assert "suicid" not in desk.open(SHEET + place).title.lower()
    for place in ("/evenings", "/evenings/publishing", "/evenings/preview/a", "/evenings/preview/start"):
        assert "suicid" not in desk.open(HOME + place).title.lower()


def test_what_was_written_for_an_item_that_is_gone_is_shown(desk, other_desk, drafted):
    drafted(item("a"), item("b"))
    desk.open(f"{SHEET}/items/i1")
    other_desk.open(f"{SHEET}/items/i1")
    other_desk.press("Take it out")

    desk.fill("What do you ask?", "A long thought")
    page = desk.press("Save", expect=404)

    assert "A long thought" in page.text


def test_a_draft_is_thrown_away_only_after_a_question(desk, db, drafted):
    drafted(item("a"))
    desk.open(SHEET)
    desk.follow("Throw this draft away")
    assert "It was never published, so nothing of it stays." in desk.page.text

    desk.press("Throw it away")

    assert db.scalars(select(QuestionnaireDraft)).all() == []


# Trying it, comparing, files


def test_a_preview_says_what_a_client_would_be_told(desk, drafted):
    drafted(item("n", "number"), item("m", "note", text="Take your time."))
    desk.open(f"{HOME}/evenings/preview/n")
    desk.fill("About n?", "many")

    page = desk.press("Continue")
    assert page.errors == ["Write a number in digits, like 7"]
    desk.fill("About n?", "7")
    assert "Take your time." in desk.press("Continue").text


def test_a_preview_is_as_wide_as_a_phone_where_that_is_asked_for(desk, drafted):
    drafted(item("a"))

    desk.open(SHEET)
    desk.follow("Preview as on a phone")
    narrow = desk.page.source
    desk.follow("As on a wide screen")

    assert 'class="as-tried as-on-a-phone"' in narrow
    assert 'class="as-tried"' in desk.page.source


def test_of_an_empty_sheet_there_is_nothing_to_try(desk, drafted):
    drafted()

    assert "There is nothing to try yet" in desk.open(f"{HOME}/evenings/preview").source


def test_two_versions_are_compared(desk, db):
    old = fhir.brought(fhir.resource(fhir.scored("a"), fhir.item("b"))).questionnaire
    changed = old.items[0].model_copy(update={"text": "How often, would you say?"})
    make.questionnaire_version(db, old, number=1)
    make.questionnaire_version(db, old.model_copy(update={"items": (changed,)}), number=2)

    page = desk.open(f"{HOME}/evenings/comparison")

    assert "Changed: the wording" in page.text
    assert "Before: About a? How often, would you say?" in page.text
    assert "Gone" in page.text
    assert "New" in desk.open(f"{HOME}/evenings/comparison?old=2&new=1").text
    assert "Nothing: a reader could not tell" in desk.open(f"{HOME}/evenings/comparison?old=1&new=1").text


def brought(desk, content, name="evenings.json"):
    """As a browser sends a file."""
    page = desk.open(f"{HOME}/all/file")
    token = next(field.get("value") for field in page.root.all("input") if field.get("name") == "csrf_token")
    answer = desk.http.post(
        f"{HOME}/all/file",
        data={"csrf_token": token, "file": (io.BytesIO(content), name), "text": ""},
        base_url="https://portal.test",
        headers={"Referer": f"https://portal.test{HOME}/all/file"},
        follow_redirects=True,
    )
    return desk._arrive(answer, 200)


GERMAN = fhir.resource(
    fhir.item("a", text="Wie?", required=True, _text=fhir.translated("How?", "en")),
    language="de",
    name="Abende",
)


def test_a_file_is_read_its_report_accepted_and_only_then_it_is_a_draft(desk, db):
    page = brought(desk, json.dumps(GERMAN).encode())
    assert "becomes a wish: nobody has to answer before they can send" in page.text
    assert db.scalars(select(QuestionnaireDraft)).all() == []

    desk.follow("en")
    assert "How?" in desk.page.text
    page = desk.press("Make it a draft")

    assert outline(page) == ["1: How?"]
    assert db.scalars(select(QuestionnaireDraft.name)).all() == ["abende"]


def test_text_can_be_pasted_and_what_cannot_be_used_says_why(desk):
    desk.open(f"{HOME}/all/file")
    assert desk.press("Read it").errors == ["Choose a file, or paste its text"]
    desk.fill("Or its text, pasted", '{"resourceType": "Questionnaire", "item": [')
    page = desk.press("Read it")
    assert page.errors == [
        "This cannot be used. line 1, column 44: the file ends here, before it is complete"
    ]
    assert page.field_labelled("Or its text, pasted").text.startswith('{"resourceType"')

    desk.fill("Or its text, pasted", json.dumps(fhir.resource(fhir.item("a"))))
    assert desk.press("Read it").heading == "What is in the file"
    desk.press("Leave it")
    assert desk.page.heading == "Questions"


def test_a_file_becomes_the_next_version_of_what_has_its_name(desk, db):
    made = fhir.brought(fhir.resource(fhir.item("a"))).questionnaire
    make.questionnaire_version(db, made, number=1)
    brought(desk, json.dumps(fhir.resource(fhir.item("a"), fhir.item("b"))).encode())

    desk.choose("The next version of “Evenings”")
    desk.press("Make it a draft")

    assert db.scalars(select(QuestionnaireDraft.name)).all() == ["evenings"]


def test_any_version_is_taken_out_and_brought_in_again(desk, db):
    version = make.questionnaire_version(db, number=3)
    desk.open(f"{HOME}/first-questions/versions/3")
    for link, file in (
        ("As a FHIR R4 Questionnaire", "questions-3-fhir.json"),
        ("In the portal’s own shape", "questions-3.json"),
    ):
        answer = desk.http.get(desk.page.link_called(link).get("href"), base_url="https://portal.test")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'
        assert answer.mimetype == "application/json"
        page = brought(desk, answer.data)
        assert "12 questions" in page.text
        assert ("All of it was understood." in page.text) == (file == "questions-3.json")
        desk.choose("A questionnaire of its own")
        page = desk.press("Make it a draft")
        assert len(outline(page)) == len(shipped_questionnaire().items)
        desk.open(f"{HOME}/first-questions/versions/3")
    assert version.number == 3


# What every page owes


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_opening_any_page_changes_nothing(desk, db, drafted):
    make.questionnaire_version(db, number=1)
    drafted(item("a", "one-of"), item("b", "yes-no"), name="first-questions")
    places = [
        f"{HOME}{place}"
        for place in (
            ["", "/all/new", "/all/file", "/all/given"]
            + [
                f"/first-questions{each}"
                for each in ("", "/draft", "/publishing", "/versions/1", "/comparison")
            ]
            + [f"/first-questions/draft/{each}" for each in ("about", "removal", "answer-lists", "scores")]
            + [f"/first-questions/draft/items/i1{each}" for each in ("", "/conditions", "/lamp")]
            + [f"/first-questions/preview{each}" for each in ("", "/start", "/a", "/check")]
        )
    ]
    before = stored_rows(db)

    for place in places:
        desk.open(place)

    assert stored_rows(db) == before


NOT_THERE = (
    "/nothing",
    "/nothing/draft",
    "/evenings/versions/9",
    "/evenings/versions/9/fhir",
    "/all/file/abc",
) + tuple(f"/evenings/draft/{each}" for each in ("items/i9", "items/i9/lamp", "answer-lists/x", "scores/x"))


@pytest.mark.parametrize("place", NOT_THERE)
def test_what_is_not_there_is_not_found(desk, drafted, place):
    drafted(item("a"))

    desk.open(HOME + place, expect=404)


def test_clients_and_strangers_see_nothing_of_it(browser, db, drafted):
    drafted(item("a"))
    sam = make.client(db)

    assert browser.open(HOME).heading == "Sign in"
    browser.sign_in(sam)
    browser.open(SHEET, expect=404)


def many(drafted, number):
    return drafted(*(item(f"q{each}", "one-of", enable_when=[]) for each in range(number)))


def test_three_lines_of_a_sheet_cost_what_one_does(desk, queries, db, drafted):
    draft = many(drafted, 1)
    desk.open(SHEET)
    with queries() as one:
        desk.open(SHEET)
    draft.content = stored(sheet(*(item(f"q{each}", "one-of") for each in range(3))))
    db.flush()
    with queries() as three:
        desk.open(SHEET)

    assert len(three) == len(one)


def test_three_questionnaires_cost_what_one_does(desk, queries, db, drafted):
    def add(name):
        made = fhir.brought(fhir.resource(fhir.item("a"), name=name)).questionnaire
        make.questionnaire_version(db, made)
        drafted(item("a"), name=made.name)

    add("one")
    desk.open(HOME)
    with queries() as one:
        desk.open(HOME)
    add("two")
    add("three")
    with queries() as three:
        desk.open(HOME)

    assert len(three) == len(one) <= 8
