"""How a client may be reached: said by them, sealed, and read on the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.reaching.models import ReachingWish
from portal.reaching.queries import wish_of
from portal.reaching.wishes import Calls, Wish, is_number, packed, unpacked
from tests import make
from tests.browser import Browser


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada)


@pytest.fixture
def visit(sam, browser):
    browser.sign_in(sam)
    return browser


def test_what_a_client_says_stands_on_the_desk(app, ada, sam, visit):
    visit.open("/next")
    visit.follow("How else may we reach you?")
    visit.choose("Yes, but leave no message")
    visit.fill("Phone number (if we may phone)", "020 7946 0000")
    visit.fill("Anything we should know about reaching you? (optional)", "Never before noon.")
    page = visit.press("Keep this")
    assert page.heading == "Your next step"

    desk = Browser(app)
    desk.sign_in(ada)
    page = desk.open(f"/desk/clients/{sam.reference}")
    assert "By phone: 020 7946 0000. Leave no message." in page.text
    assert "Never before noon." in page.text


def test_until_they_say_so_nobody_phones(app, ada, sam):
    desk = Browser(app)
    desk.sign_in(ada)

    page = desk.open(f"/desk/clients/{sam.reference}")

    assert "They have not said whether they may be phoned." in page.text


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("", "Enter a number, or choose to be reached by e-mail only"),
        ("at my sister's", "Enter a phone number, for example 020 7946 0000 or +44 20 7946 0000"),
        ("+ () - / .", "Enter a phone number, for example 020 7946 0000 or +44 20 7946 0000"),
    ],
)
def test_a_number_is_one_that_can_be_dialled(visit, number, message):
    visit.open("/account/reaching")
    visit.choose("Yes, and a message may be left")
    visit.fill("Phone number (if we may phone)", number)
    visit.fill("Anything we should know about reaching you? (optional)", "Ring twice.")

    page = visit.press("Keep this")

    assert page.errors == [message]
    assert page.field_labelled("Anything we should know about reaching you? (optional)").text == "Ring twice."


def test_a_number_goes_when_they_are_not_to_be_phoned_any_more(db, sam, visit):
    _say(visit, "Yes, and a message may be left", "+44 20 7946 0000")
    assert wish_of(db, sam) == Wish(calls=Calls.MESSAGE, phone="+44 20 7946 0000")

    _say(visit, "No, by e-mail only", "+44 20 7946 0000")

    assert wish_of(db, sam) == Wish()


def test_the_wish_is_sealed(db, visit):
    _say(visit, "Yes, and a message may be left", "+44 20 7946 0000")

    assert b"7946" not in db.scalars(select(ReachingWish.sealed_said)).one()


def test_a_wish_is_the_same_after_packing():
    wish = Wish(calls=Calls.NO_MESSAGE, phone="+44 20 7946 0000", words="Nach 18 Uhr – bitte.")

    assert unpacked(packed(wish)) == wish


@pytest.mark.parametrize("number", ["110 00", "(020) 7946/0000", "+1.212.555.0100"])
def test_numbers_are_taken_as_people_write_them(number):
    assert is_number(number)


def _say(visit, calls, number):
    visit.open("/account/reaching")
    visit.choose(calls)
    visit.fill("Phone number (if we may phone)", number)
    visit.press("Keep this")
