"""Passkeys: made, shown, and refused where anything about them does not fit."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import BegunStep, Passkey, SignedInPlace
from portal.accounts.queries import passkeys_of
from tests import make
from tests.accounts.device import Device
from tests.accounts.letters import letters_to, newest_letter_to
from tests.accounts.pages import ask_device, asked, post, send, sign_in, token_on
from tests.browser import Browser

ADD, SHOW = "/account/passkeys", "/sign-in/passkey"


def add(browser, device, *, name="Phone", **lies):
    browser.open(ADD)
    return send(browser, ADD, device.makes(ask_device(browser, f"{ADD}/challenge"), **lies), name=name)


def show(browser, device, *, expect=200, fields=None, **lies):
    browser.open("/sign-in")
    said = device.shows(ask_device(browser, f"{SHOW}/challenge"), **lies)
    return send(browser, SHOW, said, expect=expect, **(fields or {}))


@pytest.fixture
def sam(db):
    return make.client(db, therapist=make.therapist(db))


@pytest.fixture
def device(sam, browser):
    """Sam's, with a passkey that has counted to one, and Sam is signed out again."""
    device = Device(count=1)
    browser.sign_in(sam)
    add(browser, device)
    browser.press("Sign out")
    return device


def is_refused(page) -> bool:
    return page.heading == "Sign in" and page.errors == [
        "That passkey does not fit. Try once more, or sign in another way"
    ]


def test_a_passkey_is_added_named_and_told_of(db, now, sam, browser):
    browser.sign_in(sam)

    page = add(browser, Device(), name="My phone")

    assert "“My phone” is a way in from now on." in page.text
    (kept,) = passkeys_of(db, sam)
    assert (kept.added_at, kept.last_used_at) == (now, None)
    assert b"My phone" not in kept.sealed_name
    letter = newest_letter_to(db, sam.email)
    assert letter.subject == "How you sign in has changed"
    assert "A passkey was added." in letter.body


@pytest.mark.parametrize(("kind", "home"), [(make.client, "/next"), (make.therapist, "/desk")])
def test_it_signs_in_without_address_and_password(db, now, later, browser, kind, home):
    person, device = kind(db), Device(count=1)
    browser.sign_in(person)
    add(browser, device)
    browser.open("/help-now")
    browser.press("Sign out")
    later(now + timedelta(days=1))

    show(browser, device)

    assert browser.path == home
    place = db.scalars(select(SignedInPlace)).one()
    assert (place.is_strong, place.confirmed_by) == (True, "passkey")
    db.expire_all()
    assert [(each.last_used_at, each.sign_count) for each in passkeys_of(db, person)] == [
        (now + timedelta(days=1), 2)
    ]


def test_what_is_shown_can_be_anybody_s_so_the_wish_names_nobody(browser, device):
    browser.open("/sign-in")

    wish = json.loads(ask_device(browser, f"{SHOW}/challenge"))

    assert wish["allowCredentials"] == []
    assert (wish["rpId"], wish["userVerification"]) == ("portal.test", "required")
    assert len(wish["challenge"]) == 43


def test_where_one_wanted_to_go_comes_along(browser, device):
    show(browser, device, fields={"next": "/reading"})

    assert browser.path == "/reading"


def test_one_s_own_device_stays_signed_in_for_longer(db, browser, device):
    show(browser, device, fields={"own_device": "y"})

    assert db.scalars(select(SignedInPlace.is_own)).one()


def test_a_challenge_is_answered_once(app, browser, device):
    browser.open("/sign-in")
    said = device.shows(ask_device(browser, f"{SHOW}/challenge"))
    send(browser, SHOW, said)
    assert browser.path == "/next"
    browser.press("Sign out")
    browser.open("/sign-in")

    assert is_refused(send(browser, SHOW, said, expect=403))


def test_a_challenge_is_used_up_by_an_answer_that_does_not_fit(browser, device):
    browser.open("/sign-in")
    wish = ask_device(browser, f"{SHOW}/challenge")
    send(browser, SHOW, device.shows(wish, verified=False), expect=403)

    assert is_refused(send(browser, SHOW, device.shows(wish), expect=403))


