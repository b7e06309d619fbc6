"""What the tests of accounts do on pages again and again."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests import make
from tests.browser import Browser


def token_on(page) -> str:
    return next(each.get("value") for each in page.root.all("input") if each.get("name") == "csrf_token")


def sign_in(browser: Browser, person, password: str = make.PASSWORD, path: str = "/sign-in"):
    browser.open(path)
    browser.fill("Email address", person.email)
    browser.fill("Password", password)
    return browser.press("Sign in", expect=(200, 429))


def post(browser: Browser, path: str, **fields: Any) -> TestResponse:
    """As the script of the page that is open would send it."""
    return browser.http.post(
        path,
        data={"csrf_token": token_on(browser.page), **fields},
        headers={"Referer": f"https://portal.test{browser.path}"},
        base_url="https://portal.test",
    )


def asked(statements: list[str]) -> int:
    """How many questions a page asked, but for the practice's facts, which are looked up now and then."""
    return len([each for each in statements if "FROM practice" not in each])


def ask_device(browser: Browser, challenge: str) -> str:
    """What the portal wants the device to be asked."""
    answer = post(browser, challenge)
    assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.text
    return answer.text


def send(browser: Browser, path: str, said: str, *, expect: int = 200, **fields: Any):
    """Post the form with what the device has said, and arrive where it leads."""
    data = {"csrf_token": token_on(browser.page), "credential": said, **fields}
    answer = browser.http.post(
        path,
        data=data,
        headers={"Referer": f"https://portal.test{browser.path}"},
        base_url="https://portal.test",
        follow_redirects=True,
    )
    return browser._arrive(answer, expect)
