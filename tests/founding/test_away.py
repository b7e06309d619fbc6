"""When the practice is away is said on the desk, and every page knows it."""

from __future__ import annotations

import pytest

AWAY = "/desk/practice/away"
_OVER = "An absence ends today or later, after it begins, and lasts a year at most"


def test_going_away_is_said_on_every_page_and_taken_back(willow, desk):
    desk.open("/desk/practice")
    desk.follow("Say when you are away (absences)")
    desk.fill("First day away", "2027-03-01")
    desk.fill("Last day away", "2027-03-12")
    desk.fill("Who stands in? (optional)", "Bea Lund")
    desk.fill("What clients read meanwhile (optional)", "Nothing here is lost while I am away.")
    page = desk.press("Keep this")

    assert "Bea Lund stands in." in page.text
    assert "The practice is away" in next(page.root.all("footer")).text

    page = desk.press("I am back")
    assert "No absence is known." in page.text
    assert "The practice is away" not in next(page.root.all("footer")).text


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("2027-03-12", "2027-03-01", "Choose a last day that is not before the first"),
        (
            "2027-02-01",
            "2027-02-02",
            "An absence ends today or later, after it begins, and lasts a year at most",
        ),
        ("", "2027-03-02", "Choose the first day"),
    ],
)
def test_days_that_cannot_be_are_refused_and_nothing_typed_is_lost(willow, desk, first, last, message):
    desk.open(AWAY)
    desk.fill("First day away", first)
    desk.fill("Last day away", last)
    desk.fill("What clients read meanwhile (optional)", "Back soon.")

    page = desk.press("Keep this")

    assert page.errors == [message]
    assert page.field_labelled("What clients read meanwhile (optional)").text == "Back soon."


def test_whoever_is_told_has_a_name_that_clients_can_read(willow, desk):
    desk.open(AWAY)
    desk.fill("First day away", "2027-03-05")
    desk.fill("Last day away", "2027-03-06")
    desk.fill("The address by which they sign in here (optional)", "bea@example.org")

    page = desk.press("Keep this")

    assert page.errors == ["Write who stands in, as clients are to read it"]
