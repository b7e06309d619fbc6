"""The words of every mail are the practice's to change."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from config import ROOT
from portal.accounts import emails
from portal.database import transaction
from portal.mail.models import OutgoingEmail
from portal.mail.wording import wording_of
from portal.practice.facts import practice_facts
from portal.practice.services import keep_mail_words

MAILS = sorted(path.name for path in (ROOT / "templates/email").iterdir())
PASSWORD = "/desk/practice/mails/password-changed"
WORDS = "Hello,\n\nsomething is new at {practice}. Look:\n\n{link}\n\nAda"


def newest(db):
    return db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()


def send(app, now):
    with app.test_request_context(base_url=app.config["BASE_URL"]), transaction() as db:
        emails.tell_of_new_password(db, to="sam@foyer.example", now=now)


def type_words(desk, words=WORDS, subject="A word from Willow Street"):
    desk.open(PASSWORD)
    desk.fill("The subject", subject)
    desk.fill("Words 1", words)


def typed_in(page):
    """With its line breaks, which the text of an element does not keep."""
    area = re.search(r"<textarea[^>]*>\r?\n?(.*?)</textarea>", page.source, re.DOTALL).group(1)
    return html.unescape(area).replace("\r\n", "\n")


def test_every_mail_is_there_and_opens(db, willow, desk):
    page = desk.open("/desk/practice/mails")
    links = [link.get("href") for link in page.root.all("a") if "/mails/" in link.get("href")]

    assert sorted(links) == [f"/desk/practice/mails/{name}" for name in MAILS]
    for link in links:
        assert "How it arrives" in desk.open(link).text


def test_own_words_go_out_from_then_on(app, db, willow, desk, now):
    type_words(desk)
    page = desk.press("Save these words")
    send(app, now)

    assert "Saved." in page.text
    mail = newest(db)
    assert mail.subject == "A word from Willow Street"
    assert mail.body == (
        "Hello,\n\nsomething is new at Willow Street. Look:\n\nhttps://portal.test/forgotten-password\n\nAda"
    )
    assert "Your words" in desk.open("/desk/practice/mails").text


def test_the_portals_own_words_are_one_press_away(app, db, willow, desk, now):
    type_words(desk)
    desk.press("Save these words")

    page = desk.press("Back to the portal’s own words")
    send(app, now)

    assert "The password for this address at {practice} was just changed" in page.text
    assert newest(db).subject == "Your password was changed"
    db.expire_all()
    assert practice_facts(db).mail_words == {}


def test_a_mail_is_shown_before_it_is_saved(db, willow, desk):
    type_words(desk)
    page = desk.press("Only show me the mail")

    assert "How it would arrive, not saved yet" in page.text
    assert "something is new at Willow Street. Look:" in page.text
    assert typed_in(page) == WORDS
    db.expire_all()
    assert practice_facts(db).mail_words == {}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Hello", "Keep {link}: the mail is of no use without it"),
        ("{link} {secret}", "{secret} means nothing here. Use only the names that are listed"),
        ("{link} {{ 7 * 7 }}", "Curly brackets stand only around the names that are listed here, in pairs"),
        (
            "{link} about your therapy",
            "“therapy” would tell what this is about",
        ),
        ("Dear Sam,\n\n{link}", "Greet nobody by name"),
        ("{link} or www.ada.example", "Leave “www.ada.example” out"),
        ("{link}" + "a" * 2001, "Keep it under 2000 characters"),
    ],
)
def test_what_would_tell_or_break_is_refused_at_its_field_and_not_lost(db, willow, desk, words, error):
    type_words(desk, words)
    page = desk.press("Save these words")

    (said,) = page.errors
    assert said.startswith(error)
    assert typed_in(page) == words
    db.expire_all()
    assert practice_facts(db).mail_words == {}


def test_a_subject_that_tells_is_refused(db, willow, desk):
    type_words(desk, subject="Your counselling")

    assert desk.press("Save these words").errors == [
        "“counselling” would tell what this is about to anybody who sees the mail. Use another word"
    ]


def test_words_typed_as_markup_are_shown_and_sent_as_they_are(app, db, willow, desk, now):
    type_words(desk, "<b>Hello</b> & {link}")
    page = desk.press("Save these words")
    send(app, now)

    assert "<b>Hello</b> &amp; https://portal.test/…" not in page.source
    assert "&lt;b&gt;Hello&lt;/b&gt; &amp; https://portal.test/…" in page.source
    assert newest(db).body == "<b>Hello</b> & https://portal.test/forgotten-password"


def test_words_that_changed_in_another_tab_are_not_written_over_unseen(app, db, ada, willow, desk):
    type_words(desk)
    other = type(desk)(app)
    other.sign_in(ada, is_strong=True)
    type_words(other, subject="From the other tab")
    other.press("Save these words")

    page = desk.press("Save these words")

    assert page.errors == ["These words were changed meanwhile. Save once more to put yours in their place"]
    desk.press("Save these words")
    assert desk.page.field_labelled("The subject").get("value") == "A word from Willow Street"


def test_words_that_cannot_be_put_together_never_keep_a_mail_back(app, db, willow, now):
    with app.app_context(), transaction() as change:
        # As no page would keep them: a placeholder that is not there.
        piece = wording_of(app.jinja_env, "password-changed").pieces[0]
        keep_mail_words(change, "password-changed", {piece.key: "{gone}"})
    app.extensions["practice"].forget()

    send(app, now)

    assert newest(db).subject == "Your password was changed"


def test_a_mail_that_there_is_not_is_not_found(db, willow, desk):
    for name in ("no-such-mail", "..", "%2e%2e"):
        desk.open(f"/desk/practice/mails/{name}", expect=404)
