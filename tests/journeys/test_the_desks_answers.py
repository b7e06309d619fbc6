"""What a therapist does about a time, page by page: answer, offer others, take back, note, and place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from portal.calendars.models import CalendarSource
from portal.database import Base
from portal.diary.models import DaysDiffer
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation, Phrase
from portal.vault.words import seal
from tests import make
from tests.browser import Browser
from tests.scheduling.scene import Scene, called, held_in_vain, own_steps, steps_held


@pytest.fixture
def scene(app, now):
    return Scene(app, now)


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def sam(db, ada):
    return make.client(db, name="Sam Reed", therapist=ada, time_zone="Europe/London")


@pytest.fixture
def ten(now):
    return now + timedelta(days=1, hours=1)


@pytest.fixture
def desk(ada, browser):
    browser.sign_in(ada)
    return browser


def test_one_of_three_is_confirmed_on_the_page_and_taken_back(db, scene, sam, ten, desk):
    hour = timedelta(hours=1)
    asked = scene.ask(sam, ten, ten + hour, ten + 2 * hour)
    page = desk.open(f"/desk/consultations/{asked}")
    assert [each for each in page.buttons if each.startswith("Confirm")] == [
        "Confirm Tue 2 March, 10:00",
        "Confirm Tue 2 March, 11:00",
        "Confirm Tue 2 March, 12:00",
    ]

    page = desk.press("Confirm Tue 2 March, 11:00")
    assert page.heading == "Tuesday 2 March, 11:00"
    assert steps_held(db) == own_steps(ten + hour)

    page = desk.press("Undo")
    assert "It is as it was before" in page.text
    assert called(db, asked).status is Status.REQUESTED
    assert len(steps_held(db)) == 30
    assert held_in_vain(db) == []


def test_after_ten_minutes_nothing_is_taken_back(db, scene, sam, ten, now, later, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}")
    desk.press("Confirm Tue 2 March, 10:00")

    later(now + timedelta(minutes=10))
    page = desk.press("Undo")

    assert "This can no longer be undone" in page.text
    assert called(db, asked).status is Status.CONFIRMED
    assert "Undo" not in page.buttons


def test_the_second_of_two_desks_is_told_what_the_first_has_done(app, db, scene, ada, sam, ten, desk):
    asked = scene.ask(sam, ten, ten + timedelta(hours=1))
    other = Browser(app)
    other.sign_in(ada)
    for each in (desk, other):
        each.open(f"/desk/consultations/{asked}")

    desk.press("Confirm Tue 2 March, 10:00")
    page = other.press("Confirm Tue 2 March, 11:00", expect=409)

    assert "It was confirmed at 09:00, here or at another desk of yours." in page.text
    assert "What you pressed was not done." in page.text
    assert steps_held(db) == own_steps(ten)


def test_whoever_presses_confirm_twice_has_confirmed_once(app, db, scene, ada, sam, ten, desk):
    asked = scene.ask(sam, ten)
    other = Browser(app)
    other.sign_in(ada)
    for each in (desk, other):
        each.open(f"/desk/consultations/{asked}")

    desk.press("Confirm Tue 2 March, 10:00")
    page = other.press("Confirm Tue 2 March, 10:00")

    assert "Confirmed" in page.text
    assert db.scalar(select(func.count()).select_from(OutgoingEmail)) == 1


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (lambda scene, asked: scene.cancel(asked), "They took it back at 09:00."),
        (lambda scene, asked: scene.expire(asked), "The answer-by time passed."),
    ],
    ids=["withdrawn", "expired"],
)
def test_a_stale_tab_is_told_what_has_happened_meanwhile(db, scene, sam, ten, now, desk, happens, told):
    asked = scene.ask(sam, ten, answer_by=now)
    desk.open(f"/desk/consultations/{asked}")
    happens(scene, asked)

    page = desk.press("Confirm Tue 2 March, 10:00", expect=409)

    assert told in page.text
    assert steps_held(db) == []


def test_words_of_a_refusal_that_came_too_late_are_kept(db, scene, sam, ten, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}")
    desk.fill("A few kind words (optional)", "I thought about it for long.")
    scene.cancel(asked)

    page = desk.press("Decline this time", expect=409)

    assert page.text.count("I thought about it for long.") == 1
    assert "Your words are still here." in page.text


def test_declining_begins_with_words_of_ones_own(app, db, scene, ada, sam, ten, desk):
    desk.open("/desk/phrases")
    desk.fill("Words to keep", "That hour is gone. I am sorry.")
    page = desk.press("Keep these words")
    assert "That hour is gone. I am sorry." in page.text
    asked = scene.ask(sam, ten)

    desk.open(f"/desk/consultations/{asked}")
    desk.fill("A few kind words (optional)", "Dear Sam,")
    page = desk.press("That hour is gone. I am sorry.")
    assert (
        page.field_labelled("A few kind words (optional)").text == "Dear Sam, That hour is gone. I am sorry."
    )
    assert called(db, asked).status is Status.REQUESTED
    desk.press("Decline this time")

    sams = Browser(app)
    sams.sign_in(sam)
    assert "Dear Sam, That hour is gone. I am sorry." in sams.open(f"/consultations/{asked}").text


def test_words_of_a_refusal_that_is_taken_back_are_the_therapists_alone_again(app, scene, sam, ten, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}")
    desk.fill("A few kind words (optional)", "That week is full.")
    desk.press("Decline this time")
    sams = Browser(app)
    sams.sign_in(sam)
    assert "That week is full." in sams.open(f"/consultations/{asked}").text

    page = desk.press("Undo")

    assert "That week is full." not in sams.open(f"/consultations/{asked}").text
    assert "You wrote:" not in page.text
    assert page.field_labelled("A few kind words (optional)").text == "That week is full."
    desk.fill("A few kind words (optional)", "")
    desk.press("Decline this time")
    assert "That week is full." not in sams.open(f"/consultations/{asked}").text


def test_words_are_kept_once_and_removed(db, ada, desk):
    for _ in range(2):
        desk.open("/desk/phrases")
        desk.fill("Words to keep", "I am sorry.")
        desk.press("Keep these words")
    assert db.scalar(select(func.count()).select_from(Phrase)) == 1

    page = desk.press("Remove")

    assert "I am sorry." not in page.text


def test_anothers_words_are_not_found(app, db, ada, desk):
    bea = make.therapist(db, name="Bea")
    db.add(phrase := Phrase(therapist_id=bea.id, words="Hers."))
    db.flush()
    assert "Hers." not in desk.open("/desk/phrases").text

    desk.fill("Words to keep", "Mine.")
    desk.press("Keep these words")
    form, _ = desk.page.form_with("Remove")
    desk.http.post(
        f"/desk/phrases/{phrase.reference}/removal",
        data={"csrf_token": next(form.all("input")).get("value")},
        base_url="https://portal.test",
        headers={"Referer": "https://portal.test/desk/phrases"},
    )

    db.expire_all()
    assert db.get(Phrase, phrase.id) is not None


def test_other_times_are_offered_and_the_client_takes_one(app, db, scene, sam, ten, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}")
    desk.follow("Offer other times")
    desk.choose("Tuesday 2 March, 11:00", "Tuesday 2 March, 12:00")
    desk.fill("A few words with it (optional)", "Would one of these do?")

    page = desk.press("Offer these times")

    assert "Other times offered" in page.text
    assert "They choose by Tuesday 2 March, 09:00" in page.text
    assert steps_held(db) == own_steps(ten + timedelta(hours=1)) + own_steps(ten + timedelta(hours=2))
    assert "They are choosing Sam Reed Among Tue 2 March, 11:00 and Tue 2 March, 12:00" in (
        desk.open("/desk").text
    )
    sams = Browser(app)
    sams.sign_in(sam)
    assert "Would one of these do?" in sams.open(f"/consultations/{asked}").text


def test_a_time_outside_the_rules_is_added_and_offered_after_a_warning(db, scene, sam, ten, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}/other-times")
    desk.fill("A few words with it (optional)", "Or in the evening?")
    desk.fill("Another day (optional)", "2027-03-02")
    desk.fill("at (optional)", "18:00")

    page = desk.press("Add this time")
    assert "Chosen, Tue 2 March, 18:00" in page.text
    page = desk.press("Offer these times")
    assert "It lies outside your working hours." in page.text
    assert called(db, asked).status is Status.REQUESTED
    page = desk.press("Offer them all the same")

    assert "Or in the evening?" in page.text
    assert steps_held(db) == own_steps(ten + timedelta(hours=8))
    assert "Everything that is to come lies within your hours" in desk.open("/desk/hours/outside").text


def test_a_time_that_went_meanwhile_is_named_with_the_nearest_and_the_words_are_kept(
    db, scene, ada, sam, ten, desk
):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}/other-times")
    desk.choose("Tuesday 2 March, 11:00", "Tuesday 2 March, 12:00")
    desk.fill("A few words with it (optional)", "Would one of these do?")
    scene.ask(make.client(db, therapist=ada), ten + timedelta(hours=1))

    page = desk.press("Offer these times", expect=409)

    assert page.errors == [
        "Tuesday 2 March, 11:00 is taken meanwhile. Below are the nearest free times; your words are kept"
    ]
    assert "Nearest free times Near, Tue 2 March, 10:00" in page.text
    assert "Chosen Chosen, Tue 2 March, 12:00" in page.text
    assert page.field_labelled("A few words with it (optional)").text == "Would one of these do?"
    page = desk.press("Offer these times")
    assert "Other times offered" in page.text


@pytest.mark.parametrize(
    ("day", "clock", "error"),
    [
        ("2027-03-28", "01:30", "The clocks skip this time on that day. Choose another"),
        ("2027-03-02", "10:03", "Use a time on five minutes, for example 10:05"),
        ("2027-02-02", "10:00", "Choose a time that is still to come"),
        ("2027-03-02", "", "Say both the day and the time"),
    ],
)
def test_a_typed_time_that_is_none(scene, sam, ten, desk, day, clock, error):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}/other-times")
    desk.fill("Another day (optional)", day)
    desk.fill("at (optional)", clock)

    assert desk.press("Add this time").errors == [error]


def test_nothing_chosen_is_nothing_offered(db, scene, sam, ten, desk):
    asked = scene.ask(sam, ten)
    desk.open(f"/desk/consultations/{asked}/other-times")

    page = desk.press("Offer these times")

    assert page.errors == ["Choose two or three times; one will do if there is no other"]
    assert called(db, asked).status is Status.REQUESTED


def test_an_offer_is_withdrawn(db, scene, sam, ten, desk):
    proposal = scene.propose(scene.ask(sam, ten), ten + timedelta(hours=1))
    desk.open(f"/desk/consultations/{proposal}")

    page = desk.press("Withdraw the offer")

    assert "Cancelled" in page.text
    assert steps_held(db) == []


def test_afterwards_it_is_said_whether_they_met_and_a_follow_up_is_one_press(db, ada, sam, ten, later, desk):
    make.kind(db, ada, name="Follow-up", is_first=False)
    met = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    later(ten + timedelta(hours=1))
    desk.sign_in(ada)
    assert "Did you meet?" in desk.open("/desk").text

    page = desk.press("We met")
    assert "You noted that you met." in page.text
    assert "Did you meet?" not in desk.open("/desk").text
    desk.open(f"/desk/consultations/{met.reference}")
    page = desk.press("Offer a follow-up")

    assert "Tuesday 9 March, 10:00" in page.text
    assert "Follow-up, 50 minutes" in page.text
    proposal = db.scalars(select(Consultation).where(Consultation.status == Status.PROPOSED)).one()
    assert proposal.begun_by is Party.THERAPIST


def test_a_follow_up_that_finds_nothing_leads_to_the_choice(db, ada, sam, ten, later, desk):
    make.kind(db, ada, name="Follow-up", is_first=False, own_hours=True)
    met = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    later(ten + timedelta(hours=1))
    desk.sign_in(ada)
    desk.open(f"/desk/consultations/{met.reference}")

    page = desk.press("Offer a follow-up")

    assert page.heading == "Offer other times"
    assert "There is no free time near the same hour." in page.text


def test_the_therapist_may_cancel_until_it_begins(db, ada, sam, ten, later, desk):
    confirmed = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    later(ten - timedelta(minutes=1))
    desk.sign_in(ada)
    desk.open(f"/desk/consultations/{confirmed.reference}")

    desk.press("Cancel this time")

    assert called(db, confirmed.reference).status is Status.CANCELLED
    assert steps_held(db) == []


def test_a_consultation_is_placed_from_a_free_spot_of_the_diary(db, ada, sam, ten, desk):
    desk.open("/desk/calendar")
    page = desk.follow("+Place at Tue 2 March, 10:00")
    assert page.field_labelled("Day").get("value") == "2027-03-02"
    assert page.field_labelled("Begins at").get("value") == "10:00"
    desk.fill("Who", sam.reference)

    page = desk.press("Place it")

    assert page.heading == "Tuesday 2 March, 10:00"
    assert steps_held(db) == own_steps(ten)
    assert "10:00 S.R." in desk.open("/desk/calendar").text


def test_it_is_moved_and_the_warning_says_which_rule_it_breaks(db, scene, ada, sam, ten, desk):
    placed = scene.place(sam, ten)
    desk.open(f"/desk/consultations/{placed}")
    desk.follow("Move it")
    desk.fill("Begins at", "18:30")

    page = desk.press("Move it")
    assert "Tuesday 2 March, 18:30. It lies outside your working hours." in page.text
    assert steps_held(db) == own_steps(ten)
    page = desk.press("Move it all the same")

    assert page.heading == "Tuesday 2 March, 18:30"
    assert steps_held(db) == own_steps(ten + timedelta(hours=8, minutes=30))


@pytest.mark.parametrize(
    ("clock", "error"),
    [
        ("10:30", "Something stands there already. Choose another time"),
        ("13:02", "Use a time on five minutes, for example 10:05"),
    ],
)
def test_where_it_cannot_be_placed(db, scene, ada, sam, ten, desk, clock, error):
    scene.ask(make.client(db, therapist=ada), ten)
    desk.open("/desk/calendar/consultations/new?at=2027-03-02T10:00Z")
    desk.fill("Begins at", clock)

    assert desk.press("Place it").errors == [error]


def test_another_therapists_client_is_nobody_to_place(db, ada, sam, ten, desk):
    theirs = make.client(db, therapist=make.therapist(db, name="Bea"))
    page = desk.open("/desk/calendar/consultations/new?at=2027-03-02T10:00Z")
    assert theirs.reference not in page.source
    desk.fill("Who", theirs.reference)

    page = desk.press("Place it")

    assert len(page.errors) == 1
    assert steps_held(db) == []


def test_time_is_kept_for_oneself_and_given_back(db, ada, ten, desk):
    desk.open("/desk/calendar/own-time/new?at=2027-03-02T10:00Z")
    page = desk.press("Keep this time")
    assert "10:00–11:00 kept for yourself" in page.text
    assert steps_held(db) == own_steps(ten, 60)

    page = desk.press("Remove")

    assert page.heading == "Tuesday 2 March 2027"
    assert steps_held(db) == []


def test_an_end_before_the_beginning_is_on_the_next_day(db, ada, ten, desk):
    desk.open("/desk/calendar/own-time/new")
    desk.fill("Day", "2027-03-02")
    desk.fill("From", "22:00")
    desk.fill("Until", "06:00")

    desk.press("Keep this time")

    assert steps_held(db) == own_steps(ten + timedelta(hours=12), 8 * 60)
    assert "22:00–06:00 kept for yourself" in desk.open("/desk/calendar?day=2027-03-03").text


def test_the_diary_tells_apart_what_stands_in_it_in_words(db, scene, ada, sam, ten, later, now, desk):
    hour = timedelta(hours=1)
    kit, noor = (make.client(db, name=name, therapist=ada) for name in ("Kit Lowe", "Noor Haddad"))
    scene.ask(sam, ten, ten + hour)
    scene.propose(scene.ask(noor, ten + 2 * hour), ten + 2 * hour)
    for_kit = {"client": kit, "therapist": ada}
    make.consultation(db, **for_kit, starts_at=ten + timedelta(days=1), status=Status.CONFIRMED)
    make.consultation(db, **for_kit, starts_at=ten + timedelta(days=1, hours=1), status=Status.KEPT)
    make.consultation(db, **for_kit, starts_at=now - timedelta(hours=1), status=Status.MET)
    make.busy_elsewhere(db, ada, ten + timedelta(days=2), ten + timedelta(days=2, hours=3))

    page = desk.open("/desk/calendar")

    for words in (
        "10:00 S.R. asked, 1st",
        "11:00 S.R. asked, 2nd",
        "12:00 N.H. offered",
        "10:00 K.L.",
        "11:00 K.L. kept for them",
        "08:00 K.L. met",
        "10:00–13:00 busy elsewhere",
    ):
        assert words in page.text, words
    assert "Sam" not in page.text


def test_the_diary_counts_days_that_differ(db, ada, desk):
    db.add(
        DaysDiffer(
            therapist_id=ada.id, first_day=date(2027, 3, 2), last_day=date(2027, 3, 2), stretches=[[540, 600]]
        )
    )
    db.flush()

    assert "Tue 2 09:00–10:00" in desk.open("/desk/calendar").text
    assert "Tue 9 10:00–13:00" in desk.open("/desk/calendar?week=2027-03-09").text


def test_what_lies_outside_the_hours_stays_or_others_are_offered(db, ada, sam, ten, desk):
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    evening = ten + timedelta(hours=8)
    make.consultation(db, client=sam, therapist=ada, starts_at=evening, status=Status.CONFIRMED)
    make.consultation(db, client=kit, therapist=ada, starts_at=evening + timedelta(hours=1))
    make.consultation(db, client=kit, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    page = desk.open("/desk/hours/outside")
    assert [heading.text for heading in page.root.all("h2")] == ["Sam Reed", "Kit Lowe"]
    assert [link.text for link in page.root.all("a")].count("Offer other times") == 2

    page = desk.press("Keep it")

    assert [heading.text for heading in page.root.all("h2")] == ["Kit Lowe"]


def _save_the_week(desk):
    desk.open("/desk/hours/week")
    return desk.press("Save these hours")


def _write_down_a_day(desk):
    desk.open("/desk/hours/days")
    desk.fill("Which day, or from which day on?", "2027-06-01")
    return desk.press("Write them down")


def _keep_holidays(desk):
    desk.open("/desk/hours/holidays")
    return desk.press("Keep these holidays")


@pytest.mark.parametrize(
    ("change", "back"),
    [
        (_save_the_week, "Working hours"),
        (_write_down_a_day, "Days that differ"),
        (_keep_holidays, "Public holidays"),
    ],
)
def test_whoever_changes_hours_is_shown_what_lies_outside_them_now(db, ada, sam, ten, desk, change, back):
    page = change(desk)
    assert (page.heading, "Saved." in page.text) == (back, True)
    make.consultation(db, client=sam, therapist=ada, starts_at=ten + timedelta(hours=8))

    page = change(desk)

    assert (page.heading, "Saved." in page.text) == ("Outside your hours", True)
    assert [heading.text for heading in page.root.all("h2")] == ["Sam Reed"]


def test_what_a_client_wrote_waits_on_the_desk(db, ada, sam, ten, desk):
    confirmed = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)
    words = "My train may be late."
    confirmed.sealed_note = seal(db, sam.data_key, words, of=f"consultation.note:{confirmed.reference}")
    db.flush()
    page = desk.open("/desk")
    assert "Sam Reed Wrote about Tue 2 March, 10:00 Something to read" in page.text
    assert words not in page.text

    assert words in desk.open(f"/desk/clients/{sam.reference}").text
    assert words in desk.open(f"/desk/consultations/{confirmed.reference}").text


def test_what_went_unanswered_stands_on_the_desk_until_they_ask_again(
    app, db, scene, ada, sam, ten, now, later
):
    """T4: the therapist sees it."""
    asked = scene.ask(sam, ten, answer_by=now + timedelta(hours=3))
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    offered = scene.propose(scene.ask(kit, ten + timedelta(hours=1)), ten + timedelta(hours=2))
    scene.now = now + timedelta(days=3)
    scene.expire(asked)
    scene.expire(offered)
    later(scene.now)
    desk = Browser(app)
    desk.sign_in(ada)
    told = "Sam Reed Had asked for Tue 2 March, 10:00 An answer was promised by Mon 1 March, 12:00"

    page = desk.open("/desk")

    assert told in page.text
    assert "Kit Lowe Had asked" not in page.text
    page = desk.follow(told)
    assert "Offer other times" in page.text

    scene.ask(sam, ten + timedelta(weeks=2))

    assert "Went unanswered" not in desk.open("/desk").text


def test_a_calendar_elsewhere_that_fails_is_told_on_the_desk(db, ada, now, ten, desk):
    make.busy_elsewhere(db, ada, ten, ten + timedelta(hours=1))
    source = db.scalars(select(CalendarSource).options(joinedload(CalendarSource.data_key))).one()
    source.sealed_label = seal(db, source.data_key, "Home", of=f"calendar_source.label:{source.reference}")
    assert "Home" not in desk_text(desk, db)

    source.failed_at = now - timedelta(hours=3)

    assert "Home has not answered since Monday 1 March, 06:00." in desk_text(desk, db)


def desk_text(desk, db):
    db.flush()
    return desk.open("/desk").text


PAGES = (
    "/desk",
    "/desk/calendar",
    "/desk/calendar?day=2027-03-02",
    "/desk/hours/outside",
    "/desk/consultations/{asked}",
    "/desk/consultations/{asked}/other-times",
    "/desk/calendar/consultations/new?at=2027-03-02T10:00Z",
    "/desk/calendar/own-time/new?at=2027-03-02T10:00Z",
    "/desk/phrases",
    "/desk/feed",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("address", PAGES)
def test_opening_a_page_of_the_desk_changes_nothing(db, scene, ada, sam, ten, desk, address):
    """T6."""
    asked = scene.ask(sam, ten)
    before = everything(db)

    desk.open(address.format(asked=asked))

    assert everything(db) == before


def everything(db):
    return {
        table.name: sorted(map(repr, db.execute(text(f'SELECT * FROM "{table.name}"'))))
        for table in Base.metadata.sorted_tables
        # That a page about somebody was opened is written down (P4).
        if not table.name.startswith("journal_")
    }


@pytest.mark.parametrize(("address", "most"), [(PAGES[3], 5), (PAGES[4], 6), (PAGES[5], 6), (PAGES[6], 4)])
def test_a_page_costs_the_same_queries_however_many_there_are(
    db, scene, ada, sam, ten, desk, queries, address, most
):
    asked = scene.ask(sam, ten)

    def cost():
        desk.open(address.format(asked=asked))
        with queries() as seen:
            desk.open(address.format(asked=asked))
        return len(seen)

    one = cost()
    for hours in (9, 11):
        client = make.client(db, therapist=ada)
        make.consultation(db, client=client, therapist=ada, starts_at=ten + timedelta(hours=hours))
        db.add(Phrase(therapist_id=ada.id, words=f"Words {hours}"))
    db.flush()

    assert cost() == one <= most


def test_a_client_finds_none_of_it(app, db, scene, sam, ten):
    asked = scene.ask(sam, ten)
    sams = Browser(app)
    sams.sign_in(sam)

    for address in PAGES:
        sams.open(address.format(asked=asked), expect=404)
