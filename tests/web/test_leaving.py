"""Leaving is instant (C2): what the script does in a real browser, and the form without it."""

from __future__ import annotations

import pytest

from portal.care.leaving import NEUTRAL_SITE
from tests import make
from tests.chromium import leave_by_keyboard, new_page, sign_in

pytestmark = [
    pytest.mark.browser,
    # Nothing here is the database's to say.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture(params=["with scripts", "without"])
def page(request, chromium, address):
    """The page of help, and a stand-in for the neutral site, which tests do not visit."""
    page = new_page(chromium, scripts=request.param == "with scripts")
    page.goto(f"{address}/help-now")
    yield page
    page.context.close()


scripted = pytest.mark.parametrize("page", ["with scripts"], indirect=True)


def test_the_button_leads_away(page):
    page.get_by_role("button", name="Leave this page").last.click()

    page.wait_for_url(NEUTRAL_SITE)


def test_the_second_stop_of_the_keyboard_leads_away(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url(NEUTRAL_SITE)


def test_back_shows_nothing_of_what_was_left(db, page, address):
    sam = make.client(db, name="Quillfeather", therapist=make.therapist(db))
    sign_in(page, address, sam)
    page.wait_for_url(f"{address}/next")
    assert "Quillfeather" in page.content()

    page.get_by_role("button", name="Leave this page").last.click()
    page.wait_for_url(NEUTRAL_SITE)

    for _ in range(4):
        page.go_back()
        assert "Quillfeather" not in page.content(), page.url
    page.goto(f"{address}/next")
    assert page.url.startswith(f"{address}/sign-in")


@scripted
def test_shift_three_times_tells_the_server_and_leads_away_for_good(page, address):
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))

    leave_by_keyboard(page)

    page.wait_for_url(NEUTRAL_SITE)
    # A picture of the page that is left may still be on its way.
    sent = [request for request in sent if "/static/" not in request[1]]
    # Both are sent in the same moment, and the browser tells of them as it pleases.
    assert sorted(sent[:2]) == [("GET", NEUTRAL_SITE), ("POST", f"{address}/leave")]
    page.go_back()
    assert not page.url.startswith(address)


@scripted
def test_the_page_is_covered_before_another_one_is_there(page):
    page.context.unroute(f"{NEUTRAL_SITE}**")
    # No content: the browser stays where it is, as it does while a slow site has not answered yet.
    page.context.route(f"{NEUTRAL_SITE}**", lambda route: route.fulfill(status=204))

    leave_by_keyboard(page)

    page.locator("body").wait_for(state="hidden")
    assert page.title() == "www.wikipedia.org"


@scripted
@pytest.mark.parametrize(
    "keys",
    [
        ["Shift+A", "Shift+B", "Shift+C", "Shift+D"],
        ["Shift", "Shift", "a", "Shift"],
        ["Control+Shift", "Control+Shift", "Control+Shift"],
        ["Shift", "Shift"],
    ],
)
def test_whoever_only_types_stays(page, address, keys):
    for key in keys:
        page.keyboard.press(key)

    page.wait_for_timeout(300)
    assert page.url == f"{address}/help-now"


@scripted
def test_shift_three_times_at_leisure_is_not_leaving(page, address):
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.wait_for_timeout(1600)
    page.keyboard.press("Shift")

    page.wait_for_timeout(300)
    assert page.url == f"{address}/help-now"