def test_a_challenge_is_for_the_browser_that_asked(app, browser, device):
    other = Browser(app)
    other.open("/sign-in")
    wish = ask_device(other, f"{SHOW}/challenge")
    browser.open("/sign-in")
    ask_device(browser, f"{SHOW}/challenge")

    assert is_refused(send(browser, SHOW, device.shows(wish), expect=403))


def test_a_challenge_does_not_wait_for_long(now, later, browser, device):
    browser.open("/sign-in")
    said = device.shows(ask_device(browser, f"{SHOW}/challenge"))

    later(now + timedelta(minutes=10))

    assert is_refused(send(browser, SHOW, said, expect=403))


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://portal.test.evil.example"},
        {"host": "evil.example"},
        {"verified": False},
        {"handle": b"somebody else"},
    ],
    ids=["origin", "likeness", "host", "unverified", "handle"],
)
def test_what_does_not_fit_lets_nobody_in(db, browser, device, lies):
    assert is_refused(show(browser, device, expect=403, **lies))
    assert db.scalars(select(SignedInPlace)).all() == []


def test_a_passkey_whose_count_goes_back_may_be_a_copy(db, browser, device):
    show(browser, device)
    browser.press("Sign out")
    device.count -= 1

    assert is_refused(show(browser, device, expect=403))


def test_a_device_that_never_counts_is_believed(db, sam, browser):
    """Passkeys that wander between devices say 0 for ever."""
    device = Device()
    browser.sign_in(sam)
    add(browser, device)
    for _ in range(2):
        browser.open("/help-now")
        browser.press("Sign out")
        show(browser, device)

        assert browser.path == "/next"


def test_another_key_under_the_same_name_lets_nobody_in(browser, device):
    thief = Device()
    thief.id, thief.handle = device.id, device.handle

    assert is_refused(show(browser, thief, expect=403))


@pytest.mark.parametrize(
    "said",
    ["", "{", "[]", "null", "{}", '{"rawId": 3}', '{"rawId": "AA", "response": []}', "x" * 30_000, "\x85"],
)
def test_nonsense_is_refused_like_anything_else(browser, device, said):
    browser.open("/sign-in")
    ask_device(browser, f"{SHOW}/challenge")

    assert is_refused(send(browser, SHOW, said, expect=403))


@pytest.mark.parametrize(
    "lies",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"verified": False}],
    ids=["origin", "host", "unverified"],
)
def test_a_passkey_that_does_not_fit_is_not_kept(db, sam, browser, lies):
    browser.sign_in(sam)

    page = add(browser, Device(), **lies)

    assert page.errors == [
        "The passkey was not added. Press the button once more, and follow what your device says"
    ]
    assert db.scalars(select(Passkey)).all() == []


def test_a_passkey_belongs_to_one_person(app, db, sam, browser, device):
    kit = Browser(app)
    kit.sign_in(make.client(db))

    page = add(kit, device)

    assert page.errors
    assert len(db.scalars(select(Passkey)).all()) == 1


def test_a_device_is_told_which_passkeys_are_here_already(db, sam, browser, device):
    browser.sign_in(sam)
    browser.open(ADD)

    wish = json.loads(ask_device(browser, f"{ADD}/challenge"))

    assert len(wish["excludeCredentials"]) == 1
    assert (wish["user"]["name"], wish["rp"]["id"]) == (sam.email, "portal.test")
    assert wish["authenticatorSelection"]["userVerification"] == "required"
    assert sam.email not in wish["user"]["id"]


def test_after_ten_minutes_it_is_asked_first_who_it_is(db, now, later, sam, browser):
    browser.sign_in(sam)
    browser.open(ADD)
    later(now + timedelta(minutes=11))

    challenge = post(browser, f"{ADD}/challenge")
    page = send(browser, ADD, "", expect=403, name="My phone")

    assert challenge.status_code == 403
    assert page.heading == "Is it you?"
    browser.fill("Your password", make.PASSWORD)
    browser.press("It is me")
    page = browser.press("Go on and save it")
    assert page.field_labelled("Name").get("value") == "My phone"


