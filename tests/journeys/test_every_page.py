"""What every page owes its reader: help (C1), nothing from elsewhere (P5), room on a small screen (C4)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from portal.errors import Refused
from portal.intake.replies import AnswerState
from portal.messages.models import Writer
from portal.scheduling.lifecycle import Status
from portal.web.audience import Audience, audience_of, public
from tests import make
from tests.browser import Page
from tests.chromium import NARROWEST, new_page, sign_in

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
# No page: a file, a sign of health, or what somebody in a hurry sees, which has to look like nothing.
NO_PAGES = {"static", "health.healthz", "health.readyz", "health.metrics", "accounts.leave"}


@pytest.fixture
def practice(db):
    return make.practice(db, country="GB", name=f"Willow Street {LONG}")


@pytest.fixture
def ada(db, practice):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada, now):
    """Has begun everything: long words everywhere, a time asked for, another confirmed, one declined."""
    long = f"# {LONG}\n\nA few words.\n\n{LONG * 5}"
    reading = make.reading(db, slug="on-rest", title=f"On rest and {LONG}", markdown=long)
    sam = make.client(db, name=LONG, therapist=ada)
    make.kept_passage(
        db, client=sam, reading=reading, words=LONG * 5, line=LONG * 5, block=3, shared_with=ada
    )
    for by in Writer:
        make.message(db, client=sam, therapist=ada, words=LONG * 5, by=by)
    said = {"name": LONG, "what-brings-you": LONG * 20, "sleep": AnswerState.IN_PERSON, "right-now": "unsure"}
    make.intake(db, client=sam, said=said)
    starts_at = now + timedelta(days=1, hours=1)
    make.consultation(db, client=sam, therapist=ada, starts_at=starts_at, status=Status.CONFIRMED)
    make.consultation(db, client=sam, therapist=ada, starts_at=starts_at + timedelta(days=7))
    return sam


@pytest.fixture
def kit(db, ada, now):
    """Has sent everything, and was declined."""
    kit = make.client(db, name="Kit", therapist=ada)
    make.intake(db, client=kit, said={"name": "Kit", "support": ("friends",)}, sent_at=now)
    make.consultation(
        db, client=kit, therapist=ada, starts_at=now + timedelta(days=2), status=Status.DECLINED
    )
    return kit


def plain_addresses(app, *audiences):
    """The addresses without a placeholder of pages that can be opened."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        fit = "GET" in rule.methods and not rule.arguments and rule.endpoint not in NO_PAGES
        if fit and audience_of(view) in audiences:
            yield rule.rule


def addresses_below(page):
    """Where the page itself leads: what has a placeholder is found as a person finds it."""
    found = [link.get("href").partition("#")[0] for link in page.root.all("a")]
    return {each for each in found if each.startswith("/") and not each.startswith(("/leave", "/static"))}


def every_page(app, browser, *audiences):
    """Every page that this visitor comes to, from the plain addresses on, each as it arrives."""
    waiting, seen = [*plain_addresses(app, *audiences)], set()
    while waiting:
        address = waiting.pop()
        # One page of a calendar or a list of times stands for the others, and so do the words of one mail.
        place = re.sub(r"\?(from|week|day|month|zone|change-zone|at|first)=.*", "", address)
        place = re.sub(r"(?<=/practice/mails/).*", "…", place)
        if place in seen:
            continue
        seen.add(place)
        answer = browser.http.get(address, base_url="https://portal.test", follow_redirects=True)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            page = browser._arrive(answer, 200)
            yield address, page
            waiting += addresses_below(page)


def calls_for_help(page):
    foot = next(page.root.all("footer"))
    numbers = {link.get("href") for link in foot.all("a")}
    return {"tel:999", "tel:116123"} <= numbers and page.link_called("Get help now").get(
        "href"
    ) == "/help-now"


