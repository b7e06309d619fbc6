"""Passkeys with a device that Chromium pretends to have, and the word before somebody is signed out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Passkey
from tests import make
from tests.accounts.letters import link_in, newest_letter_to
from tests.chromium import fill_in_the_sign_in_form, new_page

pytestmark = [
    pytest.mark.browser,
    # Nothing here is the database's to say.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def here(address):
    """The portal by a name, since a passkey belongs to one."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(chromium):
    page = new_page(chromium)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(f"{error.name}: {error.message}"))
    yield page
    page.context.close()
    # Whether a line slides in or jumps is no complaint of ours.
    ours = ("Policy", "Trusted", "TypeError", "ReferenceError", "SyntaxError")
    assert [each for each in complaints if any(word in each for word in ours)] == []


@pytest.fixture
def device(page):
    """Its name for what the browser is told of it, and how to tell it."""
    tell = page.context.new_cdp_session(page)
    tell.send("WebAuthn.enable")
    name = tell.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    return lambda what, **said: tell.send(f"WebAuthn.{what}", {"authenticatorId": name, **said})


def sign_in(page, here, person):
    page.goto(f"{here}/sign-in")
    fill_in_the_sign_in_form(page, person)


def add_passkey(page, here):
    page.goto(f"{here}/account/passkeys")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.usefixtures("now")
def test_a_passkey_is_made_and_signs_in(db, page, device, here):
    sam = make.client(db, therapist=make.therapist(db))
    sign_in(page, here, sam)
    add_passkey(page, here)
    page.get_by_text("“My laptop” is a way in from now on.").wait_for()
    press(page, "Sign out")

    page.goto(f"{here}/sign-in?next=/reading")
    press(page, "Sign in with a passkey")

    page.wait_for_url(f"{here}/reading")
    assert db.scalars(select(Passkey.sign_count)).one() > 0


@pytest.mark.usefixtures("now")
def test_whom_the_device_does_not_recognise_stays_outside(db, page, device, here):
    sam = make.client(db, therapist=make.therapist(db))
    sign_in(page, here, sam)
    add_passkey(page, here)
    page.get_by_text("is a way in from now on.").wait_for()
    press(page, "Sign out")
    device("setUserVerified", isUserVerified=False)

    page.goto(f"{here}/sign-in")
    press(page, "Sign in with a passkey")

    page.get_by_text("Nothing was done. Try once more, or go on another way.").wait_for()
    page.goto(f"{here}/next")
    assert page.url == f"{here}/sign-in?next=/next"


@pytest.mark.usefixtures("now")
def test_a_device_that_was_copied_is_noticed(db, page, device, here):
    """The portal has seen a higher count than the device says by now."""
    sam = make.client(db, therapist=make.therapist(db))
    sign_in(page, here, sam)
    add_passkey(page, here)
    page.get_by_text("is a way in from now on.").wait_for()
    press(page, "Sign out")
    db.scalars(select(Passkey)).one().sign_count = 1_000
    db.flush()

    page.goto(f"{here}/sign-in")
    press(page, "Sign in with a passkey")

    page.get_by_text("That passkey does not fit.").first.wait_for()


@pytest.mark.usefixtures("now")
def test_a_device_has_one_passkey_here(db, page, device, here):
    sam = make.client(db, therapist=make.therapist(db))
    sign_in(page, here, sam)
    add_passkey(page, here)
    page.get_by_text("is a way in from now on.").wait_for()

    add_passkey(page, here)

    page.get_by_text("This device has a passkey here already.").wait_for()


@pytest.mark.usefixtures("now")
def test_an_account_without_a_password(db, page, device, here):
    page.goto(f"{here}/sign-up")
    page.get_by_label("Email address").fill("noor@example.org")
    press(page, "Go on without a password")
    page.get_by_role("heading", name="Check your mail").wait_for()

    page.goto(link_in(newest_letter_to(db, "noor@example.org")).replace("https://portal.test", here))
    press(page, "Sign in with this device")

    page.wait_for_url(f"{here}/next")
    press(page, "Sign out")
    page.goto(f"{here}/sign-in")
    press(page, "Sign in with a passkey")
    page.wait_for_url(f"{here}/next")


