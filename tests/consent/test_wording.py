"""What marks a text as a draft, what its hash covers, and what has changed in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.consent.services import shipped_documents
from portal.consent.wording import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    Change,
    changes,
    is_marked,
    text_hash,
    unmarked,
)

_TEXTS = st.lists(st.sampled_from(["One.", "Two.", "Three.", "## Four", "- five\n- six"]), max_size=8).map(
    "\n\n".join
)


def changed(before: str, now: str) -> list[Change]:
    return changes(("Title", before), ("Title", now))


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ("One.\n\nTwo.", "One.\n\nTwo.", []),
        # How it is set is not what it says.
        ("One\nis one.\n\n\nTwo.", "One is one.\n\nTwo.", []),
        ("One.\n\nTwo.", "One.\n\nDeux.", [Change("Two.", "Deux.")]),
        ("One.", "One.\n\nTwo.", [Change(None, "Two.")]),
        ("One.\n\nTwo.", "Two.", [Change("One.", None)]),
        ("", "One.", [Change(None, "One.")]),
        ("One.\n\nTwo.\n\nThree.", "Un.\n\nThree.", [Change("One.", "Un."), Change("Two.", None)]),
        # A heading by itself does not stand in the order of headings of a page.
        ("## One", "### Two #", [Change("**One**", "**Two**")]),
        # A blank line between fences ends nothing.
        ("```\na\n\nb\n```", "```\na\n\nc\n```", [Change("```\na\n\nb\n```", "```\na\n\nc\n```")]),
        ("One.", "One.\n\n```\nnever\n\nclosed", [Change(None, "```\nnever\n\nclosed")]),
    ],
)
def test_what_has_changed_is_told_paragraph_by_paragraph(before, now, found):
    assert changed(before, now) == found


def test_a_text_of_very_many_paragraphs_is_one_change_and_keeps_nobody_waiting():
    many = "\n\n".join(["a"] * 9_000)

    assert changed(many, f"{many}\n\nb") == [Change(many, f"{many}\n\nb")]
    assert changed(many, many) == []


def test_another_title_is_a_change():
    assert changes(("Before", "One."), ("Now", "One.")) == [Change("Before", "Now")]


@given(_TEXTS, _TEXTS)
def test_nothing_that_is_new_or_gone_is_left_out(before, now):
    found = changed(before, now)

    told_gone = sum((each.before or "").count(".") for each in found)
    told_new = sum((each.now or "").count(".") for each in found)
    assert now.count(".") - before.count(".") == told_new - told_gone
    assert (found == []) is (before == now)


def test_the_hash_is_of_title_and_text_and_knows_where_one_ends():
    assert text_hash("a", "b") == text_hash("a", "b")
    assert len({text_hash("a", "b"), text_hash("ab", ""), text_hash("", "ab"), text_hash("b", "a")}) == 4


def test_each_shipped_draft_says_of_itself_that_it_is_one():
    drafts = shipped_documents()

    assert {draft.slug for draft in drafts} == {"confidentiality", "data-protection", "cancellation"}
    for draft in drafts:
        assert is_marked(draft.markdown), draft.slug
        assert not draft.published, draft.slug
        assert "checked by somebody who knows the law" in draft.markdown
        assert len(draft.title) <= LONGEST_TITLE
        assert len(draft.markdown) <= LONGEST_TEXT


def test_without_its_mark_the_rest_stays_as_it_was():
    marked = "> **This is a draft.** Have it checked.\n\n## One\n\nTwo."

    assert unmarked(marked) == "## One\n\nTwo."
    assert not is_marked(unmarked(marked))
    assert not is_marked("A sentence that says: this is a draft.")
