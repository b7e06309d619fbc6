"""What becomes of an author's Markdown."""

from __future__ import annotations

import re

import pytest

from portal.reading.rendering import made, rendered


def test_markdown_becomes_paragraphs_lists_and_quotations():
    html = rendered("One *word*.\n\n- a\n- b\n\n> Lifted out.")

    assert '<p class="opens" id="p1">One <em>word</em>.</p>' in html
    assert '<ul id="p2">\n<li>a</li>\n<li>b</li>\n</ul>' in html
    assert '<blockquote id="p3">\n<p>Lifted out.</p>\n</blockquote>' in html


def test_quotation_marks_and_dashes_are_set_as_in_a_book():
    assert made('"So," it\'s said -- often...')[0].text == "“So,” it’s said – often…"


@pytest.mark.parametrize(
    ("markdown", "headings"),
    [
        ("# A\n\n## B", ["h2 A", "h3 B"]),
        ("## A\n\n## B", ["h2 A", "h2 B"]),
        ("### A\n\n###### B", ["h2 A", "h3 B"]),
        ("## A\n\n#### B\n\n### C\n\n## D", ["h2 A", "h3 B", "h3 C", "h2 D"]),
        ("### A\n\n## B", ["h2 A", "h2 B"]),
        (
            "# A\n\n## B\n\n### C\n\n#### D\n\n##### E\n\n###### F",
            list(map("h{0} {1}".format, [2, 3, 4, 5, 6, 6], "ABCDEF")),
        ),
    ],
)
def test_headings_stand_right_under_the_title_of_the_page(markdown, headings):
    found = re.findall(r"<(h\d) id=[^>]*>(\w)", rendered(markdown))
    assert [f"{tag} {words}" for tag, words in found] == headings


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


def test_what_stands_by_itself_is_numbered_and_said_in_plain_words():
    blocks = made(
        '# A\n\nOne *word*,\nand "two" &amp; <b>.\n\n- a\n- b\n\n---\n\n| c | d |\n| - | - |\n| e | f |'
    )

    assert [(block.number, block.text, block.is_words) for block in blocks] == [
        (1, "A", False),
        (2, "One word, and “two” & <b>.", True),
        (3, "a\nb", True),
        (4, "", False),
        (5, "c d\ne f", True),
    ]


def test_the_first_paragraph_opens_the_text_wherever_it_stands():
    assert [block.html.count('class="opens"') for block in made("## A\n\nOne.\n\nTwo.")] == [0, 1, 0]


def test_no_author_names_or_dresses_anything():
    html = rendered('<p id="leave" class="notice">x</p>\n\n[a](https://a.example "t"){#leave .notice}')

    assert "notice" in html
    assert not re.search(r"<[^>]*(?:leave|notice)", html)
