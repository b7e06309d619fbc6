"""The pages on which a therapist says when they take consultations."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.database import Base
from portal.diary.kinds import Manner
from portal.diary.models import ConsultationKind, DaysDiffer
from portal.diary.queries import rules_of
from tests import make

PAGES = (
    "/desk/hours",
    "/desk/hours/week",
    "/desk/hours/days",
    "/desk/hours/holidays",
    "/desk/hours/limits",
    "/desk/hours/kinds",
    "/desk/hours/kinds/new",
)


def a_kind(db, ada, name="Follow-up", **said):
    facts = {
        "is_first": False,
        "manner": Manner.VIDEO,
        "length": 50,
        "gap_before": 10,
        "gap_after": 10,
        "notice": 1440,
        "horizon": 60 * 1440,
        "changes_until": 1440,
        "position": 1,
        "retired": False,
        "own_hours": False,
    }
    kind = ConsultationKind(therapist_id=ada.id, name=name, **(facts | said))
    db.add(kind)
    db.flush()
    return kind


def some_days(db, ada, first=date(2027, 4, 5), last=date(2027, 4, 9), stretches=()):
    days = DaysDiffer(therapist_id=ada.id, first_day=first, last_day=last, stretches=[*stretches])
    db.add(days)
    db.flush()
    return days


def stored(db):
    """Every row of every table, but for when a session was last used."""
    return {
        table.name: sorted(map(repr, db.execute(select(table)).all()))
        for table in Base.metadata.sorted_tables
        if table.name != "signed_in_place"
    }


@pytest.fixture
def desk(browser, ada):
    browser.sign_in(ada)
    return browser


def hours(db, ada):
    return sorted(rules_of(db, ada.id).hours.get(None, []))


def test_without_hours_the_page_says_so_and_leads_to_the_week(desk, db, ada):
    page = desk.open("/desk/hours")
    assert "Nobody can ask for a time yet" in page.text

    desk.follow("Set the week’s hours")
    desk.fill("Tuesday, 1: from", "9")
    desk.fill("Tuesday, 1: until", "12.30")
    page = desk.press("Save these hours")

    assert page.heading == "Working hours"
    assert "Tuesday 09:00–12:30" in page.text
    assert page.link_called("Consultations outside these hours").get("href") == "/desk/hours/outside"
    assert hours(db, ada) == [(2, 540, 750, 0)]


def test_more_hours_are_added_to_a_day_and_nothing_typed_is_lost(desk, db, ada):
    make.working_hours(db, ada)
    desk.open("/desk/hours/week")
    desk.fill("Friday, 1: from", "14:00")

    desk.press("More hours on Tuesday")
    assert desk.page.field_labelled("Friday, 1: from").get("value") == "14:00"
    desk.fill("Tuesday, 2: from", "22:00")
    desk.fill("Tuesday, 2: until", "1:30")
    desk.choose("Tuesday, 2: It ends on the next day")
    desk.fill("Friday, 1: until", "24:00")
    desk.press("Save these hours")

    assert hours(db, ada) == [(2, 600, 780, 0), (2, 1320, 1530, 0), (5, 840, 1440, 0)]


def test_what_is_emptied_is_taken_out(desk, db, ada):
    make.working_hours(db, ada)
    make.working_hours(db, ada, weekday=4)
    desk.open("/desk/hours/week")

    desk.fill("Tuesday, 1: from", "")
    desk.fill("Tuesday, 1: until", "")
    desk.press("Save these hours")

    assert hours(db, ada) == [(4, 600, 780, 0)]


def test_every_other_week_goes_by_its_next_days(desk, db, ada):
    desk.open("/desk/hours/week")
    assert "Every other week: 2 and 16 March" in desk.page.text

    desk.fill("Tuesday, 1: from", "9:00")
    desk.fill("Tuesday, 1: until", "12:00")
    desk.fill("Tuesday, 1: In which weeks?", "1")
    page = desk.press("Save these hours")

    [(_, _, _, weeks)] = hours(db, ada)
    assert weeks == 1
    assert "09:00–12:00, every other week, next on 2 and 16 March" in page.text


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("9", "8", "Tuesday 09:00–08:00 is over before it begins."),
        ("9", "25:00", "Tuesday: enter a time like 9:00 or 17:30"),
        ("", "12", "Tuesday: enter a time like 9:00 or 17:30"),
        ("9:00", "9:30", "Tuesday 09:00–09:30 is shorter than a consultation."),
        ("24:00", "24:00", "Enter a time before midnight"),
    ],
)
def test_hours_that_cannot_be_meant_are_told_at_their_field(desk, db, ada, starts, ends, words):
    make.working_hours(db, ada)
    desk.open("/desk/hours/week")

    desk.fill("Tuesday, 1: from", starts)
    desk.fill("Tuesday, 1: until", ends)
    page = desk.press("Save these hours")

    assert page.title.startswith("Error: ")
    assert page.errors[0].startswith(words)
    assert page.field_labelled("Tuesday, 1: until").get("value") == ends
    assert hours(db, ada) == [(2, 600, 780, 0)]


def test_hours_that_overlap_are_both_named(desk, db, ada):
    make.working_hours(db, ada, weekday=1)
    desk.open("/desk/hours/week")
    desk.press("More hours on Monday")

    desk.fill("Monday, 2: from", "12:00")
    desk.fill("Monday, 2: until", "14:00")
    page = desk.press("Save these hours")

    assert page.errors == [
        "Monday 10:00–13:00 and Monday 12:00–14:00 overlap. Make them one, or move one of them"
    ]


def test_a_second_tab_does_not_overwrite_hours_in_silence(desk, db, ada):
    desk.open("/desk/hours/week")
    desk.fill("Monday, 1: from", "9")
    desk.fill("Monday, 1: until", "12")

    first_tab = desk.page
    desk.press("Save these hours")

    desk.page = first_tab
    desk.path = "/desk/hours/week"
    desk.fill("Monday, 1: from", "14")
    desk.fill("Monday, 1: until", "16")
    page = desk.press("Save these hours")
    assert "Your hours were changed elsewhere while this page was open." in page.text
    assert hours(db, ada) == [(1, 540, 720, 0)]

    desk.press("Save these hours")
    assert hours(db, ada) == [(1, 840, 960, 0)]


def test_days_away_are_written_down_and_removed(desk, db, ada):
    desk.open("/desk/hours/days")
    desk.fill("Which day, or from which day on?", "2027-04-05")
    desk.fill("Until which day? (optional)", "2027-04-09")
    page = desk.press("Write them down")
    assert "Monday 5 April 2027 to Friday 9 April 2027 No consultations" in page.text
    assert rules_of(db, ada.id).differ == [(date(2027, 4, 5), date(2027, 4, 9), [])]

    desk.press("Remove Monday 5 April 2027 to Friday 9 April 2027")
    assert rules_of(db, ada.id).differ == []


def test_a_closed_day_is_opened(desk, db, ada):
    desk.open("/desk/hours/days")
    desk.fill("Which day, or from which day on?", "2027-04-17")
    desk.choose("Other hours than usual")
    desk.fill("Which hours?", "10-13, 15:00 to 17:30")
    page = desk.press("Write them down")

    assert "Saturday 17 April 2027 10:00–13:00, 15:00–17:30" in page.text
    assert rules_of(db, ada.id).differ == [(date(2027, 4, 17), date(2027, 4, 17), [(600, 780), (900, 1050)])]


@pytest.mark.parametrize(
    ("first", "last", "times", "words"),
    [
        ("", "", None, "Enter the day"),
        ("soon", "", None, "Enter a day like 2027-03-09"),
        ("2027-04-05", "2027-04-01", None, "Enter a last day that is not before the first"),
        ("2027-02-01", "", None, "Enter a day that is not over yet"),
        ("2027-04-05", "2127-04-05", None, "Enter a day within the next two years"),
        ("2027-04-05", "", "", "Enter the hours, like 10:00–13:00, 15:00–18:00"),
        ("2027-04-05", "", "now", "“now” cannot be read. Enter hours like 10:00–13:00, 15:00–18:00"),
        (
            "2027-04-05",
            "",
            "10-13, 12-14",
            "10:00–13:00 and 12:00–14:00 overlap. Make them one, or move one of them",
        ),
        (
            "2027-04-05",
            "2027-04-09",
            "13-10",
            "13:00–10:00 is over before it begins. Enter a later end, or that it ends on the next day",
        ),
    ],
)
def test_days_that_cannot_be_meant_are_told_at_their_field(desk, db, ada, first, last, times, words):
    desk.open("/desk/hours/days")
    desk.fill("Which day, or from which day on?", first)
    desk.fill("Until which day? (optional)", last)
    if times is not None:
        desk.choose("Other hours than usual")
        desk.fill("Which hours?", times)
    page = desk.press("Write them down")

    assert page.errors == [words]
    assert page.field_labelled("Which day, or from which day on?").get("value") == first
    assert rules_of(db, ada.id).differ == []


def test_holidays_are_those_of_a_country_and_each_can_be_switched_off(desk, db, ada):
    page = desk.open("/desk/hours/holidays")
    # The practice's own is proposed, and not yet chosen.
    assert "Good Friday" not in page.text
    desk.press("Keep these holidays")
    desk.fill("Of which part of the country?", "SCT")
    page = desk.press("Keep these holidays")
    assert "Saint Andrew's Day" in page.text
    assert "Friday 26 March 2027" in page.text

    form, _ = page.form_with("Save holidays")
    boxes = list(form.all("input", type="checkbox"))
    kept = [box.get("value") for box in boxes if box.get("value") != "Good Friday"]
    assert len(kept) == len(boxes) - 1
    assert all(box.has("checked") for box in boxes)
    desk._filled = {"closed": kept}
    page = desk.press("Save holidays")

    assert rules_of(db, ada.id).holidays_worked == ["Good Friday"]
    form, _ = page.form_with("Save holidays")
    assert [box.get("value") for box in form.all("input", type="checkbox") if not box.has("checked")] == [
        "Good Friday"
    ]
    assert "Good Friday" not in desk.open("/desk/hours").text


def test_another_country_forgets_the_part_of_the_one_before(desk, db, ada):
    desk.open("/desk/hours/holidays")
    desk.press("Keep these holidays")
    desk.fill("Of which part of the country?", "SCT")
    desk.press("Keep these holidays")

    desk.fill("Whose public holidays do you keep?", "DE")
    desk.press("Keep these holidays")

    rules = rules_of(db, ada.id)
    assert (rules.holiday_country, rules.holiday_region) == ("DE", None)


def test_limits_are_said_and_can_be_taken_back(desk, db, ada):
    desk.open("/desk/hours/limits")
    desk.fill("How many consultations a day, at most? (optional)", "5")
    desk.fill("How many in a row without a break, at most? (optional)", "3")
    desk.choose("A time is asked for only once the questionnaire is sent")
    page = desk.press("Save")
    assert "At most 5 a day At most 3 in a row, then a break of 30 minutes" in page.text
    assert rules_of(db, ada.id).answers_first

    desk.open("/desk/hours/limits")
    desk.fill("How many consultations a day, at most? (optional)", "")
    desk.fill("How many in a row without a break, at most? (optional)", "")
    page = desk.press("Save")
    assert "As many a day and a week as fit into your hours" in page.text


@pytest.mark.parametrize("typed", ["0", "-1", "51", "many", "99999999999999999999"])
def test_limits_that_cannot_be_meant_are_told_at_their_field(desk, typed):
    desk.open("/desk/hours/limits")
    desk.fill("How many consultations a day, at most? (optional)", typed)
    page = desk.press("Save")

    assert len(page.errors) == 1
    assert page.errors[0] in {"Enter a number from 1 to 50", "Enter a whole number"}


def test_the_first_kind_is_the_usual_one_until_it_is_named(desk, db, ada):
    page = desk.open("/desk/hours/kinds")
    assert "First consultation 50 minutes, with 10 minutes free around it." in page.text

    desk.follow("Name your kinds")
    desk.choose("By video")
    desk.fill("Where, or how, do you meet? (optional)", "https://meet.example/ada")
    page = desk.press("Add it")

    assert page.heading == "Kinds of consultation"
    assert "First consultation 50 minutes, by video. For people whom you have not met yet." in page.text
    [kind] = rules_of(db, ada.id).kinds
    assert (kind.length, kind.notice, kind.horizon, kind.place) == (
        50,
        1440,
        86400,
        "https://meet.example/ada",
    )


def test_a_kind_with_hours_of_its_own_asks_for_them_next(desk, db, ada):
    desk.open("/desk/hours/kinds/new")
    desk.fill("What is it called?", "Follow-up")
    desk.choose("By phone")
    desk.choose("In hours of its own")
    page = desk.press("Add it")
    assert page.heading == "Hours for Follow-up"

    desk.fill("Monday, 1: from", "17")
    desk.fill("Monday, 1: until", "20")
    page = desk.press("Save these hours")

    assert "Monday 17:00–20:00" in page.text
    rules = rules_of(db, ada.id)
    assert rules.hours_for(rules.kinds[0]) == [(1, 1020, 1200, 0)]
    assert hours(db, ada) == []


@pytest.mark.parametrize(
    ("label", "typed", "words"),
    [
        ("What is it called?", " ", "Enter what it is called"),
        ("How many minutes does it take?", "47", "Enter a number of minutes that ends in 0 or 5"),
        ("How many minutes does it take?", "5000", "Enter a number of minutes from 10 to 480"),
        ("How many minutes does it take?", "200", "Enter less: the longest of its hours are 180 minutes"),
        (
            "How many minutes after it do you keep free?",
            "200",
            "Enter less: the longest of your hours are 180 minutes",
        ),
        ("How many minutes before it do you keep free?", "-5", "Enter a number of minutes from 0 to 240"),
        ("How many days ahead can it be asked for?", "0", "Enter a number from 1 to 365"),
        (
            "How many hours before can it still be asked for?",
            "1440",
            "Enter fewer hours: so long before, it cannot be asked for yet",
        ),
    ],
)
def test_a_kind_that_cannot_be_meant_is_told_at_its_field(desk, db, ada, label, typed, words):
    make.working_hours(db, ada)
    kind = a_kind(db, ada)
    desk.open(f"/desk/hours/kinds/{kind.reference}")

    desk.fill(label, typed)
    page = desk.press("Save")

    assert page.errors == [words]
    assert page.field_labelled("By video").has("checked")
    assert rules_of(db, ada.id).kinds[0].name == "Follow-up"


def test_kinds_are_changed_moved_retired_and_brought_back(desk, db, ada):
    a_kind(db, ada, "First talk", is_first=True)
    a_kind(db, ada, "Follow-up", position=2)

    desk.open("/desk/hours/kinds")
    desk.press("Move Follow-up up")
    assert [kind.name for kind in rules_of(db, ada.id).kinds] == ["Follow-up", "First talk"]

    page = desk.press("Offer First talk no more")
    assert "You offer nothing for people whom you have not met yet. They are shown “Follow-up”." in page.text
    page = desk.press("Offer First talk again")
    assert "You offer nothing" not in page.text

    desk.follow("Change Follow-up")
    desk.fill("How many minutes does it take?", "25")
    desk.press("Save")
    assert rules_of(db, ada.id).kinds[0].length == 25


def test_what_is_anothers_is_not_found(desk, db, ada):
    bo = make.therapist(db, name="Bo Hart")
    kind, days = a_kind(db, bo), some_days(db, bo)
    own, mine = a_kind(db, ada), some_days(db, ada)
    desk.open(f"/desk/hours/kinds/{own.reference}")
    token = desk.page.form_with("Save")[0]
    csrf = next(field.get("value") for field in token.all("input") if field.get("name") == "csrf_token")

    for page in (kind.reference, f"{kind.reference}/week"):
        desk.open(f"/desk/hours/kinds/{page}", expect=404)
    for change in (
        f"kinds/{kind.reference}",
        f"kinds/{kind.reference}/week",
        f"kinds/{kind.reference}/retirement",
        f"kinds/{kind.reference}/return",
        f"kinds/{kind.reference}/place",
        f"days/{days.reference}/removal",
    ):
        answer = desk.http.post(
            f"/desk/hours/{change}",
            data={"csrf_token": csrf},
            base_url="https://portal.test",
            headers={"Referer": "https://portal.test/desk/hours"},
        )
        assert answer.status_code == 404, change
    assert mine in db.scalars(select(DaysDiffer)).all()


def test_a_client_finds_none_of_the_pages(browser, db, ada):
    sam = make.client(db, therapist=ada)
    browser.sign_in(sam)

    for page in PAGES:
        browser.open(page, expect=404)


def test_looking_changes_nothing(desk, db, ada):
    kind = a_kind(db, ada, own_hours=True)
    some_days(db, ada)
    make.working_hours(db, ada)
    before = stored(db)
    assert before["consultation_kind"]

    for page in (*PAGES, f"/desk/hours/kinds/{kind.reference}", f"/desk/hours/kinds/{kind.reference}/week"):
        desk.open(page)

    db.expire_all()
    assert stored(db) == before


def test_three_rows_cost_as_many_queries_as_one(desk, db, ada, queries):
    make.working_hours(db, ada)
    a_kind(db, ada)
    some_days(db, ada)
    for page in PAGES:
        desk.open(page)
    counted = {}
    for page in PAGES:
        with queries() as seen:
            desk.open(page)
        counted[page] = len(seen)

    for weekday in (3, 4):
        make.working_hours(db, ada, weekday=weekday)
        a_kind(db, ada, "Other")
        some_days(db, ada)
    again = {}
    for page in PAGES:
        with queries() as seen:
            desk.open(page)
        again[page] = len(seen)

    assert again == counted
    assert max(counted.values()) <= 5, counted
