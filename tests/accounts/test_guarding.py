"""Guessing is slowed down, and nobody keeps another person out by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import make
from tests.accounts.device import Device
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.accounts.pages import sign_in
from tests.accounts.test_passkeys import add, show
from tests.accounts.test_second_step import set_up
from tests.browser import Browser

HOME, AWAY = "192.0.2.7", "198.51.100.9"
LATER = (
    "This was tried often in a short time, perhaps by somebody else."
    " It works again in one minute; nothing is lost"
)


@pytest.fixture
def visitor(app):
    """Call it with the network that a new browser is in."""

    def visitor(network: str) -> Browser:
        browser = Browser(app)
        browser.http.environ_base["REMOTE_ADDR"] = network
        return browser

    return visitor


@pytest.fixture
def kit(db):
    return make.client(db, therapist=make.therapist(db))


def guess(browser, person, times, password="not the password"):
    """The codes of so many guesses."""
    codes = []
    for _ in range(times):
        sign_in(browser, person, password)
        codes.append(browser.response.status_code)
    return codes


def test_after_five_guesses_in_a_minute_one_waits_and_is_told_so(db, now, later, kit, visitor):
    stranger = visitor(AWAY)

    assert guess(stranger, kit, 6) == [200] * 5 + [429]

    assert stranger.page.errors == [LATER]
    assert stranger.page.field_labelled("Email address").get("value") == kit.email
    assert guess(stranger, kit, 1, make.PASSWORD) == [429]
    later(now + timedelta(minutes=1))
    assert guess(stranger, kit, 1, make.PASSWORD) == [200]
    assert stranger.path == "/next"


@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_nobody_has_is_guarded_like_any_other(db, visitor, kit, known):
    if not known:
        kit = make.client(db)
        db.delete(kit)
        db.flush()
    stranger = visitor(AWAY)

    assert guess(stranger, kit, 6) == [200] * 5 + [429]
    assert stranger.page.errors == [LATER]


def test_a_stranger_elsewhere_keeps_nobody_out(db, now, later, kit, visitor):
    """Hammering from network to network, until the account itself is guarded."""
    at_home = visitor(HOME)
    sign_in(at_home, kit)
    at_home.press("Sign out")
    moment = now
    for number in range(100):
        moment += timedelta(seconds=20)
        later(moment)
        guess(visitor(f"203.0.113.{number}"), kit, 1)
    assert guess(visitor(AWAY), kit, 1, make.PASSWORD) == [429]

    sign_in(at_home, kit)

    assert at_home.path == "/next"


def test_nor_by_being_in_the_same_network(db, kit, visitor):
    """A household, a ward, a library: whoever was in it before is counted by their browser."""
    hers, his = visitor(HOME), visitor(HOME)
    sign_in(hers, kit)
    hers.press("Sign out")
    assert guess(his, kit, 7)[-1] == 429

    sign_in(hers, kit)

    assert hers.path == "/next"


def test_whoever_reads_the_mail_comes_in_however_much_is_guessed(db, kit, visitor):
    phone = visitor(AWAY)
    assert guess(phone, kit, 6)[-1] == 429
    phone.open("/forgotten-password")
    phone.fill("Email address", kit.email)
    phone.press("Send me a link")
    phone.open(link_in(newest_letter_to(db, kit.email)))
    phone.fill("New password", "kettle orbit mosaic")
    phone.press("Keep this password")

    sign_in(phone, kit, "kettle orbit mosaic")

    assert phone.path == "/next"


def test_guessing_at_many_accounts_from_one_network_is_slowed_down_too(db, visitor):
    people = [make.client(db) for _ in range(41)]
    stranger = visitor(AWAY)

    codes = [guess(stranger, person, 1)[0] for person in people]

    assert codes == [200] * 40 + [429]
    assert guess(visitor(HOME), people[-1], 1) == [200]


def test_those_who_get_it_right_are_no_crowd_of_strangers(db, visitor):
    """A group practice behind one address."""
    for _ in range(45):
        browser = visitor(HOME)
        sign_in(browser, make.client(db))
        assert browser.path == "/next"


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "True-Client-IP"]
)
def test_no_header_lifts_it(db, kit, visitor, header):
    stranger = visitor(AWAY)
    guess(stranger, kit, 6)
    name = f"HTTP_{header.upper().replace('-', '_')}"

    for number in range(3):
        stranger.http.environ_base[name] = f"203.0.113.{number}"
        assert guess(stranger, kit, 1, make.PASSWORD) == [429]


def test_codes_are_guarded_as_passwords_are(db, now, later, kit, visitor):
    mine = visitor(HOME)
    mine.sign_in(kit)
    _, codes = set_up(mine, now)
    thief = visitor(AWAY)
    later(now + timedelta(minutes=1))
    sign_in(thief, kit)
    for _ in range(5):
        thief.fill("Code", "000000")
        assert thief.press("Go on").heading == "One more step"

    thief.fill("Code", codes[0])
    thief.press("Go on", expect=429)

    assert thief.page.errors[0].startswith("This was tried often in a short time")


def test_an_address_gets_five_mails_in_half_an_hour_and_nobody_is_told(db, now, later, kit, visitor):
    """Whoever fills somebody's mailbox learns nothing; and the newest link that was sent goes on working."""
    for network in (HOME, AWAY):
        stranger = visitor(network)
        for _ in range(4):
            stranger.open("/forgotten-password")
            stranger.fill("Email address", kit.email)
            assert stranger.press("Send me a link").heading == "Check your mail"

    assert len(letters_to(db, kit.email)) == 5
    hers = visitor(HOME)
    assert hers.open(link_in(newest_letter_to(db, kit.email))).heading == "Choose a new password"
    later(now + timedelta(minutes=30))
    hers.open("/forgotten-password")
    hers.fill("Email address", kit.email)
    hers.press("Send me a link")
    assert len(letters_to(db, kit.email)) == 6


