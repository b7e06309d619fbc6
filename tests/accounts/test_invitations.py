"""Somebody is asked in by their therapist: the mail, the page behind it, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.models import Client, Invitation
from portal.accounts.queries import name_row
from portal.vault.models import DataKey
from portal.vault.words import unseal
from tests import make
from tests.accounts.device import Device
from tests.accounts.letters import letters_to, link_in, newest_letter_to
from tests.accounts.pages import ask_device, asked, post, send, sign_in
from tests.browser import Browser

NOOR, WORDS = "noor@example.org", "We spoke on the phone about Tuesdays."
PASSWORD = "kettle orbit mosaic"


@pytest.fixture
def ada(db):
    make.therapist(db, name="Bo Lind")
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def desk(ada, browser):
    browser.sign_in(ada)
    return browser


@pytest.fixture
def phone(app):
    return Browser(app)


def invite(desk, address=NOOR, *, name="Noor", words=WORDS):
    desk.open("/desk/invitations")
    desk.fill("Email address", address)
    desk.fill("What they like to be called", name)
    desk.fill("A sentence for them", words)
    return desk.press("Invite them")


def follow(db, phone, address=NOOR, expect=200):
    return phone.open(link_in(newest_letter_to(db, address)), expect=expect)


def join(phone, password=PASSWORD, expect=200):
    phone.fill("Password", password)
    return phone.press("Make my account", expect=expect)


def client_called(db, address) -> Client:
    db.expire_all()
    client = db.scalars(select(Client).where(Client.email == address)).one()
    db.get(DataKey, client.data_key_id)
    return client


def cards(page) -> list[str]:
    return [card.text for card in page.root.all("li", class_="card")]


def test_the_mail_says_only_that_one_is_invited(db, desk):
    page = invite(desk)

    assert page.text.startswith(f"An invitation is on its way to {NOOR}.")
    (letter,) = letters_to(db, NOOR)
    assert letter.subject == "An invitation"
    said = (letter.subject + letter.body).lower()
    assert [word for word in ("noor,", "tuesday", "ada", "therap", "client") if word in said] == []
    row = db.scalars(select(Invitation)).one()
    assert b"Noor" not in row.sealed_name
    assert b"Tuesdays" not in row.sealed_words


def test_whoever_follows_the_link_finds_the_words_and_joins_as_that_therapist_s_client(
    db, now, ada, desk, phone
):
    invite(desk)

    page = follow(db, phone)
    assert (page.heading, page.title.split(" – ")[0]) == ("Welcome, Noor", "Welcome")
    assert "Ada Marsh has invited you" in page.text
    assert WORDS in page.text
    assert page.field_labelled("Email address").get("value") == NOOR
    assert db.scalars(select(Client)).all() == []
    join(phone)

    assert phone.path == "/next"
    noor = client_called(db, NOOR)
    assert (noor.therapist_id, noor.proved_at) == (ada.id, now)
    assert "Noor" in phone.page.text
    (card,) = cards(desk.open("/desk/invitations"))
    assert f"{NOOR} Joined" in card
    assert WORDS not in card


def test_the_name_is_the_client_s_own_afterwards(db, desk, phone):
    invite(desk)
    follow(db, phone)
    join(phone)

    noor = client_called(db, NOOR)
    row = db.scalars(select(Invitation)).one()
    assert (row.sealed_name, row.sealed_words) == (None, None)
    key = db.get(DataKey, noor.data_key_id)
    assert unseal(db, key, noor.sealed_name, of=name_row(noor)) == "Noor"


def test_a_link_works_once(db, desk, phone, app):
    invite(desk)
    follow(db, phone)
    other = Browser(app)
    follow(db, other)
    join(phone)

    assert join(other, expect=404).heading == "This link no longer works"
    assert follow(db, other, expect=404).heading == "This link no longer works"
    assert len(db.scalars(select(Client)).all()) == 1


def test_name_and_sentence_may_be_left_out(db, desk, phone):
    invite(desk, name="", words="")

    assert follow(db, phone).heading == "Welcome"
    join(phone)
    assert client_called(db, NOOR).sealed_name is None


def test_one_joins_with_a_passkey_as_well(db, desk, phone):
    invite(desk)
    follow(db, phone)
    device = Device()

    send(phone, phone.path, device.makes(ask_device(phone, f"{phone.path}/passkey")))

    assert phone.path == "/next"
    assert client_called(db, NOOR).password_hash == ""


@pytest.mark.parametrize("password", ["", "short", NOOR])
def test_a_weak_password_is_refused_and_the_link_stays_good(db, desk, phone, password):
    invite(desk)
    follow(db, phone)

    assert join(phone, password).errors
    join(phone)
    assert phone.path == "/next"


def test_sent_again_only_the_new_link_works_and_for_longer(db, now, later, ada, desk, phone):
    invite(desk)
    old = link_in(newest_letter_to(db, NOOR))
    later(now + timedelta(days=13))
    desk.sign_in(ada)
    desk.open("/desk/invitations")

    page = desk.press("Send it again")

    assert page.text.startswith("Sent once more.")
    assert phone.open(old, expect=404).heading == "This link no longer works"
    later(now + timedelta(days=26))
    assert follow(db, phone).heading == "Welcome, Noor"
    later(now + timedelta(days=27))
    follow(db, phone, expect=404)


def test_an_invitation_that_is_taken_back_opens_nothing_and_its_words_are_gone(db, desk, phone):
    invite(desk)
    follow(db, phone)
    desk.open("/desk/invitations")

    desk.press("Take it back")

    assert join(phone, expect=404).heading == "This link no longer works"
    row = db.scalars(select(Invitation)).one()
    db.refresh(row)
    assert (row.sealed_name, row.sealed_words) == (None, None)
    assert "Taken back" in cards(desk.page)[0]


def test_inviting_the_same_address_again_takes_the_first_one_back(db, desk, phone):
    invite(desk)
    first = link_in(newest_letter_to(db, NOOR))
    invite(desk, words="Another sentence")

    phone.open(first, expect=404)
    assert "Another sentence" in follow(db, phone).text


@pytest.mark.parametrize("kind", [make.client, make.therapist])
def test_a_therapist_does_not_learn_whether_an_address_is_known(db, desk, queries, kind):
    """Not even by how much work it is."""
    # Whoever invites for the first time is given a key.
    invite(desk)
    seen = []
    for address in ("unknown@example.org", kind(db).email):
        desk.open("/desk/invitations")
        with queries() as statements:
            answer = post(desk, "/desk/invitations", email=address, name="Noor", words="")
        seen.append((answer.status_code, answer.headers["Location"], asked(statements)))
        assert len(letters_to(db, address)) == 1

    assert seen[0] == seen[1]


def test_a_client_of_one_s_own_is_not_invited(db, ada, desk):
    mine = make.client(db, therapist=ada)

    page = invite(desk, mine.email)

    assert page.errors == ["Somebody with this address is a client of yours already"]
    assert page.field_labelled("A sentence for them").text == WORDS
    assert letters_to(db, mine.email) == []


def test_whoever_has_an_account_is_told_so_behind_the_link_and_keeps_it(db, desk, phone):
    kit = make.client(db, therapist=make.therapist(db))
    before = kit.password_hash
    invite(desk, kit.email)

    page = follow(db, phone, kit.email)
    link = phone.path
    phone.open("/sign-in")
    answer = post(phone, link, password=PASSWORD)

    assert "You have an account here already" in page.text
    assert answer.status_code == 409
    db.refresh(kit)
    assert kit.password_hash == before
    sign_in(phone, kit)
    assert phone.path == "/next"


def test_somebody_who_never_proved_an_address_does_not_hold_it_against_who_is_invited(
    app, db, ada, desk, phone
):
    stranger = Browser(app)
    stranger.open("/sign-up")
    stranger.fill("Email address", NOOR)
    stranger.fill("Password", "a stranger knows this one")
    stranger.press("Make my account")
    proof = link_in(newest_letter_to(db, NOOR))
    invite(desk)
    follow(db, phone)

    join(phone)

    noor = client_called(db, NOOR)
    assert noor.therapist_id == ada.id
    assert sign_in(stranger, noor, "a stranger knows this one").errors
    stranger.open(proof, expect=404)


def test_another_therapist_s_invitation_is_not_found(app, db, desk):
    invite(desk)
    reference = db.scalars(select(Invitation.reference)).one()
    other = Browser(app)
    other.sign_in(make.therapist(db, name="Cy Dorn"))
    assert cards(other.open("/desk/invitations")) == []

    for move in ("again", "revocation"):
        assert post(other, f"/desk/invitations/{reference}/{move}").status_code == 404
    assert len(letters_to(db, NOOR)) == 1


def test_a_list_of_three_costs_as_many_questions_as_one(db, desk, queries):
    costs = []
    for number in range(3):
        invite(desk, f"person-{number}@example.org")
        with queries() as seen:
            page = desk.open("/desk/invitations")
        costs.append(asked(seen))

    assert len(cards(page)) == 3
    assert costs[0] == costs[1] == costs[2]


def test_two_hundred_mails_to_strangers_are_too_many(db, desk):
    for number in range(11):
        desk.open("/desk/invitations")
        desk.fill("Email address", f"person-{number}@example.org")
        desk.fill("A sentence for them", WORDS)
        desk.press("Invite them", expect=200 if number < 10 else 429)

    assert desk.page.errors[0].startswith("This was tried often in a short time")
    assert desk.page.field_labelled("A sentence for them").text == WORDS


def test_a_practice_can_let_in_only_who_was_invited(app, db, desk, phone):
    make.practice(db)
    desk.open("/desk/invitations")

    page = desk.press("Only let in who is invited")

    assert page.text.startswith("Only who is invited makes an account.")
    page = phone.open("/sign-up")
    assert page.heading == "An account begins with an invitation"
    phone.open("/sign-in")
    answer = post(phone, "/sign-up", email="max@example.org", password=PASSWORD)
    assert "An account begins with an invitation" in answer.text
    assert letters_to(db, "max@example.org") == []
    invite(desk)
    follow(db, phone)
    join(phone)
    assert phone.path == "/next"
    desk.open("/desk/invitations")
    desk.press("Let anybody make an account")
    assert Browser(app).open("/sign-up").heading == "Make an account"


def test_a_practice_that_is_not_described_is_told_to_be_first(desk):
    desk.open("/desk/invitations")

    assert desk.press("Only let in who is invited").text.startswith("The practice has to be described first")


def test_the_same_is_said_at_a_terminal(app, db):
    run = app.test_cli_runner().invoke
    assert run(args=["practice", "sign-up", "invited"]).output.startswith(
        "Error: Describe the practice first"
    )
    make.practice(db)

    said = run(args=["practice", "sign-up", "invited"])

    assert said.output == "Only who was invited makes an account.\n"
    assert Browser(app).open("/sign-up").heading == "An account begins with an invitation"
    run(args=["practice", "describe", "--name", "Elm Street"])
    assert Browser(app).open("/sign-up").heading == "An account begins with an invitation"
