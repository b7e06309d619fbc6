"""Codes of an app, and those for who has lost it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.accounts.codes import (
    code_at,
    in_groups,
    new_recovery_codes,
    new_secret,
    picture_of,
    recovery_hash,
    step_of,
)

NOW = datetime(2027, 3, 1, 9, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def test_the_codes_are_those_of_the_standard():
    """RFC 6238, appendix B: the last six digits."""
    codes = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    assert {at: code_at(SECRET, datetime.fromtimestamp(at, UTC)) for at in codes} == codes


@pytest.mark.parametrize(
    ("seconds", "step"),
    [
        (-61, None),
        (-41, None),
        (-30, STEP - 1),
        (0, STEP),
        (19, STEP),
        (30, STEP + 1),
        (50, None),
        (80, None),
    ],
)
def test_a_code_of_about_now_will_do(seconds, step):
    typed = code_at(SECRET, NOW + timedelta(seconds=seconds))

    assert step_of(typed, SECRET, now=NOW, after=0) == step


@pytest.mark.parametrize(("after", "step"), [(STEP - 1, STEP), (STEP, None), (STEP + 5, None)])
def test_a_code_that_was_used_is_not_taken_again_and_no_earlier_one_either(after, step):
    assert step_of(code_at(SECRET, NOW), SECRET, now=NOW, after=after) == step


def test_blanks_between_the_digits_are_how_apps_show_them():
    code = code_at(SECRET, NOW)

    assert step_of(f" {code[:3]} {code[3:]} ", SECRET, now=NOW, after=0) == STEP


@given(some.text(max_size=40))
def test_nothing_else_is_a_code(typed):
    codes = {code_at(SECRET, NOW + timedelta(seconds=30 * around)) for around in (-1, 0, 1)}

    assert (step_of(typed, SECRET, now=NOW, after=0) is not None) == ("".join(typed.split()) in codes)


def test_the_picture_needs_no_style_and_loads_nothing():
    picture = picture_of(new_secret(), address="sam@example.org", issuer="Willow <b>Street</b> & Co")

    svg = ElementTree.fromstring(picture)
    attributes = {name for element in svg.iter() for name in element.attrib}
    assert svg.tag.endswith("svg")
    assert not attributes & {"style", "href", "onload"}
    assert "Willow" not in picture


def test_a_secret_can_be_typed_in():
    assert in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()


def test_recovery_codes_are_long_and_never_alike():
    codes = [code for _ in range(20) for code in new_recovery_codes()]

    assert len(set(codes)) == 200
    assert {len(code) for code in codes} == {17}
    assert not set("".join(codes)) & set("ilo01")


@pytest.mark.parametrize("typed", ["abcde-fghjk-mnpqr", "ABCDE FGHJK MNPQR", " abcdefghjkmnpqr "])
def test_a_recovery_code_is_the_same_however_it_is_typed(typed):
    assert recovery_hash(typed, whose="sam") == recovery_hash("abcde-fghjk-mnpqr", whose="sam")
    assert recovery_hash(typed, whose="kit") != recovery_hash(typed, whose="sam")
