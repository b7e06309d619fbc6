"""The page of times in Chromium: nothing typed is left behind, it fits a phone, and a keyboard is enough."""

from __future__ import annotations

import pytest

from tests import make
from tests.chromium import NARROWEST, new_page, sign_in

pytestmark = pytest.mark.browser

WORDS = "Anything you would like to say with it (optional)"


@pytest.fixture
def sams(chromium, address, sam):
    page = new_page(chromium, size=NARROWEST)
    sign_in(page, address, sam)
    page.goto(f"{address}/times")
    return page


@pytest.mark.parametrize("way", ["Change", "Show times as your device does", "A short call"])
def test_words_go_along_to_another_page_of_times(chromium, address, db, sam, ada, way):
    make.kind(db, ada)
    make.kind(db, ada, name="A short call", position=2)
    sam.time_zone = "Asia/Tokyo"
    db.flush()
    page = new_page(chromium)
    sign_in(page, address, sam)
    page.goto(f"{address}/times")
    page.get_by_label(WORDS).fill("I would rather sit near the door.")

    page.get_by_role("link", name=way).click()
    if way == "Change":
        page.get_by_label("Time zone").select_option("Europe/Paris")
        page.get_by_role("button", name="Show times in this zone").click()

    shown = {"Change": "Europe/Paris (UTC+1)", "A short call": "Asia/Tokyo (UTC+9)"}.get(way, "(UTC+0)")
    page.get_by_text(shown).first.wait_for()
    assert page.get_by_label(WORDS).input_value() == "I would rather sit near the door."


def test_three_times_are_chosen_on_a_narrow_phone(sams):
    for label, button in (
        ("Tuesday 2 March, 12:00", "Add a second choice"),
        ("Tuesday 9 March, 10:00", "Add a third choice"),
        ("Tuesday 2 March, 10:00", "Ask for one of these times"),
    ):
        sams.get_by_label(label, exact=True).dispatch_event("click")
        sams.get_by_role("button", name=button).click()
        sams.wait_for_load_state("load")
        # The page that comes next may be there without anything in it yet.
        assert sams.locator("html").evaluate("page => page.scrollWidth") <= NARROWEST["width"]

    assert sams.get_by_role("heading", level=1).inner_text() == "Tuesday 2 March, 12:00"
    assert sams.get_by_role("listitem").filter(has_text="(Europe/London, UTC+0)").count() == 3


def test_the_keyboard_is_enough(sams):
    sams.get_by_label("Tuesday 2 March, 10:00", exact=True).focus()
    sams.keyboard.press("Space")
    sams.keyboard.press("ArrowRight")
    sams.keyboard.press("Enter")

    sams.wait_for_url("**/consultations/*")
    assert sams.get_by_role("heading", level=1).inner_text() == "Tuesday 2 March, 11:00"