@pytest.mark.parametrize("who", ["a stranger", "a client", "another client", "the therapist"])
def test_help_is_one_press_away_on_every_page(app, db, practice, ada, sam, kit, browser, who):
    person = {"a client": sam, "another client": kit, "the therapist": ada}.get(who)
    audience = {"the therapist": Audience.THERAPIST}.get(who, Audience.CLIENT)
    if person:
        browser.sign_in(person)

    pages = dict(
        every_page(app, browser, Audience.PUBLIC, *([audience, Audience.SIGNED_IN] if person else []))
    )

    assert len(pages) >= (12 if person else 8), sorted(pages)
    assert [address for address, page in pages.items() if not calls_for_help(page)] == []


@pytest.fixture
def failing(app, practice):
    """Ways in which a request fails, each with the page that says so."""

    @public
    def breaks():
        raise ValueError

    @public
    def refuses():
        raise Refused

    app.add_url_rule("/breaks", "breaks", breaks)
    app.add_url_rule("/refuses", "refuses", refuses)
    app.testing = False
    http = app.test_client()
    form = "application/x-www-form-urlencoded"
    return {
        "400": lambda: http.get("/?a=%ff", base_url="https://portal.test"),
        "400 without a token": lambda: http.post("/sign-in", data={}, base_url="https://portal.test"),
        "404": lambda: http.get("/no-such-page", base_url="https://portal.test"),
        "405": lambda: http.put("/", base_url="https://portal.test"),
        "409": lambda: http.get("/refuses", base_url="https://portal.test"),
        "411": lambda: http.post(
            "/sign-in", headers={"Transfer-Encoding": "chunked"}, base_url="https://portal.test"
        ),
        "413": lambda: http.post(
            "/sign-in", data="a" * 1_000_001, content_type=form, base_url="https://portal.test"
        ),
        "414": lambda: http.get(f"/{'a' * 5000}", base_url="https://portal.test"),
        "415": lambda: http.post("/sign-in", json={}, base_url="https://portal.test"),
        "500": lambda: http.get("/breaks", base_url="https://portal.test"),
    }


def test_help_is_one_press_away_on_every_page_of_what_went_wrong(failing):
    for name, visit in failing.items():
        answer = visit()
        assert answer.status_code == int(name[:3])
        assert calls_for_help(Page(answer.text)), name


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("who", "scripts"),
    [
        *(("a stranger", True), ("a client", True), ("another client", True), ("the therapist", True)),
        *(("a client", False), ("the therapist", False)),
    ],
    ids=lambda each: each if isinstance(each, str) else "with scripts" if each else "without",
)
def test_every_page_fits_prints_where_help_is_and_asks_nobody_else_for_anything(
    app, db, practice, ada, sam, kit, browser, chromium, address, who, scripts
):
    """In Chromium, 320 pixels wide: no page is scrolled sideways, and none sends a request elsewhere.

    On each of them, printed as on the screen, a sentence says whom to call.
    """
    person = {"a client": sam, "another client": kit, "the therapist": ada}.get(who)
    audience = {"the therapist": Audience.THERAPIST}.get(who, Audience.CLIENT)
    if person:
        browser.sign_in(person)
    places = [
        place
        for place, _ in every_page(
            app, browser, Audience.PUBLIC, *([audience, Audience.SIGNED_IN] if person else [])
        )
    ]
    page = new_page(chromium, size=NARROWEST, scripts=scripts)
    asked, complaints, too_wide, without_help = set(), [], [], []
    page.on("request", lambda request: asked.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url))))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    if person:
        sign_in(page, address, person)

    for place in [*places, "/no-such-page"]:
        page.goto(f"{address}{place}")
        if page.evaluate("document.documentElement.scrollWidth") > NARROWEST["width"]:
            too_wide.append(place)
        for medium in ("print", "screen"):
            page.emulate_media(media=medium)
            if not page.locator(".foot", has_text="If you are in danger now").is_visible():
                without_help.append((medium, place))
    page.context.close()

    assert too_wide == []
    assert without_help == []
    assert asked == {address}
    # A browser itself complains of the page that is not there.
    assert [each for each in complaints if "404" not in each] == []