@pytest.mark.usefixtures("now")
def test_the_second_step_and_saying_who_it_is(db, now, later, page, device, here):
    ada = make.therapist(db)
    sign_in(page, here, ada)
    add_passkey(page, here)
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    page.goto(f"{here}/help-now")
    press(page, "Sign out")

    sign_in(page, here, ada)
    page.get_by_role("heading", name="One more step").wait_for()
    press(page, "Use a passkey")
    page.wait_for_url(f"{here}/desk")

    later(now + timedelta(minutes=11))
    page.goto(f"{here}/account/address")
    page.get_by_role("heading", name="Is it you?").wait_for()
    press(page, "Use a passkey")
    page.wait_for_url(f"{here}/account/address")


@pytest.mark.usefixtures("now")
def test_adding_one_after_a_while_asks_first_who_it_is_and_keeps_the_name(db, now, later, page, device, here):
    sam = make.client(db, therapist=make.therapist(db))
    sign_in(page, here, sam)
    page.goto(f"{here}/account/passkeys")
    page.get_by_label("Name").fill("My laptop")
    later(now + timedelta(minutes=11))
    press(page, "Add a passkey")

    page.get_by_label("Your password").fill(make.PASSWORD)
    press(page, "It is me")
    press(page, "Go on and save it")
    press(page, "Add a passkey")

    page.get_by_text("“My laptop” is a way in from now on.").wait_for()


@pytest.mark.usefixtures("now")
def test_without_scripts_nothing_is_offered_that_needs_them(db, chromium, here):
    page = new_page(chromium, scripts=False)
    page.goto(f"{here}/sign-in")

    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    page.goto(f"{here}/sign-up")
    assert not page.get_by_role("button", name="Go on without a password").is_visible()
    assert page.get_by_label("Password").is_visible()
    page.context.close()


@pytest.fixture
def waiting(db, now, page, here):
    """Sam has a page open, whose clock goes as the portal's."""
    sam = make.client(db, therapist=make.therapist(db))
    page.clock.install(time=now)
    sign_in(page, here, sam)
    page.wait_for_url(f"{here}/next")
    return page


def test_some_minutes_before_the_end_a_quiet_line_says_so_and_one_can_stay(now, later, waiting):
    notice = waiting.locator(".stay")
    waiting.clock.fast_forward("26:30")
    assert not notice.is_visible()

    waiting.clock.fast_forward("01:00")
    waiting.get_by_text("You will be signed out at 09:30.").wait_for()
    assert notice.get_by_role("status").count() == 1
    later(now + timedelta(minutes=28))
    press(waiting, "Stay signed in")

    notice.wait_for(state="hidden")
    assert waiting.locator("[data-stay] time").inner_text() == "09:58"
    waiting.clock.fast_forward("25:00")
    assert not notice.is_visible()


def test_when_it_is_over_the_line_says_that_nothing_is_lost(now, later, waiting):
    later(now + timedelta(minutes=31))
    waiting.clock.fast_forward("31:00")

    waiting.get_by_text("You have been signed out here, since nothing was opened for a while.").wait_for()
    assert not waiting.get_by_role("button", name="Stay signed in").is_visible()


def test_who_presses_too_late_is_told_so(now, later, waiting):
    waiting.clock.fast_forward("28:00")
    later(now + timedelta(minutes=31))

    press(waiting, "Stay signed in")

    waiting.get_by_text("You have been signed out here").wait_for()


def test_a_page_that_is_opened_in_another_tab_counts_for_this_one(now, later, waiting, here):
    waiting.clock.fast_forward("20:00")
    later(now + timedelta(minutes=20))
    other = waiting.context.new_page()
    other.goto(f"{here}/reading")

    waiting.wait_for_function("document.querySelector('[data-stay] time').textContent === '09:50'")
    waiting.clock.fast_forward("15:00")
    assert not waiting.locator(".stay").is_visible()