def test_one_that_is_removed_opens_nothing(db, sam, browser, device):
    browser.sign_in(sam)
    browser.open(ADD)

    page = browser.press("Remove it")

    assert page.text.startswith("Removed.")
    assert "A passkey was removed." in newest_letter_to(db, sam.email).body
    browser.press("Sign out")
    assert is_refused(show(browser, device, expect=403))


@pytest.mark.parametrize("change", ["added", "removed"])
def test_another_way_in_puts_everybody_else_out(app, db, sam, browser, device, change):
    elsewhere = Browser(app)
    elsewhere.sign_in(sam)
    browser.sign_in(sam)
    if change == "added":
        add(browser, Device())
    else:
        browser.open(ADD)
        browser.press("Remove it")

    elsewhere.open("/next")
    assert elsewhere.path == "/sign-in?next=/next"
    assert browser.open("/account").heading == "Your account"


def test_the_last_way_in_is_never_removed(db, sam, browser, device):
    sam.password_hash = ""
    db.flush()
    browser.sign_in(sam)
    browser.open(ADD)

    page = browser.press("Remove it")

    assert page.text.startswith("It stays: without it you could not come in any more.")
    add(browser, Device(), name="Tablet")
    browser.open(ADD)
    browser.press("Remove it")
    assert len(passkeys_of(db, sam)) == 1


def test_another_s_passkey_is_not_found(app, db, sam, browser, device):
    kit, reference = Browser(app), passkeys_of(db, sam)[0].reference
    kit.sign_in(make.client(db))
    kit.open(ADD)

    assert post(kit, f"{ADD}/{reference}/removal").status_code == 404
    assert len(passkeys_of(db, sam)) == 1


def test_there_is_no_use_in_more_than_twenty(db, sam, browser):
    browser.sign_in(sam)
    for number in range(20):
        db.add(
            Passkey(client_id=sam.id, credential_id=bytes([number]), public_key=b"", sign_count=0,
                    sealed_name=b"", added_at=sam.joined_at)
        )  # fmt: skip
    db.flush()
    browser.open("/account")

    assert post(browser, f"{ADD}/challenge").status_code == 409


def test_a_list_of_three_costs_as_many_questions_as_one(db, sam, browser, queries):
    browser.sign_in(sam)
    costs = []
    for name in ("Phone", "Tablet", "Key"):
        add(browser, Device(), name=name)
        with queries() as seen:
            page = browser.open(ADD)
        costs.append(asked(seen))

    assert [heading.text for heading in page.root.all("h2", class_="steps__title")] == [
        "Phone",
        "Tablet",
        "Key",
    ]
    assert costs[0] == costs[1] == costs[2]


def test_a_password_alone_still_lets_a_client_in_beside_a_passkey(db, sam, browser, device):
    sign_in(browser, sam)

    assert browser.path == "/next"


def test_a_therapist_s_passkey_is_the_second_step_after_the_password(app, db, browser):
    ada, device = make.therapist(db), Device(count=1)
    browser.sign_in(ada)
    page = add(browser, device)
    assert page.heading == "Your recovery codes"
    browser.open("/help-now")
    browser.press("Sign out")

    page = sign_in(browser, ada)

    assert page.heading == "One more step"
    browser.open("/desk")
    assert browser.path == "/sign-in?next=/desk"
    browser.open("/sign-in/second-step")
    wish = ask_device(browser, "/sign-in/second-step/challenge")
    assert len(json.loads(wish)["allowCredentials"]) == 1
    send(browser, "/sign-in/second-step", device.shows(wish))
    assert browser.path == "/desk"


