"""What was posted and could not be taken opens for its owner, for a while, and for nobody else."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from portal.vault.keyring import Keyring
from portal.web.kept import KEPT_FOR, Kept, KeptNoLonger, opened, posted_here, sealed, words_posted
from portal.web.security import drawn_for, new_form_token

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
KEYS = Keyring([bytes(range(32))])
KEPT = Kept("/questions/sleep?from=check", (("answer", "The heron"), ("answer", "Ёж 🦢"), ("way", "skip")))


def keep(kept=KEPT, *, whose="sam"):
    return sealed(kept, KEYS, whose=whose, now=NOW)


def test_it_comes_back_as_it_was():
    assert opened(keep(), KEYS, whose="sam", now=NOW + KEPT_FOR) == KEPT


def test_it_shows_none_of_its_words():
    assert not any(word in keep() for word in ("heron", "questions", "sam"))


@pytest.mark.parametrize(
    ("text", "whose", "after"),
    [
        (keep(), "kit", timedelta(0)),
        (keep(), "sam", KEPT_FOR + timedelta(seconds=1)),
        (keep()[:-8] + "AAAAAAA=", "sam", timedelta(0)),
        ("made up", "sam", timedelta(0)),
        ("Ё", "sam", timedelta(0)),
        ("A", "sam", timedelta(0)),
        ("", "sam", timedelta(0)),
    ],
    ids=["another's", "too old", "altered", "made up", "strange", "no base64", "nothing"],
)
def test_it_opens_for_nobody_else_and_not_for_ever(text, whose, after):
    with pytest.raises(KeptNoLonger):
        opened(text, KEYS, whose=whose, now=NOW + after)


@pytest.mark.parametrize(
    "kept",
    [Kept("/questions/sleep", (("answer", os.urandom(400_000).hex()),)), Kept("//evil.example/", ())],
    ids=["too long for a form", "not ours"],
)
def test_what_cannot_be_sent_again_is_not_sealed(kept):
    with pytest.raises(KeptNoLonger):
        keep(kept)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_passwords_and_tokens_are_never_kept_and_what_the_page_wrote_is_never_shown(app):
    fields = {
        "csrf_token": "t",
        "password": "p",
        "new_password": "p",
        "answer": ["one", "two", " "],
        "turn": "3",
    }
    with app.test_request_context("/questions/sleep?from=check", method="POST", data=fields):
        kept, words = posted_here(), words_posted()

    assert kept.address == "/questions/sleep?from=check"
    assert kept.fields == (("answer", "one"), ("answer", "two"), ("answer", " "), ("turn", "3"))
    assert words == ["one", "two"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_page_with_several_forms_each_field_is_known_by_its_own_name(app):
    fields = {
        "asked": "first-password",
        "first-password.answer": "The heron",
        "first-password.turn": "3",
        "other.new_password": "p",
    }
    with app.test_request_context("/questions/evenings/answers", method="POST", data=fields):
        kept, words = posted_here(), words_posted()

    assert [name for name, _ in kept.fields] == ["asked", "first-password.answer", "first-password.turn"]
    assert words == ["The heron"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_s_token_says_for_whom_its_page_was_drawn(app):
    """In the way that Flask-WTF signs tokens today: a newer one that does it otherwise fails here."""
    with app.test_request_context():
        of_anybody = app.jinja_env.globals["csrf_token"]()
    with app.test_request_context() as visit:
        visit.session["csrf_token"] = new_form_token("sam")
        of_sam = app.jinja_env.globals["csrf_token"]()

        assert drawn_for(of_sam) == "sam"
        assert [drawn_for(token) for token in (of_anybody, of_sam + "x", "made up", "", None)] == [None] * 5
