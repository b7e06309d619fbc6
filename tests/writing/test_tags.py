"""HTML as a row of words and tags, however broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.writing.tags import Tag, tokens


def read(source):
    return [
        token if isinstance(token, str) else f"{'/' * token.is_end}{token.name}" for token in tokens(source)
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<P>Tom &amp; <b>J</B>", ["p", "Tom & ", "b", "J", "/b"]),
        ("1 < 2 > 0", ["1 ", "<", " 2 > 0"]),
        ("a<!-- <b>c</b> -->d", ["a", "d"]),
        ("a<!-- never closed <b>", ["a"]),
        ("a<![if !x]>b<![endif]>c<?xml y?>d", ["a", "b", "c", "d"]),
        ("a<script>if (1 < 2) '</b>'</script>b<style>p{}</STYLE>c", ["a", "b", "c"]),
        ("a<script>never closed", ["a"]),
        ("<br/><img src='a>b'>x", ["br", "img", "x"]),
        ('<a href="never closed>x</a>', ["a", "x", "/a"]),
        ("<a", ["<a"]),
        ("", []),
    ],
)
def test_words_and_tags_are_told_apart(source, found):
    assert read(source) == found


def test_attributes_are_read_in_every_way_of_writing_them():
    tag = next(tokens("<a HREF=\"x?a&amp;b\" class='c d' id=e hidden>"))

    assert tag == Tag("a", False, {"href": "x?a&b", "class": "c d", "id": "e", "hidden": ""})


@given(some.text(alphabet="<>!-/ab=\"' &;", max_size=60))
def test_any_text_is_read_to_its_end(source):
    words = "".join(token for token in tokens(source) if isinstance(token, str))

    assert len(words) <= len(source)


@pytest.mark.parametrize(
    "piece", ["<div>", "<", "<!--", "<a b='", "<a b=\"'", "<![if", "</", "<svg>", "<a / "]
)
@pytest.mark.parametrize("end", ["", ">", '">'])
def test_a_hundred_thousand_beginnings_are_read_in_one_pass(piece, end):
    """What looked again and again at the same stretch would not be done before the test's time is over."""
    assert sum(1 for _ in tokens(piece * 100_000 + end)) >= 0
