"""A real browser, and the portal at an address where it can be visited with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.accounts.models import Client, Therapist
from portal.care.leaving import NEUTRAL_SITE
from tests import make
from tests.patience import PATIENCE_SECONDS, until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
# As narrow as WCAG 2.2 asks for (1.4.10): a page of 1280 pixels, enlarged four times.
NARROWEST = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        patience = PATIENCE_SECONDS * 1000
        expect.set_options(timeout=patience)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments, timeout=patience)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application of this test answers, at the test's own time."""
    server = make_server("127.0.0.1", 0, _answering_whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _answering_whole(app: Flask) -> WSGIApplication:
    """Werkzeug's server leaves a file open where a browser hangs up while it is sent; so it is given none."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with contextlib.closing(app(environ, start_response)) as parts:
            return [b"".join(parts)]

    return answer


def new_page(chromium: Browser, *, scripts: bool = True, size: dict[str, int] | None = None) -> Page:
    """A page of a browser of its own. Nothing leaves this machine: the neutral site is answered here."""
    context = chromium.new_context(java_script_enabled=scripts, viewport=size)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    context.route(f"{NEUTRAL_SITE}**", lambda route: route.fulfill(content_type="text/html", body="Neutral"))
    return context.new_page()


def leave_by_keyboard(page: Page) -> None:
    """Shift three times, and again if they came too far apart, as they may on a busy machine."""
    here = page.url

    def has_left() -> bool:
        for _ in range(3):
            page.keyboard.press("Shift")
        # A page that is on its way out answers nothing any more.
        with contextlib.suppress(Error):
            return page.url != here or page.locator("html.left").count() > 0
        return True

    until(has_left, what="another page")


def sign_in(page: Page, address: str, person: Client | Therapist) -> None:
    page.goto(f"{address}/sign-in")
    fill_in_the_sign_in_form(page, person)


def fill_in_the_sign_in_form(page: Page, person: Client | Therapist) -> None:
    page.get_by_label("Email address").fill(person.email)
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
