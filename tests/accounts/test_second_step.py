"""The second step: an app's codes, recovery codes, and who may do without."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from config import Environment
from portal.accounts import second_step
from portal.accounts.codes import code_at
from portal.accounts.models import AuthenticatorApp, Client, RecoveryCode, SignedInPlace
from portal.accounts.queries import ways_in
from portal.app import create_app
from portal.database import transaction
from tests import make
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.accounts.pages import post, sign_in
from tests.browser import Browser

STEP = "/account/second-step"


@pytest.fixture
def sam(db):
    return make.client(db, therapist=make.therapist(db))


def secret_on(page) -> str:
    return next(page.root.all("code", class_="secret")).text.replace(" ", "")


def codes_on(page) -> list[str]:
    return [code.text for code in next(page.root.all("ol", class_="codes")).all("code")]


def set_up(browser, now):
    """The secret, and the recovery codes that were shown."""
    browser.open(STEP)
    secret = secret_on(browser.press("Set up an app"))
    browser.fill("Code from the app", code_at(secret, now))
    return secret, codes_on(browser.press("Use this app from now on"))


@pytest.fixture
def sams(sam, browser, now):
    """Sam's secret and recovery codes; Sam is signed out again."""
    browser.sign_in(sam)
    made = set_up(browser, now)
    browser.press("Sign out")
    return made


def take(browser, typed, *, expect=200):
    browser.fill("Code", typed)
    return browser.press("Go on", expect=expect)


def test_the_app_is_set_up_by_picture_or_by_letters_and_counts_once_it_has_shown_a_code(
    db, now, sam, browser
):
    browser.sign_in(sam)
    browser.open(STEP)

    page = browser.press("Set up an app")
    secret = secret_on(page)
    assert 'class="segno"' in page.source
    assert not ways_in(db, sam).has_app
    browser.fill("Code from the app", "000 000")
    assert browser.press("Use this app from now on").errors == [
        "That is not the code of this moment. Look at the app, and type the one it shows now"
    ]
    assert secret_on(browser.page) == secret
    browser.fill("Code from the app", code_at(secret, now))
    page = browser.press("Use this app from now on")

    assert page.heading == "Your recovery codes"
    assert len(codes_on(page)) == 10
    assert ways_in(db, sam).has_app
    assert secret.encode() not in db.scalars(select(AuthenticatorApp.sealed_secret)).one()
    bodies = [letter.body for letter in letters_to(db, sam.email)]
    assert "An app that shows codes was set up" in bodies[0]
    assert not any(secret in body for body in bodies)


def test_after_the_password_a_code_is_asked_for(db, now, later, sam, sams, browser):
    later(now + timedelta(minutes=1))
    page = sign_in(browser, sam, path="/sign-in?next=/reading")

    assert page.heading == "One more step"
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"
    browser.open("/sign-in/second-step?next=/reading")
    take(browser, code_at(sams[0], now + timedelta(minutes=1)))

    assert browser.path == "/reading"
    assert db.scalars(select(SignedInPlace.is_strong)).one()


def test_a_code_works_once(app, db, now, later, sam, sams, browser):
    later(now + timedelta(minutes=1))
    code = code_at(sams[0], now + timedelta(minutes=1))
    sign_in(browser, sam)
    take(browser, code)
    other = Browser(app)
    sign_in(other, sam)

    page = take(other, code)

    assert page.errors == [
        "That is not the code of this moment. Wait for the next one, or use a recovery code"
    ]


@pytest.mark.usefixtures("inside_app")
def test_of_two_who_send_the_same_code_at_once_one_is_refused(db, now, monkeypatch):
    """Both have looked before either has written."""
    kept = make.client(db)
    moment = now + timedelta(minutes=1)
    with transaction() as inside:
        sam = inside.get(Client, kept.id)
        second_step.begin_app(inside, sam, now=now)
        secret = second_step.secret_to_set_up(inside, sam, now=now)
        second_step.confirm_app(inside, sam, code_at(secret, now), now=now)
    really = second_step.step_of
    monkeypatch.setattr(
        second_step, "step_of", lambda typed, secret, *, now, after: really(typed, secret, now=now, after=0)
    )
    with transaction() as inside:
        second_step.use_code(inside, sam, code_at(secret, moment), now=moment)

    with pytest.raises(second_step.CodeRefused), transaction() as inside:
        second_step.use_code(inside, sam, code_at(secret, moment), now=moment)


@pytest.mark.parametrize("typed", ["", "000000", "abcde-fghjk-mnpqr", "x" * 5_000, "１２３４５６"])
def test_nothing_else_will_do(db, now, later, sam, sams, browser, typed):
    later(now + timedelta(minutes=1))
    sign_in(browser, sam)

    assert take(browser, typed).heading == "One more step"
    assert browser.page.errors


def test_a_recovery_code_works_once_and_its_owner_is_told(app, db, sam, sams, browser):
    code = sams[1][3]
    sign_in(browser, sam)
    take(browser, code.upper().replace("-", " "))
    assert browser.path == "/next"
    assert "A recovery code was used." in newest_letter_to(db, sam.email).body
    assert ways_in(db, sam).recovery_codes == 9

    other = Browser(app)
    sign_in(other, sam)

    assert take(other, code).errors
    take(other, sams[1][4])
    assert other.path == "/next"


