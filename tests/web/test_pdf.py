"""Documents as files: what they show, what they can never show, and what becomes of one that is too much."""

from __future__ import annotations

import pytest

from portal.errors import NotFound
from portal.web import drawing, pdf
from portal.web.pdf import CannotBeDrawn, DrawingAnother, can_be_drawn, pdf_of
from tests.pdf import read

PAGE = '<!doctype html><html lang="en"><title>Document</title><body>{}</body></html>'


def test_a_page_becomes_a_file_that_can_be_read_back():
    paper = read(pdf_of(PAGE.format('<p class="letterhead">Willow Street</p><p>Привет, Ünïcødé.</p>')))

    assert "Привет, Ünïcødé." in paper.text
    assert "Page 1 of 1" in paper.text
    assert paper.inked == [True]


def test_its_pages_are_numbered_and_bear_the_practice_s_name():
    paper = read(pdf_of(PAGE.format('<p class="letterhead">Willow Street</p>' + "<p>A line.</p>" * 200)))

    assert len(paper.pages) > 1
    for number, page in enumerate(paper.pages, start=1):
        assert f"Page {number} of {len(paper.pages)}" in page
        assert page.count("Willow Street") == 1


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="attachment" href="{}">',
        '<a rel="attachment" href="{}">it</a>',
        '<link rel="stylesheet" href="{}">',
        '<object data="{}" type="text/plain"></object>',
        '<img src="{}" alt="it">',
        '<style>@import url("{}");</style>',
    ],
)
def test_no_file_of_the_machine_is_shown_in_it(tmp_path, markup):
    secret = tmp_path / "secret.txt"
    secret.write_text('the heron {} p::after {content: "the heron"}')

    made = pdf_of(PAGE.format(f"<p>A line.</p>{markup.format(secret.as_uri())}"))

    paper = read(made)
    assert "A line." in paper.text
    assert "heron" not in paper.text
    assert paper.attachments == 0


def test_only_one_is_drawn_at_a_time_and_nobody_waits_for_it():
    with pdf._drawing_one, pytest.raises(DrawingAnother):
        pdf_of(PAGE.format("<p>A line.</p>"))

    assert pdf_of(PAGE.format("<p>A line.</p>"))


def test_one_that_takes_too_long_is_ended_and_keeps_nobody_else_waiting():
    with pytest.raises(CannotBeDrawn):
        pdf_of(PAGE.format("<p>A line.</p>" * 100_000), seconds=2)

    assert pdf_of(PAGE.format("<p>A line.</p>"))


def test_where_the_libraries_are_missing_nothing_can_be_drawn(tmp_path, monkeypatch):
    ends_at_once = tmp_path / "drawing.py"
    ends_at_once.write_text(f"import sys; sys.exit({drawing.MISSING})")
    monkeypatch.setattr(drawing, "__file__", str(ends_at_once))
    can_be_drawn.cache_clear()

    assert not can_be_drawn()
    with pytest.raises(NotFound):
        pdf_of(PAGE.format("<p>A line.</p>"))

    can_be_drawn.cache_clear()
