"""Sixty-four press the button together, over HTTP, at the web server that a practice runs."""

from __future__ import annotations

import base64
import http.client
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from portal.scheduling.models import Consultation
from tests import make
from tests.browser import Browser
from tests.html import read
from tests.patience import PATIENCE_SECONDS
from tests.scheduling.crowd import all_at_once
from tests.scheduling.scene import held_in_vain, own_steps, steps_held
from tests.started import start

MANY = 64
GONE = "That time has just been taken. These are the nearest free ones"


@pytest.fixture
def served(settings, tmp_path):
    """Two web processes on the test's database, at the system's own time."""
    keys = (base64.urlsafe_b64encode(key).decode() for key in settings.master_keys)
    environment = {
        "PORTAL_ENV": "development",
        "PORTAL_WORKERS": "2",
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_MASTER_KEYS": ",".join(keys),
        "PORTAL_BASE_URL": settings.base_url,
    }
    with start("serve", instance=tmp_path / "instance", **environment) as portal:
        portal.wait_until_it_answers()
        yield portal


def test_of_sixty_four_one_has_the_time_and_the_others_read_the_nearest_free_ones(app, db, later, served):
    today = datetime.fromtimestamp(time.time(), UTC)
    later(today)
    ten = today.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=3)
    ada = make.therapist(db, time_zone="UTC")
    for ahead in (0, 1):
        weekday = (ten + timedelta(days=ahead)).isoweekday()
        make.working_hours(db, ada, weekday=weekday, starts="10:00", ends="13:00")
    people = [make.client(db, therapist=ada, time_zone="UTC") for _ in range(MANY)]
    pages = [_at_the_page(app, client) for client in people]

    told = all_at_once([partial(_press, served.port, *page, ten) for page in pages])

    assert Counter(code for code, _, _ in told) == {303: 1, 409: MANY - 1}
    nearest = [f"{when:%A} {when.day} {when:%B, %H:%M}" for when in _after(ten)]
    assert {(tuple(errors), tuple(times[:4])) for code, errors, times in told if code == 409} == {
        ((GONE,), tuple(nearest))
    }
    assert len(db.scalars(select(Consultation)).all()) == 1
    assert steps_held(db) == own_steps(ten)
    assert held_in_vain(db) == []


def _after(ten: datetime) -> list[datetime]:
    """The four that are nearest to it: two more on the day, and the next day's first two."""
    day = timedelta(days=1)
    return [ten + timedelta(hours=1), ten + timedelta(hours=2), ten + day, ten + day + timedelta(hours=1)]


def _at_the_page(app, client) -> tuple[str, str]:
    """The cookie of somebody who has the page of times open, and the token of its form."""
    browser = Browser(app)
    browser.sign_in(client)
    page = browser.open("/times")
    cookie = browser.http.get_cookie(app.config["SESSION_COOKIE_NAME"], "portal.test")
    return f"{cookie.key}={cookie.value}", next(page.root.all("input", name="csrf_token")).get("value")


def _press(port: int, cookie: str, token: str, starts_at: datetime) -> tuple[int, list[str], list[str]]:
    """The answer's code, its errors, and the times on the page."""
    form = urlencode({"csrf_token": token, "starts_at": f"{starts_at:%Y-%m-%dT%H:%MZ}"})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("POST", "/times", form, headers)
    answer = connection.getresponse()
    root = read(answer.read().decode() or "<main></main>")
    connection.close()
    errors = [element.text for element in root.all("p", class_="error")]
    return answer.status, errors, [label.text for label in root.all("label", class_="time")]
