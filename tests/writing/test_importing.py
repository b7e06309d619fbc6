"""Texts from elsewhere, as articles to go on with."""

from __future__ import annotations

import pytest

from portal.reading.pages import MOST_CHARACTERS, UnfitReading
from portal.writing.importing import brought_in, mended_words
from portal.writing.mending import Mended
from tests.writing.test_hypertext import FROM_WORD


def test_markdown_keeps_what_its_front_matter_says():
    front = "title: On rest\nslug: rest\nsummary: Short.\nposition: 4\nauthor: Ada\ntags: [a, b]"

    brought = brought_in(f"---\n{front}\n---\n# On rest\n\nText")

    article = brought.article
    assert (article.title, article.slug, article.summary) == ("On rest", "rest", "Short.")
    assert (brought.position, brought.says_slug) == (4, True)
    assert article.markdown == "Text"
    assert article.front_matter == "author: Ada\ntags:\n- a\n- b\n"


def test_a_title_is_found_wherever_it_stands():
    for text, name in (
        ("# On rest\n\nText", "x.md"),
        ("On rest\n\nText without a mark.", "x.txt"),
        ("<h1>On rest</h1><p>Text", "x.html"),
        ("<title>On rest</title><body><p>Text", ""),
        ("Text that goes on. And on.\n\nAnd on.", "on-rest.txt"),
    ):
        brought = brought_in(text, name=name)
        assert (brought.article.title, brought.article.slug) == ("On rest", "on-rest"), text
        assert brought.article.published is False


def test_a_text_without_any_title_is_brought_in_all_the_same():
    article = brought_in("Just a sentence. And another one.").article

    assert article.title == "A reading without a title"
    assert article.markdown == "Just a sentence. And another one."


def test_what_word_pastes_becomes_an_article():
    brought = brought_in(FROM_WORD)

    assert brought.article.title == "On rest"
    assert brought.article.markdown == "Rest is **not** a reward.\n\n- a walk\n\n## Sleep\n\nEarly."
    assert brought.mended == {Mended.BULLETS, Mended.UNSEEN}


def test_scripts_in_any_of_them_are_only_words_or_gone():
    assert brought_in("# T\n\n<script>alert(1)</script>").article.markdown == "<script>alert(1)</script>"
    assert brought_in("<h1>T</h1><script>alert(1)</script><p onclick=x>Text").article.markdown == "Text"


def test_headings_are_put_in_order_and_pictures_are_counted():
    brought = brought_in("<h1>T</h1><h3>A</h3><img src=x><h6>B</h6>")

    assert brought.article.markdown == "## A\n\n### B"
    assert (brought.mended, brought.pictures) == ({Mended.HEADINGS}, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("word " * 1_000_000, "longer than 200\N{NO-BREAK SPACE}000 characters"),
        ("<p>" + "word " * 100_000, "longer than 200\N{NO-BREAK SPACE}000 characters"),
        ("---\ntitle: [a\n---\nText", "front matter cannot be read"),
        ("---\ntitle: A\nslug: Not One\n---\nText", "its slug may have"),
        ("---\ntitle: 7\n---\nText", "its title is not text"),
        ("---\ntitle: A\nsumary: B\n---\nText", "'sumary'"),
    ],
)
def test_what_cannot_be_brought_in_says_why(text, reason):
    with pytest.raises(UnfitReading, match=reason):
        brought_in(text)


def test_a_long_text_whose_padding_is_mended_away_fits():
    brought = brought_in(f"# T\n\n{('word' + ' ' * 5) * (MOST_CHARACTERS // 6)}")

    assert len(brought.article.markdown) < MOST_CHARACTERS


def test_what_is_pasted_into_a_text_keeps_its_headings():
    assert mended_words("<h1>Sleep</h1><p>Early, or <b>not</b>.") == "## Sleep\n\nEarly, or **not**."
    assert mended_words("<span>only words</span>") == "only words"