def test_another_s_recovery_code_is_none(app, db, now, sam, sams, browser):
    kit, theirs = make.client(db), Browser(app)
    theirs.sign_in(kit)
    _, codes = set_up(theirs, now)
    sign_in(browser, sam)

    assert take(browser, codes[0]).errors


def test_the_tables_do_not_hold_the_codes(db, sam, sams):
    kept = " ".join(db.scalars(select(RecoveryCode.code_hash)))

    assert not [code for code in sams[1] if code in kept or code.replace("-", "") in kept]


def test_a_new_set_voids_the_old_one_and_is_shown_once(db, now, later, sam, sams, browser):
    sign_in(browser, sam)
    take(browser, sams[1][0])
    browser.open(STEP)

    new = codes_on(browser.press("Make a new set"))

    assert not set(new) & set(sams[1])
    assert new[0] not in browser.open(STEP).source
    browser.press("Sign out")
    sign_in(browser, sam)
    assert take(browser, sams[1][1]).errors
    take(browser, new[0])
    assert browser.path == "/next"


def test_another_phone_takes_over_only_once_it_has_shown_a_code(app, db, now, later, sam, sams, browser):
    later(now + timedelta(minutes=1))
    browser.sign_in(sam)
    browser.open(STEP)
    new = secret_on(browser.press("Set up another app or phone"))
    other = Browser(app)
    sign_in(other, sam)
    take(other, code_at(sams[0], now + timedelta(minutes=1)))
    assert other.path == "/next"

    browser.fill("Code from the app", code_at(new, now + timedelta(minutes=1)))
    page = browser.press("Use this app from now on")

    assert page.text.startswith("The new app is in use. Your recovery codes are still good.")
    third = Browser(app)
    later(now + timedelta(minutes=3))
    sign_in(third, sam)
    assert take(third, code_at(sams[0], now + timedelta(minutes=3))).errors
    take(third, code_at(new, now + timedelta(minutes=3)))
    assert third.path == "/next"


def test_who_no_longer_wants_it_is_asked_for_no_code_and_has_no_recovery_codes(db, sam, sams, browser):
    browser.sign_in(sam)
    browser.open(STEP)

    page = browser.press("Ask for no code any more")

    assert page.text.startswith("From now on no code is asked for.")
    assert not any(ways_in(db, sam)[1:])
    assert "no longer asked for" in newest_letter_to(db, sam.email).body
    browser.press("Sign out")
    sign_in(browser, sam)
    assert browser.path == "/next"


def test_a_new_password_does_not_step_around_it(app, db, sam, sams, browser):
    browser.open("/forgotten-password")
    browser.fill("Email address", sam.email)
    browser.press("Send me a link")
    browser.open(link_in(newest_letter_to(db, sam.email)))
    browser.fill("New password", "kettle orbit mosaic")
    browser.press("Keep this password")

    assert sign_in(browser, sam, "kettle orbit mosaic").heading == "One more step"


def test_whoever_waits_for_too_long_types_the_password_once_more(now, later, sam, sams, browser):
    sign_in(browser, sam)
    later(now + timedelta(minutes=10))

    assert take(browser, sams[1][0]).heading == "Sign in"


def test_without_the_password_there_is_no_second_step(browser):
    assert browser.open("/sign-in/second-step").heading == "Sign in"


def test_a_second_step_that_was_begun_ends_with_the_password_it_began_with(app, db, sam, sams, browser):
    sign_in(browser, sam)
    other = Browser(app)
    other.sign_in(sam)
    other.open("/account/password")
    other.press("It is me") if other.page.heading == "Is it you?" else None
    other.fill("Your password so far", make.PASSWORD)
    other.fill("New password", "kettle orbit mosaic")
    other.press("Keep this password")

    assert take(browser, sams[1][0]).heading == "Sign in"


def test_words_that_wait_come_along_over_both_steps(app, db, now, later, sam, sams, browser):
    make.intake(db, client=sam, said={"name": "Sam"})
    sign_in(browser, sam)
    take(browser, sams[1][0])
    browser.open("/questions/what-brings-you")
    browser.fill("What brings you here?", "The heron at the weir")
    later(now + timedelta(hours=3))
    browser.press("Continue", expect=403)
    browser.fill("Email address", sam.email)
    browser.fill("Password", make.PASSWORD)
    page = browser.press("Sign in")
    assert (page.heading, "heron" in page.source) == ("One more step", False)

    assert take(browser, "000000").errors
    page = take(browser, sams[1][1])

    assert "The heron at the weir" in page.text


def test_a_secret_being_set_up_is_its_owner_s_alone(app, db, sam, browser):
    browser.sign_in(sam)
    browser.open(STEP)
    browser.press("Set up an app")
    kit = Browser(app)
    kit.sign_in(make.client(db))

    kit.open(f"{STEP}/app")

    assert kit.path == STEP