def test_somebody_else_s_passkey_is_no_second_step(app, db, browser):
    ada, bo = make.therapist(db), make.therapist(db, name="Bo Lind")
    hers, his = Device(), Device()
    for person, device in ((ada, hers), (bo, his)):
        visitor = Browser(app)
        visitor.sign_in(person)
        add(visitor, device)
    sign_in(browser, ada)

    wish = ask_device(browser, "/sign-in/second-step/challenge")
    page = send(browser, "/sign-in/second-step", his.shows(wish))

    assert page.heading == "One more step"
    assert page.errors


def test_the_second_step_by_passkey_asks_who_typed_a_password_first(browser):
    browser.open("/sign-in")

    assert post(browser, "/sign-in/second-step/challenge").status_code == 404


def test_a_passkey_says_who_it_is_where_that_is_asked_again(db, now, later, sam, browser, device):
    browser.sign_in(sam, confirmed_at=now - timedelta(hours=1))
    browser.open("/account/address")
    assert browser.path == "/account/confirm?next=/account/address"

    wish = ask_device(browser, "/account/confirm/challenge")
    send(browser, "/account/confirm", device.shows(wish), next="/account/address")

    assert browser.path == "/account/address"


def test_the_table_of_what_was_begun_is_emptied(app, db, now, later, browser, device):
    browser.open("/sign-in")
    ask_device(browser, f"{SHOW}/challenge")
    assert len(db.scalars(select(BegunStep)).all()) == 1
    later(now + timedelta(minutes=10))

    with app.app_context(), app.extensions["database"]() as inside:
        inside.connection(execution_options={"write": True})
        for forget in app.extensions["sweepers"]:
            forget(inside, now=now + timedelta(minutes=10))
        inside.commit()

    assert db.scalars(select(BegunStep)).all() == []


def test_signing_up_without_a_password_makes_the_passkey_behind_the_mailed_link(app, db, browser):
    browser.open("/sign-up")
    form = {"email": "noor@example.org", "way": "passkey"}
    assert post(browser, "/sign-up", **form).status_code == 303
    link = newest_letter_to(db, "noor@example.org").body.split("https://portal.test")[1].split()[0]
    browser.open(link)
    device = Device(count=1)

    said = device.makes(ask_device(browser, f"{link}/passkey"))
    send(browser, link, said)

    assert browser.path == "/next"
    browser.press("Sign out")
    show(browser, device)
    assert browser.path == "/next"
    assert letters_to(db, "noor@example.org")[1:] == []


def test_a_passkey_made_behind_one_link_is_not_kept_behind_another(app, db, browser):
    links = []
    for address in ("noor@example.org", "max@example.org"):
        browser.open("/sign-up")
        post(browser, "/sign-up", email=address, way="passkey")
        links.append(newest_letter_to(db, address).body.split("https://portal.test")[1].split()[0])
    browser.open(links[0])
    said = Device().makes(ask_device(browser, f"{links[0]}/passkey"))

    page = send(browser, links[1], said)

    assert page.errors == ["The passkey could not be made here. Try once more, or choose a password"]
    assert db.scalars(select(Passkey)).all() == []


def test_a_password_that_a_stranger_chose_is_gone_once_a_passkey_is_made(app, db, browser):
    stranger = Browser(app)
    stranger.open("/sign-up")
    post(stranger, "/sign-up", email="noor@example.org", password="a stranger knows this one")
    link = newest_letter_to(db, "noor@example.org").body.split("https://portal.test")[1].split()[0]
    browser.open(link)

    send(browser, link, Device().makes(ask_device(browser, f"{link}/passkey")))

    assert browser.path == "/next"
    stranger.open("/sign-in")
    stranger.fill("Email address", "noor@example.org")
    stranger.fill("Password", "a stranger knows this one")
    assert stranger.press("Sign in").errors


def test_where_the_portal_is_reached_by_a_number_no_passkey_is_offered(app, browser):
    app.config["BASE_URL"] = "http://127.0.0.1:8000"

    answer = app.test_client().get("/sign-in", base_url="http://127.0.0.1:8000")
    by_name = app.test_client().get("/sign-in", base_url="http://localhost:8000")

    assert "passkey" not in answer.text
    assert "Sign in with a passkey" in by_name.text
    assert token_on(browser.open("/sign-in"))
