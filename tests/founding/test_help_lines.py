"""The help lines are looked at, corrected and confirmed (C1)."""

from __future__ import annotations

from portal.practice.facts import practice_facts
from tests import make

LINES = "/desk/practice/help-lines"


def confirmed_on(db):
    db.expire_all()
    return practice_facts(db).help_lines_confirmed_on


def foot(page):
    return next(page.root.all("footer")).text


def test_they_are_unconfirmed_until_the_therapist_says_that_they_are_right(db, willow, desk, now):
    assert "Not checked yet" in desk.open(LINES).text

    page = desk.press("I have checked them: they are right")

    assert page.heading == "Practice"
    assert confirmed_on(db) == now.date()
    assert "Checked by the practice on 1 March 2027." in foot(page)


def test_a_corrected_line_stands_on_every_page_and_is_to_be_confirmed_anew(db, willow, desk):
    desk.open(LINES)
    desk.press("I have checked them: they are right")
    desk.open(LINES)
    desk.follow("Change it (Samaritans)")
    desk.fill("What is the line called?", "The Listeners")
    desk.fill("The number to call", "020 7946 0000")
    page = desk.press("Save")

    assert "Not checked yet" in page.text
    assert confirmed_on(db) is None
    assert "call 020 7946 0000 (The Listeners, at any hour)" in foot(page)
    assert desk.open("/help-now").link_called("Call 020 7946 0000").get("href") == "tel:02079460000"


def test_a_line_is_added_put_first_and_removed(db, willow, desk):
    desk.open(LINES)
    desk.follow("Add a line")
    desk.fill("What is the line called?", "Night Line")
    desk.fill("The number to call", "0800 123")
    desk.press("Save")
    page = desk.press("Put first (Night Line)")
    assert "call 0800 123 (Night Line)" in foot(page)

    page = desk.press("Remove (Night Line)")
    assert "Night Line" not in page.text
    page = desk.press("Remove (Shout)")

    assert "Shout" not in desk.open("/help-now").text
    desk.open(LINES)
    assert "Remove (Samaritans)" not in page.buttons
    assert "Shout" in desk.press("Back to the lines that come with the portal").text


def test_a_country_without_known_lines_gets_its_own(db, desk):
    make.practice(db, name="Willow Street", country="LU")
    desk.open(LINES)
    desk.follow("Write down the emergency number")
    desk.fill("The number that sends an ambulance", "112")
    desk.fill("The police, if they have another number (optional)", "113")
    page = desk.press("Save")
    # Before anybody listens, every page goes on naming the local number.
    assert "findahelpline.com" in foot(page)
    desk.follow("Add a line")
    desk.fill("What is the line called?", "SOS Détresse")
    desk.fill("The number to call", "45 45 45")
    page = desk.press("Save")

    assert "call 112 for an ambulance, or 113 for the police" in foot(page)
    desk.press("I have checked them: they are right")
    assert "Checked by the practice" in foot(desk.page)


def test_what_is_no_number_is_refused_and_nothing_typed_is_lost(db, willow, desk):
    desk.open(f"{LINES}/new")
    desk.fill("What is the line called?", "Night Line")
    desk.fill("The number to call", "ring us")
    page = desk.press("Save")

    assert page.errors == ["Write the number in figures, with blanks between groups if you like: 116 123"]
    assert page.field_labelled("What is the line called?").get("value") == "Night Line"
    desk.fill("The number to call", "")
    assert desk.press("Save").errors == ["Enter a number to call, or one to text"]


def test_lines_that_changed_in_another_tab_are_not_written_over(db, ada, willow, desk, app):
    desk.open(f"{LINES}/1")
    other = type(desk)(app)
    other.sign_in(ada, is_strong=True)
    other.open(LINES)
    other.press("Remove (Shout)")

    desk.fill("The number to call", "0800 123")
    page = desk.press("Save")

    assert "The lines were changed meanwhile." in page.root.text
    assert page.field_labelled("The number to call").get("value") == "0800 123"
    assert "Shout" not in desk.open("/help-now").text


def test_a_list_that_changed_in_another_tab_is_not_confirmed(db, ada, willow, desk, app):
    desk.open(LINES)
    other = type(desk)(app)
    other.sign_in(ada, is_strong=True)
    other.open(LINES)
    other.press("Remove (Shout)")

    page = desk.press("I have checked them: they are right")

    assert page.heading == "Help lines"
    assert confirmed_on(db) is None


def test_own_lines_wait_where_the_practice_moves_away_and_back(db, willow, desk):
    desk.open(LINES)
    desk.press("Remove (Shout)")
    for country, shout in (("IE", False), ("GB", False)):
        desk.open("/desk/practice/place")
        desk.fill("In which country do you work?", country)
        desk.press("Save")
        assert ("Shout" in desk.open(LINES).text) is shout
    assert "Samaritans" in desk.page.text


def test_a_line_that_is_not_there_is_not_found(db, willow, desk):
    for place in ("0", "3", "99999999999999999999"):
        desk.open(f"{LINES}/{place}", expect=404)
