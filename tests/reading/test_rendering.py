"""What becomes of an author's Markdown."""

from __future__ import annotations

import pytest

from portal.reading.rendering import rendered


def test_markdown_becomes_paragraphs_lists_and_quotations():
    html = rendered("One *word*.\n\n- a\n- b\n\n> Lifted out.")

    assert "<p>One <em>word</em>.</p>" in html
    assert "<ul>\n<li>a</li>\n<li>b</li>\n</ul>" in html
    assert "<blockquote>\n<p>Lifted out.</p>\n</blockquote>" in html


def test_quotation_marks_and_dashes_are_set_as_in_a_book():
    assert rendered('"So," it\'s said -- often...') == "<p>“So,” it’s said – often…</p>\n"


@pytest.mark.parametrize(
    ("markdown", "headings"),
    [
        ("# A\n\n## B", ["<h2>A</h2>", "<h3>B</h3>"]),
        ("## A\n\n## B", ["<h2>A</h2>", "<h2>B</h2>"]),
        ("### A\n\n###### B", ["<h2>A</h2>", "<h3>B</h3>"]),
    ],
)
def test_headings_stand_right_under_the_title_of_the_page(markdown, headings):
    assert rendered(markdown).splitlines() == headings


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](JaVaScRiPt:alert(1))",
        "[press](data:text/html,<script>alert(1)</script>)",
        "[press](vbscript:x)",
        "![picture](https://elsewhere.example/pixel.png)",
        '<a href="https://example.org" onclick="alert(1)">press</a>',
        "<iframe src=https://elsewhere.example></iframe>",
        "<p style='position:fixed'>over everything</p>",
    ],
)
def test_nothing_that_could_run_or_load_survives(markdown):
    html = rendered(f"Before.\n\n{markdown}\n\nAfter.")

    for unwanted in ("<script", "<img", "<iframe", "<p style", 'href="javascript', 'href="data', 'href="vb'):
        assert unwanted not in html.lower()
    assert "<a href" not in html
    assert "Before." in html
    assert "After." in html


def test_links_lead_on_in_the_portal_and_elsewhere():
    html = rendered("[On](/next), [out](https://example.org), [call](tel:116123)")

    assert 'href="/next"' in html
    assert '<a href="https://example.org" rel="noopener noreferrer">out</a>' in html
    assert 'href="tel:116123"' in html
