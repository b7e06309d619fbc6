"""Somebody makes an account, gets in, leaves, and gets back in without their password."""

from __future__ import annotations

from tests.accounts.letters import link_in, newest_letter_to
from tests.browser import Browser

SAM = "sam@example.org"


def test_from_an_address_to_the_next_step_and_back_again(app, db):
    at_home = Browser(app)
    at_home.open("/sign-in")
    at_home.follow("Make an account")
    at_home.fill("Email address", SAM)
    at_home.fill("Password", "too short")
    page = at_home.press("Make my account")
    assert page.errors == ["Use at least 12 characters: three or four unrelated words will do"]

    at_home.fill("Password", "lantern otter gravel")
    page = at_home.press("Make my account")
    assert page.heading == "Check your mail"

    page = at_home.open(link_in(newest_letter_to(db, SAM)))
    assert page.heading == "Is this your address?"
    at_home.press("Yes, this is my address")
    assert at_home.path == "/next"

    at_home.press("Sign out")
    at_home.open("/reading")
    at_home.open("/next")
    assert at_home.page.heading == "Sign in"
    at_home.fill("Email address", SAM)
    at_home.fill("Password", "lantern otter gravel")
    at_home.press("Sign in")
    assert at_home.path == "/next"

    on_the_phone = Browser(app)
    on_the_phone.open("/sign-in")
    on_the_phone.follow("I do not know my password")
    on_the_phone.fill("Email address", SAM)
    assert on_the_phone.press("Send me a link").heading == "Check your mail"
    on_the_phone.open(link_in(newest_letter_to(db, SAM)))
    on_the_phone.fill("New password", "kettle orbit mosaic")
    page = on_the_phone.press("Keep this password")
    assert page.text.startswith("Your new password is kept. Sign in with it.")
    on_the_phone.fill("Email address", SAM)
    on_the_phone.fill("Password", "kettle orbit mosaic")
    on_the_phone.press("Sign in")
    assert on_the_phone.path == "/next"

    at_home.open("/next")
    assert at_home.page.heading == "Sign in"
