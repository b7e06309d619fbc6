"""Where somebody is signed in: seen, ended, told of, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import KnownBrowser, SignedInPlace
from tests import make
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.accounts.pages import asked, post, sign_in
from tests.browser import Browser

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0"


@pytest.fixture
def sam(db):
    return make.client(db, therapist=make.therapist(db))


@pytest.fixture
def elsewhere(app, sam):
    """Another browser of Sam's, on Windows."""
    browser = Browser(app)
    browser.http.environ_base["HTTP_USER_AGENT"] = FIREFOX
    return browser


def places(db, person):
    db.expire_all()
    return list(db.scalars(select(SignedInPlace).where(SignedInPlace.client_id == person.id)))


def cards(page) -> list[str]:
    return [card.text for card in page.root.all("li", class_="card")]


def is_out(browser, home="/next") -> bool:
    browser.open(home)
    return browser.path == f"/sign-in?next={home}"


def test_a_place_is_listed_by_what_its_owner_knows_it_by(db, now, later, sam, browser, elsewhere):
    sign_in(elsewhere, sam)
    later(now + timedelta(minutes=10))
    sign_in(browser, sam)

    here, other = cards(browser.open("/account/places"))

    assert here.startswith("A browser This one Signed in on Monday 1 March, 09:10. Last used at 09:10.")
    assert other.startswith("Firefox on Windows Signed in on Monday 1 March, 09:00. Last used at 09:00.")
    assert "End it" in other
    assert "End it" not in here


def test_one_of_them_can_be_ended(db, sam, browser, elsewhere):
    sign_in(elsewhere, sam)
    sign_in(browser, sam)
    browser.open("/account/places")

    browser.press("End it")

    assert is_out(elsewhere)
    assert not is_out(browser)


def test_all_of_them_can_be_ended(db, sam, browser, elsewhere):
    sign_in(elsewhere, sam)
    sign_in(browser, sam)
    browser.open("/account/places")

    page = browser.press("Sign out everywhere, also here")

    assert page.text.startswith("You are signed out everywhere.")
    assert is_out(elsewhere)
    assert is_out(browser)


def test_another_s_place_is_not_found(app, db, sam, browser):
    sign_in(browser, sam)
    reference = places(db, sam)[0].reference
    kit = Browser(app)
    kit.sign_in(make.client(db))
    kit.open("/account/places")

    assert post(kit, f"/account/places/{reference}/end").status_code == 404
    assert not is_out(browser)


def test_a_place_that_is_over_is_not_listed(db, now, later, sam, browser, elsewhere):
    sign_in(elsewhere, sam)
    later(now + timedelta(minutes=31))
    sign_in(browser, sam)

    assert len(cards(browser.open("/account/places"))) == 1


def test_a_list_of_three_costs_as_many_questions_as_one(app, db, sam, browser, queries):
    sign_in(browser, sam)
    costs = []
    for _ in range(3):
        with queries() as seen:
            browser.open("/account/places")
        costs.append(asked(seen))
        sign_in(Browser(app), sam)

    assert costs[0] == costs[1] == costs[2]


def test_one_s_own_device_is_remembered_when_it_is_closed_and_no_other(db, sam, browser, elsewhere):
    browser.open("/sign-in")
    browser.fill("Email address", sam.email)
    browser.fill("Password", make.PASSWORD)
    browser.choose("This is my own device: keep me signed in here for two weeks")
    browser.press("Sign in")
    sign_in(elsewhere, sam)

    kept = [
        each.http.get_cookie("__Host-foyer", domain="portal.test").expires for each in (browser, elsewhere)
    ]
    assert (kept[0] is not None, kept[1]) == (True, None)
    assert sorted(place.is_own for place in places(db, sam)) == [False, True]


def test_a_therapist_s_own_device_is_no_exception(db, browser):
    ada = make.therapist(db)
    browser.open("/sign-in")
    browser.fill("Email address", ada.email)
    browser.fill("Password", make.PASSWORD)
    browser.choose("This is my own device: keep me signed in here for two weeks")
    browser.press("Sign in")

    assert not db.scalars(select(SignedInPlace.is_own)).one()


def test_the_foot_says_until_when_one_stays_signed_in(db, now, later, sam, browser):
    browser.sign_in(sam)
    later(now + timedelta(minutes=5))

    foot = next(browser.open("/next").root.all("footer"))

    assert "You stay signed in here until 09:35, and for longer with every page that you open." in foot.text
    assert next(foot.all("p", class_="quiet")).get("data-until") == "2027-03-01T09:35:00+00:00"


def test_who_stays_for_days_is_told_nothing_of_minutes(db, sam, browser):
    browser.sign_in(sam, is_own=True)

    assert "stay signed in" not in browser.open("/next").source


def test_staying_is_one_press_and_says_until_when(db, now, later, sam, browser):
    browser.sign_in(sam)
    browser.open("/next")
    later(now + timedelta(minutes=29))

    answer = post(browser, "/account/stay")

    assert answer.json == {"until": "2027-03-01T09:59:00+00:00", "words": "09:59"}
    later(now + timedelta(minutes=58))
    assert not is_out(browser)


def test_nobody_stays_beyond_the_last_of_it(db, now, later, sam, browser):
    browser.sign_in(sam, signed_in_at=now - timedelta(hours=11, minutes=50))
    browser.open("/next")

    assert post(browser, "/account/stay").json["words"] == "09:10"


