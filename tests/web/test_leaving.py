"""Leaving is instant (C2): what the script does in a real browser, and the form without it."""

from __future__ import annotations

import os
import shutil
import threading

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from portal.care.leaving import NEUTRAL_SITE

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    # Nothing here is the database's to say.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["with scripts", "without"])
def page(request, chromium, address):
    """The page of help, and a stand-in for the neutral site, which tests do not visit."""
    context = chromium.new_context(java_script_enabled=request.param == "with scripts")
    context.route(f"{NEUTRAL_SITE}**", lambda route: route.fulfill(content_type="text/html", body="Neutral"))
    page = context.new_page()
    page.goto(f"{address}/help-now")
    yield page
    context.close()


scripted = pytest.mark.parametrize("page", ["with scripts"], indirect=True)


def test_the_button_leads_away(page):
    page.get_by_role("button", name="Leave this page").last.click()

    page.wait_for_url(NEUTRAL_SITE)


def test_the_second_stop_of_the_keyboard_leads_away(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url(NEUTRAL_SITE)


@scripted
def test_shift_three_times_tells_the_server_and_leads_away_for_good(page, address):
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))

    for _ in range(3):
        page.keyboard.press("Shift")

    page.wait_for_url(NEUTRAL_SITE)
    # A picture of the page that is left may still be on its way.
    sent = [request for request in sent if "/static/" not in request[1]]
    assert sent[:2] == [("POST", f"{address}/leave"), ("GET", NEUTRAL_SITE)]
    page.go_back()
    assert not page.url.startswith(address)


@scripted
def test_the_page_is_covered_before_another_one_is_there(page):
    page.context.unroute(f"{NEUTRAL_SITE}**")
    # No content: the browser stays where it is, as it does while a slow site has not answered yet.
    page.context.route(f"{NEUTRAL_SITE}**", lambda route: route.fulfill(status=204))

    for _ in range(3):
        page.keyboard.press("Shift")

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
