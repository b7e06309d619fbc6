"""Whatever is moved where, nothing is lost, and everything stands right after what it stands in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.making import ordering
from portal.making.sheet import empty, judged, of_definition
from tests.intake.definitions import definitions
from tests.making.sheets import item, patient, sheet


def shelf():
    """One, a section with two and three in it, four."""
    return sheet(
        item("one"),
        item("s", "section"),
        item("two", within="s"),
        item("three", within="s"),
        item("four"),
    )


def shown(made) -> list[str]:
    return [f"{'  ' * depth}{each['link_id']}" for each, depth in ordering.outline(made)]


MOVES = [
    ("up", "four", ["one", "s", "  two", "  three", "  four"]),
    ("up", "two", ["one", "two", "s", "  three", "four"]),
    ("up", "three", ["one", "s", "  three", "  two", "four"]),
    ("up", "s", ["s", "  two", "  three", "one", "four"]),
    ("up", "one", ["one", "s", "  two", "  three", "four"]),
    ("down", "one", ["s", "  one", "  two", "  three", "four"]),
    ("down", "two", ["one", "s", "  three", "  two", "four"]),
    ("down", "three", ["one", "s", "  two", "three", "four"]),
    ("down", "s", ["one", "four", "s", "  two", "  three"]),
    ("down", "four", ["one", "s", "  two", "  three", "four"]),
]


@pytest.mark.parametrize(("way", "link_id", "expected"), MOVES, ids=[" ".join(each[:2]) for each in MOVES])
def test_by_one_an_item_goes_past_its_neighbour_or_through_the_edge_of_a_section(way, link_id, expected):
    made = shelf()

    getattr(ordering, f"move_{way}")(made, key_of(made, link_id))

    assert shown(made) == expected


PLACES = [
    ("one", 5, ["s", "  two", "  three", "four", "one"]),
    ("one", 99, ["s", "  two", "  three", "four", "one"]),
    ("one", 3, ["s", "  two", "  one", "  three", "four"]),
    ("four", 1, ["four", "one", "s", "  two", "  three"]),
    ("four", 4, ["one", "s", "  two", "  four", "  three"]),
    ("three", 3, ["one", "s", "  three", "  two", "four"]),
    ("three", 1, ["three", "one", "s", "  two", "four"]),
    ("s", 1, ["s", "  two", "  three", "one", "four"]),
    ("s", 3, ["one", "four", "s", "  two", "  three"]),
    ("two", 0, ["two", "one", "s", "  three", "four"]),
]


@pytest.mark.parametrize(("link_id", "number", "expected"), PLACES)
def test_to_a_number_an_item_joins_what_stands_there(link_id, number, expected):
    made = shelf()

    ordering.move_to(made, key_of(made, link_id), number)

    assert shown(made) == expected


def test_into_a_section_and_out_of_all():
    made = shelf()

    ordering.move_into(made, key_of(made, "one"), "s")
    assert shown(made) == ["s", "  two", "  three", "  one", "four"]
    ordering.move_into(made, key_of(made, "two"), None)
    assert shown(made) == ["s", "  three", "  one", "two", "four"]


def test_by_ups_and_downs_alone_an_item_can_reach_every_place():
    made, seen = shelf(), set()
    for _ in range(12):
        seen.add(tuple(shown(made)))
        ordering.move_up(made, key_of(made, "four"))
    for _ in range(12):
        ordering.move_down(made, key_of(made, "four"))

    assert len(seen) == 6
    assert shown(made) == shown(shelf())


def test_what_stands_in_nothing_that_can_hold_it_stands_alone():
    made = sheet(item("n", "note"), item("a", within="n"), item("b", within="gone"), item("c", within="c"))

    ordering.settle(made)

    assert [each.get("within") for each in made["items"]] == [None] * 4


def test_a_thousand_sections_in_one_another_are_no_trouble():
    made = empty("Deep")
    for number in range(1000):
        held = {"within": f"s{number - 1}"} if number else {}
        made["items"].append({"key": f"i{number}", "link_id": f"s{number}", "kind": "section", **held})

    ordering.settle(made)

    assert [each["link_id"] for each in made["items"]] == [f"s{number}" for number in range(1000)]


def key_of(made, link_id):
    return next(each["key"] for each in made["items"] if each["link_id"] == link_id)


@patient
@given(st.data())
def test_no_move_loses_anything_or_takes_anything_apart(data):
    made = of_definition(data.draw(definitions()))
    before = sorted(json.dumps({**each, "within": None}, sort_keys=True) for each in made["items"])

    for _ in range(data.draw(st.integers(1, 6))):
        key = data.draw(st.sampled_from([each["key"] for each in made["items"]]))
        way = data.draw(st.sampled_from(["up", "down", "to", "into"]))
        if way == "to":
            ordering.move_to(made, key, data.draw(st.integers(-1, 15)))
        elif way == "into":
            inside = {each["link_id"] for each in ordering.block_of(made, key)}
            fit = [each["link_id"] for each in made["items"] if each["kind"] == "section"]
            ordering.move_into(
                made, key, data.draw(st.sampled_from([None, *(x for x in fit if x not in inside)]))
            )
        else:
            getattr(ordering, f"move_{way}")(made, key)

    assert sorted(json.dumps({**each, "within": None}, sort_keys=True) for each in made["items"]) == before
    said = [problem.words for problem in judged(made, name="test", source=None).problems]
    assert not any("but does not stand there" in words for words in said), said