def test_it_is_too_late_to_stay_once_it_is_over(db, now, later, sam, browser):
    sign_in(browser, sam)
    later(now + timedelta(minutes=31))

    assert post(browser, "/account/stay").status_code == 403


def test_a_browser_that_was_never_used_before_is_told_of(app, db, sam, browser, elsewhere):
    sign_in(browser, sam)
    assert letters_to(db, sam.email) == []

    sign_in(elsewhere, sam)

    (letter,) = letters_to(db, sam.email)
    assert letter.subject == "A new place where you are signed in"
    assert "Firefox on Windows, Monday 1 March 2027, 09:00" in letter.body
    assert link_in(letter) == "https://portal.test/account/places"
    elsewhere.press("Sign out")
    sign_in(elsewhere, sam)
    assert len(letters_to(db, sam.email)) == 1


def test_what_is_known_of_one_person_is_not_known_of_another(app, db, sam, browser, elsewhere):
    kit = make.client(db)
    sign_in(browser, kit)
    browser.press("Sign out")
    sign_in(elsewhere, sam)
    sign_in(browser, sam)

    assert len(letters_to(db, sam.email)) == 1


def test_leaving_forgets_that_this_browser_was_ever_here(db, sam, browser):
    sign_in(browser, sam)
    assert browser.http.get_cookie("__Host-foyer-known", domain="portal.test")
    browser.open("/next")

    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "https://portal.test"}
    browser.http.post("/leave", base_url="https://portal.test", headers=ours)

    assert browser.http.get_cookie("__Host-foyer-known", domain="portal.test") is None


def test_both_cookies_are_for_this_host_alone_and_no_script_reads_them(db, sam, browser):
    browser.open("/sign-in")
    set_cookies = post(browser, "/sign-in", email=sam.email, password=make.PASSWORD).headers.getlist(
        "Set-Cookie"
    )

    assert len(set_cookies) == 2
    for cookie in set_cookies:
        name, *attributes = cookie.split("; ")
        kept = {each for each in attributes if not each.startswith(("Expires", "Max-Age"))}
        assert name.startswith(("__Host-foyer=", "__Host-foyer-known="))
        assert kept == {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}


def test_what_is_over_is_forgotten_by_and_by(app, db, now, sam):
    """Each kind of place at its own time, and browsers in which nobody came back for a year."""
    ada = make.therapist(db)
    for number, (owner, is_own, minutes) in enumerate(
        [("client_id", False, 31), ("client_id", False, 29), ("client_id", True, 60 * 24 * 15),
         ("client_id", True, 60 * 24 * 13), ("therapist_id", True, 16), ("therapist_id", False, 14)]
    ):  # fmt: skip
        used = now - timedelta(minutes=minutes)
        person = sam if owner == "client_id" else ada
        db.add(
            SignedInPlace(token_hash=str(number), signed_in_at=used, last_used_at=used, is_own=is_own,
                          **{owner: person.id})
        )  # fmt: skip
    for number, days in enumerate((401, 399)):
        db.add(KnownBrowser(token_hash=str(number), client_id=sam.id, seen_at=now - timedelta(days=days)))
    db.flush()

    with app.app_context(), app.extensions["database"]() as inside:
        inside.connection(execution_options={"write": True})
        for forget in app.extensions["sweepers"]:
            forget(inside, now=now)
        inside.commit()

    db.expire_all()
    assert sorted(db.scalars(select(SignedInPlace.token_hash))) == ["1", "3", "5"]
    assert list(db.scalars(select(KnownBrowser.token_hash))) == ["1"]


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/account", "Your account"),
        ("/account/passkeys", "Passkeys"),
        ("/account/second-step", "A second step"),
        ("/account/places", "Where you are signed in"),
        ("/account/password", "Your password"),
        ("/account/address", "Another email address"),
    ],
)
@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_every_page_of_the_account_opens_to_both_and_to_nobody_else(db, browser, path, heading, kind):
    browser.open(path)
    assert browser.path == f"/sign-in?next={path}"

    browser.sign_in(kind(db))

    assert browser.open(path).heading == heading


def test_the_overview_says_what_there_is_in_plain_words(db, sam, browser):
    browser.sign_in(sam)

    page = browser.open("/account")

    facts = [fact.text for fact in next(page.root.all("dl")).all("dd")]
    assert [fact.partition(" (")[0] for fact in facts[:5]] == [
        f"{sam.email} Change it",
        "You have one. Change it",
        "None. What is that?",
        "None: your password is enough. Look at it",
        "Only here. Look at them",
    ]


def test_a_new_password_behind_a_link_makes_its_browser_known(app, db, sam, browser, elsewhere):
    """Somebody guesses at the account from elsewhere: whoever reads its mail is not kept waiting."""
    sign_in(elsewhere, sam)
    browser.open("/forgotten-password")
    browser.fill("Email address", sam.email)
    browser.press("Send me a link")
    browser.open(link_in(newest_letter_to(db, sam.email)))
    browser.fill("New password", "kettle orbit mosaic")
    browser.press("Keep this password")
    told = len(letters_to(db, sam.email))

    sign_in(browser, sam, "kettle orbit mosaic")

    assert browser.path == "/next"
    assert len(letters_to(db, sam.email)) == told
    assert isinstance(places(db, sam)[0].confirmed_at, datetime)
