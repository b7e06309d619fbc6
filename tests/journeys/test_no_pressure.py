"""Nobody is pressed (C3): no countdown, streak, percentage, forced field, reason demanded, or puzzle."""

from __future__ import annotations

import re

import pytest

from portal.web.audience import Audience
from tests.journeys.test_every_page import ada, every_page, kit, practice, sam

# They are fixtures of that test.
__all__ = ["ada", "kit", "practice", "sam"]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# What would count, compare or hurry; and what would have somebody prove that they are one.
PRESSING = re.compile(
    r"\d\s?%|per ?cent|\bstreaks?\b|\bhurry\b|\boverdue\b|\bremaining\b|\bincomplete\b"
    r"|\bonly \d+ left|\bdon.t miss\b|\bmandatory\b|\brequired\b|\bcaptcha\b|not a robot"
    r"|\bmust (?:answer|fill|complete)\b|\bgive a reason\b",
    re.IGNORECASE,
)
# Fields of what nobody has to do, and cannot be done without: signing in, signing, writing a message.
NEEDED = {"email", "password", "new_password", "current_password", "step_code", "name", "words"}


@pytest.mark.parametrize("who", ["a stranger", "a client", "another client"])
def test_no_page_presses_anybody(app, db, practice, ada, sam, kit, browser, who):
    audiences = [Audience.PUBLIC]
    if who != "a stranger":
        browser.sign_in(sam if who == "a client" else kit)
        audiences += [Audience.CLIENT, Audience.SIGNED_IN]

    pages = dict(every_page(app, browser, *audiences))

    assert len(pages) >= (8 if who == "a stranger" else 12)
    assert {
        where: PRESSING.findall(page.text) for where, page in pages.items() if PRESSING.search(page.text)
    } == {}
    for where, page in pages.items():
        assert not list(page.root.all("progress", "meter", "marquee", "canvas", "iframe")), where
        forced = [each for each in page.root.all("input", "textarea", "select") if each.has("required")]
        assert {each.get("name") for each in forced} <= NEEDED, where
        assert not any(each.has("autofocus") for each in page.root.all()), where
