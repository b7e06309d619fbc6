"""Nothing tells over a shoulder (P2): titles, names of files, and what travels with a mail."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest
from werkzeug.routing import Rule

from config import ROOT
from portal.mail.message import compose
from portal.mail.models import OutgoingEmail
from portal.mail.telling import telling_words
from portal.web.audience import Audience
from tests import make
from tests.browser import NEUTRAL_TITLES, Browser
from tests.journeys.test_what_is_whose import ada, arranged, sam, visits

# They are fixtures of that test.
__all__ = ["ada", "arranged", "sam"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAGES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "{% extends" in path.read_text()]
# What is taken in place of a block is told apart from what is only a part of it.
BLOCK = r"{{%-?\s*block {name}(?: required)?\s*-?%}}(.*?){{%-?\s*endblock"


def title_of(source: str) -> str:
    """What a page's own template says in its title: the words, and which values stand among them."""
    blocks = (re.search(BLOCK.format(name=name), source, re.DOTALL) for name in ("title", "heading"))
    return next((found.group(1) for found in blocks if found), "")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_page_has_a_title_that_tells(path, database_url):
    assert telling_words(re.sub(r"\bconsultation\.", "", title_of(path.read_text()))) == []


def test_such_a_title_would_be_found(database_url):
    assert telling_words(title_of("{% block heading %}Clients{% endblock %}")) == ["clients"]
    neutral = "{% block title %}People{% endblock %}{% block heading %}Clients{% endblock %}"
    assert telling_words(title_of(neutral)) == []
    assert not any(telling_words(title) for title in NEUTRAL_TITLES)


@pytest.mark.parametrize("who", ["a stranger", "the client", "the therapist"])
def test_no_title_that_is_shown_and_no_file_that_is_kept_tells(app, db, ada, sam, arranged, who):
    """As they arrive, with the values in them, wherever this visitor comes to, and where nothing is."""
    browser, audiences = Browser(app), [Audience.PUBLIC]
    if who != "a stranger":
        browser.sign_in(sam if who == "the client" else ada)
        audiences += [Audience.SIGNED_IN, Audience.CLIENT if who == "the client" else Audience.THERAPIST]
    told, titles, files = {}, 0, []

    for address, answer in visits(browser, app, *audiences):
        if answer is None:
            continue
        title = re.search(r"<title>(.*?)</title>", answer.text) if answer.mimetype == "text/html" else None
        file = answer.headers.get("Content-Disposition", "")
        titles += bool(title)
        files += [file] if file else []
        found = telling_words(f"{title.group(1) if title else ''} {file}")
        told |= {address: found} if found else {}
    nowhere = browser.open("/no-such-page", expect=404).title

    assert told == {}
    assert telling_words(nowhere) == []
    assert titles > 10
    assert bool(files) == (who != "a stranger")
    # Nor does any name of a file say whose it is.
    assert [file for file in files if "sam" in file.lower() or sam.reference in file] == []


def test_no_address_in_a_mail_tells(app, database_url):
    """Whatever mail it is, wherever its links lead: nor does the address in the bar, once they are opened."""
    rules: dict[str, list[Rule]] = {}
    for rule in app.url_map.iter_rules():
        rules.setdefault(rule.endpoint, []).append(rule)
    texts = [path.read_text() for path in (ROOT / "templates" / "email").rglob("*.txt")]
    linked = {name for text in texts for name in re.findall(r'url_for\("([\w.]+)"', text)}
    addresses = {rule.rule for name in linked for rule in rules[name]}

    assert len(addresses) > 15
    assert {each: telling_words(each) for each in addresses if telling_words(each)} == {}


def test_whoever_sends_it_a_mail_and_its_file_have_names_that_tell_nothing(app, db, now):
    """As it travels, with every header, and what is attached to it."""
    make.practice(db)
    email = OutgoingEmail(
        recipient="sam@example.org",
        subject="Your appointment",
        body="It is on Tuesday.",
        calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        calendar_method="REQUEST",
        reference="abc",
        written_at=now,
    )

    sent = compose(email, sender=app.config["MAIL_FROM"], sender_name="Willow Street Practice")

    arrived = message_from_bytes(bytes(sent), policy=policy.default)
    headers = [f"{name}: {value}" for part in arrived.walk() for name, value in part.items()]
    assert any(each.startswith("From: Willow Street Practice <portal@portal.test>") for each in headers)
    assert any("filename=" in each for each in headers)
    assert [each for each in headers if telling_words(each)] == []
