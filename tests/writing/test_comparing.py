"""What has changed between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from portal.writing.comparing import Change, changes


def said(passages):
    signs = {Change.SAME: "{}", Change.ADDED: "+{}+", Change.REMOVED: "-{}-"}
    return [
        f"({passage.left_out})"
        if passage.left_out
        else "".join(signs[piece.change].format(piece.text) for piece in passage.pieces)
        for passage in passages
    ]


def test_words_that_were_added_and_taken_out():
    assert said(changes("One two three.", "One too three four.")) == ["One -two-+too+ -three.-+three four.+"]


def test_whole_paragraphs_come_and_go():
    assert said(changes("A\n\nB", "A\n\nC c\n\nB")) == ["A", "+C c+", "B"]
    assert said(changes("A\n\nB", "A")) == ["A", "-B-"]


def test_what_is_the_same_is_only_counted():
    same = "\n\n".join("pqrstuvw")

    assert said(changes(f"{same}\n\nold", f"{same}\n\nnew")) == ["(7)", "w", "-old-+new+"]
    assert said(changes(f"old\n\n{same}", f"new\n\n{same}")) == ["-old-+new+", "p", "(7)"]


def test_nothing_has_changed():
    assert changes("A\n\nB", "A\n\n\nB") == []


def test_what_is_very_long_is_shown_as_one_text_instead_of_another():
    old, new = " ".join(["a"] * 3000), " ".join(["b"] * 3000)

    assert said(changes(old, new)) == [f"-{old}-+{new}+"]


TEXT = some.lists(some.text(alphabet="ab ", min_size=1, max_size=6), max_size=6).map("\n\n".join)


@given(TEXT, TEXT)
def test_without_what_was_added_it_is_the_old_text_and_without_the_rest_the_new(old, new):
    """Of the paragraphs that are shown; those that are left out are the same in both."""
    passages = changes(old, new)
    left_out = sum(passage.left_out for passage in passages)

    for text, other in ((old, Change.ADDED), (new, Change.REMOVED)):
        shown = ["".join(p.text for p in passage.pieces if p.change is not other) for passage in passages]
        paragraphs = [part for part in text.split("\n\n") if part.strip()]
        if passages:
            assert len([each for each in shown if each]) + left_out == len(paragraphs)
            assert all(each in paragraphs for each in shown if each)
