"""The eight steps in Chromium, against the portal as `run` starts it: scripts on and off, wide and narrow."""

from __future__ import annotations

import email
import email.policy
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from config import ROOT
from tests.chromium import leave_by_keyboard
from tests.patience import PATIENCE_SECONDS, until

pytestmark = pytest.mark.browser

PASSWORD = "a-quiet-place-to-begin"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True)
class Portal:
    """A running portal, and where it keeps what it keeps."""

    address: str
    instance: Path

    def link_mailed_to(self, person: str) -> str:
        """The newest link that was mailed to this address; waits for the worker to have delivered it."""
        return until(lambda: self._newest_link(person), what=f"a link, mailed to {person}")

    def _newest_link(self, person: str) -> str | None:
        for path in sorted((self.instance / "mail").glob("*.eml"), reverse=True):
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = letter.get_body()
            found = re.search(r"http://\S+", body.get_content()) if body else None
            if letter["To"] == person and found:
                return found.group()
        return None


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    instance = tmp_path_factory.mktemp("instance")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environ |= {"PORTAL_PORT": str(port), "PORTAL_INSTANCE": str(instance)}
    process = subprocess.Popen([sys.executable, "-m", "portal", "run"], cwd=ROOT, env=environ)
    try:
        until(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), what="a portal that answers")
        yield Portal(f"http://127.0.0.1:{port}", instance)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)


class Visitor:
    """A person at a screen, who notices when a page complains or does not fit."""

    def __init__(self, chromium, portal: Portal, *, scripts: bool, size: dict[str, int], dark: bool) -> None:
        self._context = chromium.new_context(
            viewport=size,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            base_url=portal.address,
            timezone_id="America/New_York",
        )
        self._context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page: Page = self._context.new_page()
        self._scripts, self._wide = scripts, size["width"]
        self._looked_at: set[str] = set()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def press(self, button: str) -> None:
        self.page.locator("main").get_by_role("button", name=button, exact=True).first.click()
        self.look()

    def follow(self, link: str) -> None:
        self.page.locator("main").get_by_role("link", name=link, exact=True).first.click()
        self.look()

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def sees(self, words: str) -> bool:
        return words in self.page.locator("body").inner_text()

    def look(self) -> None:
        """Every page fits its window, and, where scripts run, satisfies axe."""
        self.page.wait_for_load_state("load")
        if not self._scripts:
            return
        width = self.page.locator("html").evaluate("page => page.scrollWidth")
        assert width <= self._wide, f"{self.page.url} is {width} wide in a window of {self._wide}"
        place = re.sub(r"[0-9a-f]{18}", "…", self.page.url)
        if place in self._looked_at:
            return
        self._looked_at.add(place)
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}: {found.generate_report()}"

    def close(self) -> None:
        self._context.close()
        assert self.complaints == []

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)


@pytest.mark.parametrize(
    ("name", "scripts", "size", "dark"),
    [("wide", True, WIDE, False), ("narrow", True, NARROW, True), ("plain", False, NARROW, False)],
)
def test_all_eight_steps(chromium, portal, name, scripts, size, dark):
    person = f"{name}@foyer.example"
    hers = Visitor(chromium, portal, scripts=scripts, size=size, dark=dark)

    make_an_account(hers, portal, person)
    assert hers.page.get_by_text("Open", exact=True).count() == 3
    say_that_it_was_read(hers)
    answer_and_leave(hers)
    hers.close()
    hers = Visitor(chromium, portal, scripts=scripts, size=size, dark=dark)
    sign_in(hers, person)
    come_back_and_send(hers)
    first = ask_for_the_soonest(hers)

    adas = Visitor(chromium, portal, scripts=scripts, size=size, dark=dark)
    sign_in(adas, "ada@foyer.example")
    adas.open("/desk")
    adas.open(f"/desk{first}")
    assert adas.sees("Asked for")
    adas.press(adas.page.get_by_role("button", name="Confirm").first.inner_text())
    assert adas.sees("Confirmed")

    hers.open("/next")
    assert hers.sees("Confirmed")
    second = ask_for_the_soonest(hers, instead=True)
    assert hers.sees("stays yours") or hers.sees("You keep")
    adas.open(f"/desk{second}")
    adas.press("Decline this time")
    hers.open(first)
    hers.follow("Cancel this time")
    hers.press("Cancel this time")
    hers.open("/next")
    assert not hers.sees("Confirmed")
    for visitor in (hers, adas):
        visitor.close()


def make_an_account(hers: Visitor, portal: Portal, person: str) -> None:
    hers.open("/")
    hers.follow("Begin")
    hers.fill("Email address", person)
    hers.fill("Password", PASSWORD)
    hers.press("Make my account")
    hers.open(portal.link_mailed_to(person))
    hers.press("Yes, this is my address")
    assert hers.page.url.endswith("/next")


def sign_in(visitor: Visitor, person: str) -> None:
    visitor.open("/sign-in")
    visitor.fill("Email address", person)
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")


def say_that_it_was_read(hers: Visitor) -> None:
    hers.open("/reading/coping-and-healing")
    hers.press("I have read it")


def answer_and_leave(hers: Visitor) -> None:
    hers.open("/questions")
    hers.press("Begin")
    hers.fill("What would you like to be called?", "Noor")
    hers.press("Continue")
    hers.press("Skip for now")
    hers.press("I would rather not say")
    hers.press("Talk about it in person")


def come_back_and_send(hers: Visitor) -> None:
    assert hers.sees("1 kept for talking about in person")
    hers.open("/questions")
    hers.follow("Go on where you were")
    hers.press("Continue")
    hers.page.get_by_label("No", exact=True).check()
    hers.press("Continue")
    hers.follow("Continue")
    hers.page.get_by_label("I am not sure", exact=True).check()
    hers.press("Continue")
    assert hers.sees("Thank you for saying so")
    hers.fill("Is there anything else you would like to say?", "Thank you for the plain words.")
    hers.press("Continue")
    hers.press("Send my answers")
    assert hers.sees("Thank you for the plain words.")


def ask_for_the_soonest(hers: Visitor, *, instead: bool = False) -> str:
    """The address of the consultation that was asked for."""
    if instead:
        hers.follow("Choose another time")
    else:
        hers.open("/times")
    hers.page.locator(".time").first.click()
    hers.press("Ask for this time")
    assert hers.sees("You will have an answer by")
    return "/consultations/" + hers.page.url.rpartition("/")[2]


def test_leaving_covers_the_page_and_ends_the_session(chromium, portal):
    """C2: by the button, without and with scripts, and by Shift pressed three times; Back shows nothing."""
    for scripts in (False, True):
        kits = Visitor(chromium, portal, scripts=scripts, size=WIDE, dark=False)
        # Nothing leaves this machine: the neutral site is answered here.
        kits.page.route(
            re.compile(r"^https://"), lambda route: route.fulfill(body="weather", content_type="text/html")
        )
        sign_in(kits, "kit@foyer.example")
        assert kits.sees("Confirmed")
        if scripts:
            leave_by_keyboard(kits.page)
        else:
            kits.page.get_by_role("button", name="Leave this page").last.click()
        kits.page.wait_for_url(re.compile(r"^https://"))
        # With scripts, the end of the session is on its way while the other site opens already.
        until(partial(_leads_to_signing_in, kits.page, portal), what="the end of the session")


def _leads_to_signing_in(page: Page, portal: Portal) -> bool:
    page.goto(f"{portal.address}/next")
    return page.url.startswith(f"{portal.address}/sign-in")


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True
