"""Whatever form somebody was writing in when their session ended, their words come back (W1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from portal.accounts.models import SignedInPlace
from portal.scheduling.lifecycle import Status
from portal.web.audience import Audience
from tests import make
from tests.browser import Browser, Page
from tests.journeys.test_what_is_whose import ada, arranged, sam, visits

# They are fixtures of that test.
__all__ = ["ada", "arranged", "sam"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WORDS = "The heron at the weir"
# Forms in which nobody writes a word of their own: an address, a code, what has to be known already.
NO_WORDS = frozenset({"email", "step_code", "current_password", "password", "new_password"})

# Where people write most: there is something to lose.
EVERYWHERE = {
    "the client": ["/questions/", "/messages", "/times", "/consultations/", "/account/reaching", "/kept"],
    "the therapist": ["/desk/consultations/", "/messages", "/notes", "/desk/phrases", "/other-times"],
}


def places_to_write(app, browser, *audiences):
    """Each form with room for words, once for every shape of it: its page's address, and its fields."""
    found = {}
    for address, answer in visits(browser, app, *audiences):
        if answer is None or answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        for number, form in enumerate(Page(answer.text).root.all("form")):
            fields = [field.get("name") for field in form.all("textarea", "input") if _is_for_words(field)]
            if fields and form.get("method").lower() == "post":
                action = form.get("action") or address
                shape = (action.split("/")[1:3], len(action.split("/")), action.rpartition("/")[2], fields)
                found.setdefault(repr(shape), (address, number, fields))
    return sorted(found.values())


def _is_for_words(field) -> bool:
    written = field.tag == "textarea" or field.get("type", "text") in {"text", "search", "tel"}
    return written and field.has("name") and field.get("name") not in NO_WORDS


def come_back(db, browser, person, address, number, fields):
    """Write into every field of the form, be signed out, press, sign in: the page that is there then."""
    form = list(browser.open(address).root.all("form"))[number]
    browser._filled = {name: [f"{WORDS} {place}"] for place, name in enumerate(fields)}
    db.execute(delete(SignedInPlace))
    browser.press(next(form.all("button")).text, expect=403)
    assert WORDS not in browser.page.source, "whoever finds the page does not find the words"
    return sign_in_here(browser, person)


def sign_in_here(browser, person):
    browser.fill("Email address", person.email)
    browser.fill("Password", make.PASSWORD)
    return browser.press("Sign in")


@pytest.fixture
def written_about(db, ada, sam, now):
    """A time that can only be written about by now, and others that are offered."""
    for ahead, status in ((timedelta(hours=5), Status.CONFIRMED), (timedelta(days=21), Status.PROPOSED)):
        make.consultation(db, client=sam, therapist=ada, starts_at=now + ahead, status=status)


@pytest.mark.usefixtures("arranged", "written_about")
@pytest.mark.parametrize("who", ["the client", "the therapist"])
def test_words_in_any_form_come_back_after_signing_in_again(app, db, ada, sam, who):
    person, audience = (sam, Audience.CLIENT) if who == "the client" else (ada, Audience.THERAPIST)
    browser = Browser(app)
    browser.sign_in(person)
    places = places_to_write(app, browser, audience, Audience.SIGNED_IN)
    browser = Browser(app)
    browser.open("/sign-in")
    sign_in_here(browser, person)
    lost = {}

    for address, number, fields in places:
        page = come_back(db, browser, person, address, number, fields)
        missing = [name for place, name in enumerate(fields) if f"{WORDS} {place}" not in page.text]
        if missing or page.heading != "You are signed in again":
            lost[address] = (page.heading, missing)

    assert lost == {}
    written_in = " ".join(address for address, *_ in places)
    assert [each for each in EVERYWHERE[who] if each not in written_in] == []
