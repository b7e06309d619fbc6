"""What can be done to a draft: nothing is lost by it, and what refers to something still does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import NotFound
from portal.intake.questionnaire import MOST_ITEMS
from portal.making import editing
from portal.making.editing import NameFixed, NameTaken, TooManyItems
from portal.making.sheet import judged, of_definition
from tests.intake.definitions import definitions
from tests.making.sheets import OFTEN, item, named, patient, sheet

NOTHING: dict = {}


def when(question, answer=True, operator="="):
    return {"question": question, "operator": operator, "answer": answer}


def test_a_new_item_is_named_by_its_words_and_keeps_that_name():
    made, key = editing.add(sheet(item("how-are-you")), "short-text")

    said = editing.say(made, key, {"text": "How are you, and since when is that so?", "link_id": ""}, NOTHING)
    again = editing.say(
        said, key, {"text": "Something else?", "link_id": "how-are-you-and-since-when"}, NOTHING
    )

    assert [each["link_id"] for each in said["items"]] == ["how-are-you", "how-are-you-and-since-when"]
    assert [each["link_id"] for each in again["items"]] == ["how-are-you", "how-are-you-and-since-when"]


def test_two_of_the_same_words_have_two_names():
    made = sheet(item("a", text="How?"), item("b", text="How?"))

    for each in list(made["items"]):
        made = editing.say(made, each["key"], {"link_id": ""}, NOTHING)

    assert [each["link_id"] for each in made["items"]] == ["how", "how-2"]


def test_whatever_refers_to_an_item_follows_its_new_name():
    made = sheet(
        item("s", "section"),
        item("a", "one-of", within="s"),
        item("b", part_of="a", enable_when=[when("a", "never")]),
        item("n", "note", before="s"),
        scales=[{"name": "sum", "title": "Sum", "questions": ["a"]}],
    )

    made = editing.say(made, named(made, "a")["key"], {"link_id": "asked"}, NOTHING)
    made = editing.say(made, named(made, "s")["key"], {"link_id": "part"}, NOTHING)

    assert named(made, "asked")["within"] == named(made, "n")["before"] == "part"
    assert named(made, "b")["part_of"] == named(made, "b")["enable_when"][0]["question"] == "asked"
    assert made["scales"][0]["questions"] == ["asked"]


def test_a_name_can_be_changed_only_while_it_is_unpublished_and_is_never_anothers():
    made = sheet(item("a"), item("b"))
    key = made["items"][0]["key"]

    with pytest.raises(NameFixed):
        editing.say(made, key, {"link_id": "c"}, {"a": frozenset()})
    for taken in ("b", "check"):
        with pytest.raises(NameTaken):
            editing.say(made, key, {"link_id": taken}, NOTHING)
    assert editing.say(made, key, {"link_id": ""}, {"a": frozenset()})["items"][0]["link_id"] == "a"


def test_what_is_asked_as_a_new_question_has_a_new_name_and_comes_from_nowhere():
    made = sheet(item("a", origin="/1.a"), item("b", enable_when=[when("a", "x")]))

    made = editing.renew(made, made["items"][0]["key"])

    assert [each["link_id"] for each in made["items"]] == ["a-2", "b"]
    assert "origin" not in made["items"][0]
    assert made["items"][1]["enable_when"][0]["question"] == "a-2"


def test_another_kind_keeps_what_can_be_kept_and_brings_back_the_rest():
    made = sheet(item("a", "one-of", wanted=True, tender=True, enable_when=[]))
    key = made["items"][0]["key"]

    text = editing.say(made, key, {"kind": "long-text"}, NOTHING)
    several = editing.say(text, key, {"kind": "several-of"}, NOTHING)

    fit = judged(text, name="test", source=None).definition.items[0]
    assert (fit.kind, fit.text, fit.wanted, fit.tender) == ("long-text", "About a?", True, True)
    assert judged(several, name="test", source=None).definition.items[0].labels == {
        "never": "Never",
        "often": "Often",
    }


def test_a_note_lets_go_of_what_stood_in_it():
    made = sheet(item("a"), item("b", within="a"))

    made = editing.say(made, made["items"][0]["key"], {"kind": "note"}, NOTHING)

    assert "within" not in made["items"][1]


def test_a_copy_stands_right_after_with_names_of_its_own():
    made = sheet(
        item("s", "section"),
        item("a", "yes-no", within="s"),
        item("b", within="s", enable_when=[when("a")], name_to_use=True),
        item("z"),
    )

    made, key = editing.duplicate(made, made["items"][0]["key"])

    assert [each["link_id"] for each in made["items"]] == ["s", "a", "b", "s-2", "a-2", "b-2", "z"]
    assert named(made, "b-2")["enable_when"] == [when("a-2")]
    assert named(made, "b-2")["within"] == "s-2"
    assert "name_to_use" not in named(made, "b-2")
    assert key == named(made, "s-2")["key"]
    assert len({each["key"] for each in made["items"]}) == 7


def test_what_is_taken_out_can_be_put_back_where_it_was():
    made = sheet(item("a"), item("s", "section"), item("b", within="s"), item("c"))
    key = named(made, "s")["key"]

    without = editing.take_out(made, key)
    back = editing.put_back(without, key)

    assert [(each["link_id"], each.get("within")) for each in without["items"]] == [
        ("a", None),
        ("b", None),
        ("c", None),
    ]
    assert back["items"] == made["items"]
    assert back["gone"] == []
    with pytest.raises(NotFound):
        editing.put_back(back, key)


def test_what_comes_back_takes_nobodys_name():
    made = sheet(item("a"), item("b"))
    key = named(made, "a")["key"]
    without = editing.take_out(made, key)
    taken = editing.say(without, named(without, "b")["key"], {"link_id": "a"}, NOTHING)

    back = editing.put_back(taken, key)

    assert [each["link_id"] for each in back["items"]] == ["a-2", "a"]


def test_only_the_last_twenty_are_kept_for_putting_back():
    made = sheet(*(item(f"q{number}") for number in range(25)))

    for each in list(made["items"]):
        made = editing.take_out(made, each["key"])

    assert len(made["gone"]) == 20
    assert made["gone"][0]["item"]["link_id"] == "q24"


def test_there_is_an_end_to_how_many_there_are():
    made = sheet(*(item(f"q{number}") for number in range(MOST_ITEMS)))

    with pytest.raises(TooManyItems):
        editing.add(made, "note")
    with pytest.raises(TooManyItems):
        editing.duplicate(made, made["items"][0]["key"])


def row(code, label, weight=None, name=""):
    return {"code": code, "label": label, "weight": weight, "name": name}


def test_answers_keep_their_codes_and_what_waits_for_one_follows_it():
    made = sheet(
        item("a", "one-of", lamp={"codes": ["often", "never"], "heading": "H", "words": "W"}),
        item("b", enable_when=[when("a", "often")]),
    )
    rows = [row("often", "Quite often", 2, "quite"), row("", "Now and then"), row("", "Now and then")]

    made = editing.choose_answers(made, made["items"][0]["key"], rows, NOTHING)

    asked = made["items"][0]
    assert [(each["code"], each["label"], each.get("weight")) for each in asked["options"]] == [
        ("quite", "Quite often", 2),
        ("now-and-then", "Now and then", None),
        ("now-and-then-2", "Now and then", None),
    ]
    assert asked["lamp"]["codes"] == ["quite"]
    assert made["items"][1]["enable_when"][0]["answer"] == "quite"


def test_what_stands_there_at_first_is_an_answer_or_nothing():
    made = sheet(item("a", "one-of", initial="often"), item("b", "several-of", initial=["never", "often"]))
    for key, rows, first in (
        ("i1", [row("often", "Often", 2, "quite"), row("never", "Never", 0)], "quite"),
        ("i1", [row("never", "Never", 0)], None),
        ("i2", [row("never", "Never", 0)], ["never"]),
    ):
        done = editing.choose_answers(made, key, rows, NOTHING)
        assert editing.item_called(done, key)["initial"] == first

    text = editing.say(made, "i1", {"kind": "long-text"}, NOTHING)

    assert "initial" not in text["items"][0]


def test_a_code_that_was_published_stays_and_is_given_to_no_other_answer():
    made = sheet(item("a", "one-of"))
    key, published = made["items"][0]["key"], {"a": frozenset({"never", "often"})}

    with pytest.raises(NameFixed):
        editing.choose_answers(made, key, [row("often", "Often", 2, "much")], published)
    kept = editing.choose_answers(made, key, [row("", "Often"), row("often", "Most days", 2)], published)

    assert [each["code"] for each in kept["items"][0]["options"]] == ["often-2", "often"]


def test_answers_written_once_are_changed_once():
    made = sheet(item("a", "one-of"), item("b", "several-of"), item("c", "one-of", options=[OFTEN[0]]))

    made, name = editing.make_list(made, made["items"][0]["key"], "How often")
    made = editing.say_of_list(
        made, name, "How often?", [row("never", "Not at all", 0), row("", "Daily", 3)], NOTHING
    )

    labels = [[option["label"] for option in each["options"]] for each in made["items"]]
    assert labels == [["Not at all", "Daily"], ["Not at all", "Daily"], ["Never"]]
    assert made["answer_lists"][0]["title"] == "How often?"
    assert judged(made, name="test", source=None).definition.answer_lists[0].name == "how-often"


def test_a_question_takes_a_list_and_gives_it_back():
    made, name = editing.make_list(
        sheet(item("a", "one-of"), item("c", "one-of", options=[OFTEN[0]])), "i1", "Often"
    )
    key = made["items"][1]["key"]

    shared = editing.share_answers(made, key, name)
    alone = editing.share_answers(shared, key, None)
    ended = editing.end_list(shared, name)

    assert [option["code"] for option in shared["items"][1]["options"]] == ["never", "often"]
    for each in (alone, ended):
        assert "answer_list" not in each["items"][1]
        assert [option["code"] for option in each["items"][1]["options"]] == ["never", "often"]
    assert ended["answer_lists"] == []
    with pytest.raises(NotFound):
        editing.share_answers(ended, key, name)


def test_scores_are_begun_said_and_ended():
    made, name = editing.add_scale(sheet(item("a", "one-of")), "How much of it")
    made, other = editing.add_scale(made, "How much of it")

    said = editing.say_of_scale(
        made, name, {"questions": ["a"], "bands": [{"low": 0, "high": 2, "words": "All"}]}
    )

    assert (name, other) == ("how-much-of-it", "how-much-of-it-2")
    assert said["scales"][0]["questions"] == ["a"]
    assert [each["name"] for each in editing.end_scale(said, name)["scales"]] == [other]


@patient
@given(st.data())
def test_nothing_that_is_done_changes_what_it_is_done_to(data):
    made = of_definition(data.draw(definitions()))
    before, key = editing.fingerprint(made), data.draw(st.sampled_from(made["items"]))["key"]

    editing.duplicate(made, key)
    editing.say(made, key, {"link_id": "other", "text": "Else?"}, NOTHING)
    editing.put_back(editing.take_out(made, key), key)
    editing.renew(made, key)

    assert editing.fingerprint(made) == before