@pytest.fixture
def production(settings, now):
    """The same portal where it is in earnest."""
    app = create_app(dataclasses.replace(settings, env=Environment.PRODUCTION, mail_url="smtp://localhost"))
    app.testing = True
    yield app
    app.extensions["engine"].dispose()


def test_in_earnest_nothing_opens_to_a_therapist_before_a_second_step_is_set_up(db, now, production):
    ada, browser = make.therapist(db), Browser(production)

    sign_in(browser, ada)

    assert browser.path == STEP
    assert "a password alone does not open it" in browser.page.text
    for path in (
        "/desk",
        "/desk/calendar",
        "/desk/invitations",
        "/account",
        "/account/address",
        "/account/places",
    ):
        browser.open(path)
        assert browser.path == STEP, path
    assert browser.open("/help-now").heading == "Help"
    _, codes = set_up(browser, now)
    assert len(codes) == 10
    assert browser.open("/desk")
    assert browser.path == "/desk"


def test_in_earnest_a_therapist_keeps_one(db, now, production):
    ada, browser = make.therapist(db), Browser(production)
    sign_in(browser, ada)
    set_up(browser, now)
    browser.open(STEP)

    page = browser.press("Ask for no code any more")

    assert page.text.startswith("It stays: whoever works here signs in with a second step.")
    assert ways_in(db, ada).has_app


def test_setting_one_up_puts_out_whoever_came_in_by_the_password_alone(db, now, production):
    """Somebody who knows the password is in as well, and would set up a second step of their own."""
    ada, browser, thief = make.therapist(db), Browser(production), Browser(production)
    sign_in(thief, ada)
    sign_in(browser, ada)
    thief.open(STEP)

    set_up(browser, now)

    assert thief.press("Set up an app", expect=403).heading == "Sign in"
    assert sign_in(thief, ada).heading == "One more step"


def test_doing_without_it_puts_everybody_else_out(app, db, sam, sams, browser):
    elsewhere = Browser(app)
    elsewhere.sign_in(sam)
    browser.sign_in(sam)
    browser.open(STEP)

    browser.press("Ask for no code any more")

    elsewhere.open("/next")
    assert elsewhere.path == "/sign-in?next=/next"
    assert browser.open("/account").heading == "Your account"


def test_setting_one_up_is_another_session(db, now, production):
    ada, browser = make.therapist(db), Browser(production)
    sign_in(browser, ada)
    before = browser.http.get_cookie("__Host-foyer", domain="portal.test").value

    set_up(browser, now)

    stolen = Browser(production)
    stolen.http.set_cookie("__Host-foyer", before, domain="portal.test", secure=True)
    stolen.open("/desk")
    assert stolen.path == "/sign-in?next=/desk"


def test_a_client_in_earnest_needs_none(db, production):
    sam, browser = make.client(db), Browser(production)

    sign_in(browser, sam)

    assert browser.path == "/next"


def test_in_development_a_banner_says_that_it_is_off(db, browser):
    ada = make.therapist(db)
    browser.sign_in(ada)

    page = browser.open("/desk")

    assert "This copy runs in development, so you came in without a second step." in page.source
    assert page.link_called("Set one up").get("href") == STEP
    browser.sign_in(ada, is_strong=True)
    assert "without a second step" not in browser.open("/desk").source


def test_the_practice_takes_a_lost_second_step_away(app, db, sam, sams, browser):
    browser.sign_in(sam)

    said = app.test_cli_runner().invoke(args=["account", "reset-second-step", sam.email.upper(), "--yes"])

    assert said.output.startswith(f"Reset. {sam.email} is told by mail")
    assert "was reset by the practice" in newest_letter_to(db, sam.email).body
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"
    sign_in(browser, sam)
    assert browser.path == "/next"


def test_the_practice_is_asked_whether_it_is_sure_and_told_if_there_is_nobody(app, db, sam, sams):
    run = app.test_cli_runner().invoke

    refused = run(args=["therapist", "reset-second-step", sam.email], input="n\n")
    unknown = run(args=["therapist", "reset-second-step", "nobody@example.org", "--yes"])

    assert (refused.exit_code, unknown.exit_code) == (1, 1)
    assert unknown.output == "Error: Nobody signs in with nobody@example.org\n"
    assert ways_in(db, sam).has_app


def test_a_therapist_who_was_here_before_gets_a_key_of_their_own(db, now, browser):
    """Made when it is first needed; the one of a new therapist is made with them."""
    ada = make.therapist(db)
    assert ada.data_key_id is None
    browser.sign_in(ada)

    set_up(browser, now)

    db.refresh(ada)
    assert ada.data_key_id is not None


def test_a_press_on_a_stale_page_sets_nothing_up(db, sam, browser):
    browser.sign_in(sam)
    browser.open(STEP)

    assert post(browser, f"{STEP}/app", step_code="123456").status_code == 303
    assert post(browser, f"{STEP}/removal").status_code == 404
    assert re.search("second-step", post(browser, f"{STEP}/codes").headers["Location"])
    assert not any(ways_in(db, sam)[1:])
