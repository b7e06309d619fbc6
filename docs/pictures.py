"""Takes the README's pictures of a demonstration practice: `.venv/bin/python -m docs.pictures`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
PASSWORD = "a-quiet-place-to-begin"
SIZE = {"width": 1280, "height": 860}


def main() -> None:
    with _portal() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        _shoot(_visit(chromium, address), "welcome")
        kits = _visit(chromium, address, "kit@foyer.example")
        _ask_for_another_time(kits)
        kits.goto(f"{address}/next")
        _shoot(kits, "next-step")
        adas = _visit(chromium, address, "ada@foyer.example")
        adas.goto(adas.get_by_role("link", name="Kit Lowe").first.evaluate("link => link.href"))
        _shoot(adas, "desk")
        chromium.close()


def _visit(chromium: Browser, address: str, person: str | None = None) -> Page:
    page = chromium.new_context(viewport=SIZE, color_scheme="light").new_page()
    page.goto(address + ("/sign-in" if person else "/"))
    if person:
        page.get_by_label("Email address").fill(person)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
    return page


def _ask_for_another_time(page: Page) -> None:
    page.get_by_role("link", name="Choose another time").click()
    page.locator(".time").nth(2).click()
    page.get_by_label("Anything you would like to say with it (optional)").fill("Mornings suit me best.")
    page.get_by_role("button", name="Ask for this time").click()


def _shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


@contextmanager
def _portal() -> Iterator[str]:
    """A portal of its own, on a free port, with a practice that is thrown away afterwards."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as instance:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environ = os.environ | {"PORTAL_PORT": str(port), "PORTAL_INSTANCE": instance}
        process = subprocess.Popen([sys.executable, "-m", "portal", "run"], env=environ, cwd=FOLDER.parent)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address)
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the portal did not come up")


if __name__ == "__main__":
    main()
