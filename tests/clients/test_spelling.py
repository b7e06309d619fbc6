"""By which beginnings somebody is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clients.spelling import asked_for, beginnings


def is_found(name, typed, address="sam@example.org"):
    kept, sought = beginnings(name, address), asked_for(typed)
    return bool(sought) and all(word & kept for word in sought)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Sam Reed", "sa"),
        ("Sam Reed", "SAM"),
        ("Sam Reed", "reed sam"),
        ("Anna-Lena O'Neill", "lena neill"),
        ("Jürgen Müller", "muller"),
        ("Jürgen Müller", "mueller"),
        ("Jürgen Müller", "MÜLLER"),
        ("Juergen Mueller", "müller"),
        ("Mu\u0308ller", "mü"),
        ("Łukasz Żak", "lukasz zak"),
        ("Søren Aaberg", "soren"),
        ("Weiß", "weiss"),
        ("李 雷", "李"),
        ("Wolfeschlegelsteinhausen", "wolfeschlegelstein"),
        ("", "sam@exa"),
        ("", "sam@example.org"),
        ("Nobody", "sam@"),
    ],
)
def test_they_are_found(name, typed):
    assert is_found(name, typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Sam Reed", "s"),
        ("Sam Reed", "eed"),
        ("Sam Reed", "sam reid"),
        ("Sam Reed", ""),
        ("Sam Reed", "  ' - "),
        ("Sam Reed", "\u0301"),
        ("Sam Reed", "kit@example.org"),
    ],
)
def test_they_are_not_found(name, typed):
    assert not is_found(name, typed)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=300))
def test_whatever_is_typed_something_sensible_is_looked_for(name, address, typed):
    assert all(1 <= len(each) <= 12 for each in beginnings(name, address))
    assert len(asked_for(typed)) <= 4


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=2, max_size=20))
def test_everybody_is_found_by_their_whole_name(name):
    assert is_found(name, name) or not asked_for(name)