@pytest.mark.parametrize("page", ["/sign-up", "/forgotten-password"])
def test_a_network_asks_for_so_many_mails_and_is_told_to_wait(db, visitor, page):
    stranger = visitor(AWAY)
    press = {"/sign-up": "Make my account", "/forgotten-password": "Send me a link"}[page]
    for number in range(31):
        stranger.open(page)
        stranger.fill("Email address", f"person-{number}@example.org")
        if page == "/sign-up":
            stranger.fill("Password", "kettle orbit mosaic")
        stranger.press(press, expect=200 if number < 30 else 429)

    assert stranger.page.errors == [LATER.replace("one minute", "10 minutes")]
    assert stranger.page.field_labelled("Email address").get("value") == "person-30@example.org"


def test_asking_and_taking_back_without_end_fills_no_therapist_s_mailbox(db, now, kit, visitor):
    browser = visitor(HOME)
    browser.sign_in(kit)
    times = [
        make.consultation(db, client=kit, therapist=kit.therapist, starts_at=now + timedelta(days=day))
        for day in range(3, 24)
    ]

    codes = []
    for each in times:
        browser.open(f"/consultations/{each.reference}/cancellation")
        browser.press(browser.page.buttons[0], expect=(200, 429))
        codes.append(browser.response.status_code)

    assert codes == [200] * 20 + [429]
    assert browser.page.heading == "A moment, please"


def test_words_that_wait_wait_on(app, db, now, later, kit, visitor):
    make.intake(db, client=kit, said={"name": "Kit"})
    browser = visitor(HOME)
    sign_in(browser, kit)
    browser.open("/questions/what-brings-you")
    browser.fill("What brings you here?", "The heron at the weir")
    later(now + timedelta(hours=3))
    browser.press("Continue", expect=403)
    for code in [200] * 5 + [429]:
        browser.fill("Email address", kit.email)
        browser.fill("Password", "not the password")
        browser.press("Sign in", expect=code)

    later(now + timedelta(hours=3, minutes=2))
    browser.fill("Email address", kit.email)
    browser.fill("Password", make.PASSWORD)
    page = browser.press("Sign in")

    assert "The heron at the weir" in page.text


def test_a_passkey_is_never_kept_waiting_by_guesses(db, kit, visitor):
    device, mine, phone = Device(), visitor(HOME), visitor(AWAY)
    mine.sign_in(kit)
    add(mine, device)
    assert guess(phone, kit, 6)[-1] == 429

    show(phone, device)

    assert phone.path == "/next"
