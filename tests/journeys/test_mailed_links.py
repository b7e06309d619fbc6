"""Opening a link of a mail changes nothing (T6): scanners open all, and each is as good after."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from tests import make
from tests.browser import Browser
from tests.journeys.test_the_whole_journey import everything
from tests.scheduling.scene import Scene

BASE, PASSWORD = "https://portal.test", "kettle orbit mosaic"
# The addresses that mails lead to by a token: what they open, and the button behind which it happens.
BY_A_TOKEN = {
    "/account/address/": "Yes, this is my address",
    "/account/password/": "Keep this password",
    "/account/new-address/": "Yes, use this address",
    "/account/kept-address/": "Keep this address",
    "/join/": "Make my account",
}
# And without one, for who is signed in.
ELSEWHERE = ("/to/", "/messages", "/account/erasure", "/account/reminders", "/times", "/desk")


@pytest.fixture
def ada(db):
    make.practice(db)
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada, time_zone="Europe/London")


@pytest.fixture
def links(app, db, ada, sam, now):
    """Every link of every mail, after all that leads to a link has happened; each still of use."""
    scene, ten = Scene(app, now), now + timedelta(days=1, hours=1)
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    asked = scene.ask(sam, ten)
    scene.tell(asked)
    scene.confirm(asked)
    scene.expire(scene.ask(kit, ten + timedelta(hours=1), answer_by=now))
    scene.now = ten - timedelta(hours=20)
    scene.remind(asked)
    desk, sams, kits, strange = _signed_in(app, ada), _signed_in(app, sam), _signed_in(app, kit), Browser(app)
    _fill_in(desk, "/desk/invitations", "Invite them", {"Email address": "noor@example.org"})
    _fill_in(desk, f"/desk/clients/{sam.reference}/messages", "Send", {"Your message": "A few words."})
    _fill_in(sams, "/messages", "Send", {"Your message": "A few words."})
    _fill_in(kits, "/account/erasure", "Erase everything of mine", {})
    _fill_in(sams, "/account/address", "Use this address", {"Email address": "new@example.org"})
    as_new = {"Email address": "jo@example.org", "Password": PASSWORD}
    _fill_in(strange, "/sign-up", "Make my account", as_new)
    _fill_in(strange, "/forgotten-password", "Send me a link", {"Email address": kit.email})
    bodies = db.scalars(select(OutgoingEmail.body)).all()
    return sorted({link for body in bodies for link in re.findall(rf"{BASE}(\S+)", body)})


def _signed_in(app, person) -> Browser:
    browser = Browser(app)
    browser.sign_in(person)
    return browser


def _fill_in(browser, address, button, words) -> None:
    browser.open(address)
    for label, each in words.items():
        browser.fill(label, each)
    browser.press(button)


@pytest.mark.parametrize("who", ["a scanner", "the client", "the therapist"])
def test_opening_every_link_that_is_mailed_changes_nothing(app, db, ada, sam, links, who):
    for kind in (*BY_A_TOKEN, *ELSEWHERE):
        assert any(link.startswith(kind) for link in links), f"no mail led to {kind}"
    visitor = Browser(app) if who == "a scanner" else _signed_in(app, sam if who == "the client" else ada)
    before, told = everything(db), {}

    for link in links * 2:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = visitor.http.open(link, method=method, base_url=BASE, buffered=True)
            told.setdefault(link, []).append(answer.status_code)

    assert everything(db) == before
    # A page, the way to one, or, to whom it is not for, nothing: and the same each time.
    assert {code for codes in told.values() for code in codes} <= (
        {200, 303} | ({404} if who != "a scanner" else set())
    )
    assert {link for link, codes in told.items() if codes[:3] != codes[3:]} == set()


def test_after_all_scanners_the_button_behind_a_link_is_still_there(app, links):
    for link in links:
        for method in ("GET", "HEAD"):
            app.test_client().open(link, method=method, base_url=BASE).close()

    for kind, button in BY_A_TOKEN.items():
        (link,) = [link for link in links if link.startswith(kind)]
        assert button in Browser(app).open(link).buttons, link
