"""What is done only by who has just proved who they are; the password and the address that they change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.codes import code_at
from portal.accounts.models import AddressChange, Client, SignedInPlace
from portal.accounts.passwords import Cost, is_right
from tests import make
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.accounts.pages import asked, post, sign_in
from tests.browser import Browser

NEW = "kettle orbit mosaic"
FRESH = timedelta(minutes=10)


@pytest.fixture
def sam(db):
    return make.client(db, therapist=make.therapist(db))


def change_password(browser, *, current=make.PASSWORD, new=NEW):
    browser.open("/account/password")
    browser.fill("Your password so far", current)
    browser.fill("New password", new)
    return browser.press("Keep this password")


def ask_for(browser, address):
    browser.open("/account/address")
    browser.fill("Email address", address)
    return browser.press("Use this address")


def now_is(db, client) -> Client:
    db.expire_all()
    return db.scalars(select(Client).where(Client.id == client.id)).one()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/address", {"email": "new@example.org"}),
        ("/account/passkeys", {"name": "Phone"}),
        ("/account/passkeys/challenge", {}),
        ("/account/second-step", {}),
        ("/account/second-step/codes", {}),
        ("/account/second-step/removal", {}),
    ],
)
def test_after_ten_minutes_it_is_asked_once_more_who_it_is(db, now, later, sam, browser, path, fields):
    browser.sign_in(sam)
    browser.open("/account")
    later(now + FRESH)
    assert "Is it you?" not in post(browser, path, **fields).text
    later(now + FRESH + timedelta(seconds=1))

    answer = post(browser, path, **fields)

    assert answer.status_code == 403
    assert "Is it you?" in answer.text


def test_what_was_typed_is_not_lost_and_is_done_with_one_press(db, now, later, sam, browser):
    browser.sign_in(sam)
    browser.open("/account/address")
    browser.fill("Email address", "new@example.org")
    later(now + FRESH + timedelta(seconds=1))

    page = browser.press("Use this address", expect=403)

    assert (page.heading, "new@example.org" in page.source) == ("Is it you?", False)
    browser.fill("Your password", "not the one")
    assert browser.press("It is me").errors == ["That is not your password"]
    browser.fill("Your password", make.PASSWORD)
    page = browser.press("It is me")
    assert page.heading == "Thank you"
    assert "new@example.org" in page.text
    page = browser.press("Go on and save it")
    assert page.text.startswith("A message is on its way to new@example.org.")


def test_what_was_asked_for_opens_afterwards(db, now, sam, browser):
    browser.sign_in(sam, confirmed_at=None)
    browser.open("/account/address")
    assert browser.path == "/account/confirm?next=/account/address"

    browser.fill("Your password", make.PASSWORD)
    browser.press("It is me")

    assert browser.path == "/account/address"


def test_whoever_needs_a_code_to_sign_in_needs_one_here_too(db, now, later, sam, browser):
    browser.sign_in(sam)
    browser.open("/account/second-step")
    page = browser.press("Set up an app")
    secret = next(page.root.all("code", class_="secret")).text.replace(" ", "")
    browser.fill("Code from the app", code_at(secret, now))
    browser.press("Use this app from now on")
    later(now + timedelta(minutes=11))
    browser.open("/account/address")

    browser.fill("Your password", make.PASSWORD)
    assert browser.press("It is me").errors == [
        "That is not the code of this moment. Wait for the next one, or use a recovery code"
    ]
    browser.fill("Your password", make.PASSWORD)
    browser.fill("Code", code_at(secret, now + timedelta(minutes=11)))
    browser.press("It is me")

    assert browser.path == "/account/address"


def test_saying_who_it_is_is_another_session(db, now, sam, browser):
    browser.sign_in(sam, confirmed_at=None)
    before = browser.http.get_cookie("__Host-foyer", domain="portal.test").value
    browser.open("/account/confirm")
    browser.fill("Your password", make.PASSWORD)
    browser.press("It is me")

    stolen = Browser(browser._app)
    stolen.http.set_cookie("__Host-foyer", before, domain="portal.test", secure=True)
    stolen.open("/next")

    assert stolen.path == "/sign-in?next=/next"
    browser.open("/next")
    assert browser.path == "/next"


@pytest.mark.parametrize(("kind", "home"), [(make.client, "/next"), (make.therapist, "/desk")])
def test_a_changed_password_ends_every_other_place(app, db, browser, kind, home):
    person, elsewhere = kind(db), Browser(app)
    elsewhere.sign_in(person)
    sign_in(browser, person)
    before = browser.http.get_cookie("__Host-foyer", domain="portal.test").value

    page = change_password(browser)

    assert page.text.startswith("Your new password is kept. You are signed out everywhere else.")
    assert browser.http.get_cookie("__Host-foyer", domain="portal.test").value != before
    elsewhere.open(home)
    assert elsewhere.path == f"/sign-in?next={home}"
    browser.open(home)
    assert browser.path == home
    assert newest_letter_to(db, person.email).subject == "Your password was changed"
    assert sign_in(elsewhere, person).errors
    sign_in(elsewhere, person, NEW)
    assert elsewhere.path == home


def test_a_change_needs_the_password_so_far(db, sam, browser):
    browser.sign_in(sam)

    assert change_password(browser, current="").errors == ["Enter your password so far"]
    assert change_password(browser, current="not the one").errors == ["That is not your password"]
    assert now_is(db, sam).password_hash == sam.password_hash


def test_a_weak_password_is_refused_here_too(db, sam, browser):
    browser.sign_in(sam)

    assert change_password(browser, new="short").errors == [
        "Use at least 12 characters: three or four unrelated words will do"
    ]
    assert change_password(browser, new=sam.email).errors[0].startswith("Use more than your address")


def test_who_has_just_shown_a_passkey_needs_no_password_so_far(app, db, now, sam, browser):
    browser.sign_in(sam, confirmed_by="passkey")
    page = browser.open("/account/password")
    assert "Your password so far" not in page.text

    browser.fill("New password", NEW)
    browser.press("Keep this password")

    assert is_right(NEW, now_is(db, sam).password_hash, cost=Cost(*app.config["ARGON2"]))


def test_who_signs_in_with_a_passkey_alone_may_choose_a_password(db, now, later, sam, browser):
    sam.password_hash = ""
    db.flush()
    browser.sign_in(sam, confirmed_by="passkey")
    assert browser.open("/account/password").heading == "Choose a password"
    later(now + timedelta(minutes=11))

    page = browser.open("/account/password")

    assert page.heading == "Is it you?" or browser.path.startswith("/account/confirm")
    assert "You have no password here." in page.text


def test_without_a_password_none_is_right(db, sam, browser):
    sam.password_hash = ""
    db.flush()

    for password in ("", "x", make.PASSWORD):
        assert sign_in(browser, sam, password).heading == "Sign in"


def test_a_new_address_proves_itself_and_the_old_one_is_told(app, db, sam, browser):
    old = sam.email
    browser.sign_in(sam)

    page = ask_for(browser, "New@Example.org")

    assert page.text.startswith("A message is on its way to new@example.org.")
    assert now_is(db, sam).email == old
    assert newest_letter_to(db, old).subject == "Your email address is about to change"
    link = link_in(newest_letter_to(db, "new@example.org"))
    phone = Browser(app)
    assert phone.open(link).heading == "Is this your new address?"
    assert now_is(db, sam).email == old
    page = phone.press("Yes, use this address")
    assert now_is(db, sam).email == "new@example.org"
    assert page.heading == "Sign in"
    assert phone.open(link, expect=404).heading == "This link no longer works"
    sign_in(phone, now_is(db, sam))
    assert phone.path == "/next"


@pytest.mark.parametrize("done", [False, True], ids=["before it is proved", "after"])
def test_the_old_address_can_keep_it_as_it_was(app, db, sam, browser, done):
    old, owner = sam.email, Browser(app)
    browser.sign_in(sam)
    ask_for(browser, "thief@example.org")
    thief = link_in(newest_letter_to(db, "thief@example.org"))
    if done:
        browser.open(thief)
        browser.press("Yes, use this address")
        browser.open("/forgotten-password")
        browser.fill("Email address", "thief@example.org")
        browser.press("Send me a link")
    last = newest_letter_to(db, "thief@example.org")

    owner.open(link_in(letters_to(db, old)[0]))
    page = owner.press("Keep this address")

    assert page.text.startswith(f"Your address stays {old}, and you are signed out everywhere.")
    assert now_is(db, sam).email == old
    assert browser.open(link_in(last), expect=404).heading == "This link no longer works"
    browser.open("/next")
    assert browser.path == "/sign-in?next=/next"
    assert newest_letter_to(db, old).subject == "Your email address stays as it was"


def test_the_way_back_leads_past_whatever_came_after(app, db, sam, browser):
    """A thief who changes it twice is as far as one who changes it once."""
    old = sam.email
    browser.sign_in(sam)
    for address in ("first@example.org", "second@example.org"):
        ask_for(browser, address)
        browser.open(link_in(newest_letter_to(db, address)))
        browser.press("Yes, use this address")

    browser.open(link_in(letters_to(db, old)[0]))
    browser.press("Keep this address")

    assert now_is(db, sam).email == old
    back = link_in(letters_to(db, "first@example.org")[-1])
    assert browser.open(back, expect=404).heading == "This link no longer works"


@pytest.mark.parametrize(
    ("after", "works"), [(timedelta(days=3), False), (timedelta(days=2, hours=23), True)]
)
def test_the_way_back_is_open_for_three_days(db, now, later, sam, browser, after, works):
    browser.sign_in(sam)
    ask_for(browser, "new@example.org")
    later(now + after)

    browser.open(link_in(letters_to(db, sam.email)[0]), expect=200 if works else 404)


def test_a_new_address_proves_itself_within_a_day_and_only_the_latest_wish_counts(
    db, now, later, sam, browser
):
    browser.sign_in(sam)
    ask_for(browser, "first@example.org")
    ask_for(browser, "second@example.org")

    browser.open(link_in(newest_letter_to(db, "first@example.org")), expect=404)
    browser.open(link_in(newest_letter_to(db, "second@example.org")))
    later(now + timedelta(hours=24))
    browser.open(link_in(newest_letter_to(db, "second@example.org")), expect=404)


def test_nobody_learns_whether_the_new_address_is_known(app, db, sam, browser, queries):
    make.practice(db)
    known, seen = make.client(db).email, []
    browser.sign_in(sam)
    for address in ("unknown@example.org", known):
        browser.open("/account/address")
        with queries() as statements:
            answer = post(browser, "/account/address", email=address)
        seen.append((answer.status_code, answer.headers["Location"], asked(statements)))
        assert len(letters_to(db, address)) == 1

    assert seen[0] == seen[1]
    letter = newest_letter_to(db, known)
    assert letter.subject == "About your account"
    assert "/account/" not in letter.body
    assert len(db.scalars(select(AddressChange)).all()) == 2


def test_an_address_that_was_taken_meanwhile_stays_whose_it_is(db, sam, browser):
    browser.sign_in(sam)
    ask_for(browser, "new@example.org")
    kit = make.client(db)
    kit.email = "new@example.org"
    db.flush()
    browser.open(link_in(newest_letter_to(db, "new@example.org")))

    browser.press("Yes, use this address", expect=404)

    assert now_is(db, sam).email == sam.email


def test_the_address_one_has_is_no_new_one(db, sam, browser):
    browser.sign_in(sam)

    assert ask_for(browser, sam.email.upper()).errors == ["This is the address that you use already"]


def test_only_who_is_signed_in_by_then_is_told_of_their_places(db, sam, browser):
    sign_in(browser, sam)
    ask_for(browser, "new@example.org")

    browser.open(link_in(newest_letter_to(db, "new@example.org")))
    page = browser.press("Yes, use this address")

    assert page.heading == "Your account"
    assert page.text.startswith("From now on you sign in with new@example.org.")
    assert len(db.scalars(select(SignedInPlace)).all()) == 1
