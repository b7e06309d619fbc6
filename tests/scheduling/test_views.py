"""What the pages of scheduling make of what is odd, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal.scheduling.forms import OTHER_BUTTONS, AskForm, asking_in
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation
from tests import make
from tests.browser import Browser

BASE = "https://portal.test"
WORDS = "Anything you would like to say with it (optional)"


@pytest.fixture
def sams(browser, sam):
    browser.sign_in(sam)
    return browser


def post(browser, token, **fields):
    """Post to the page of times what a browser would never send."""
    return browser.http.post(
        "/times",
        base_url=BASE,
        data={"csrf_token": token, **fields},
        headers={"Referer": f"{BASE}/times"},
    )


def token_on(page):
    return next(field for field in page.root.all("input") if field.get("name") == "csrf_token").get("value")


# Bad input.


def test_choosing_nothing_is_said_at_the_field_and_what_was_typed_is_kept(sams):
    sams.open("/times")
    sams.fill(WORDS, "Thank you")

    page = sams.press("Ask for this time")

    assert page.title.startswith("Error: Choose a time")
    assert page.errors == ["Choose a time"]
    assert page.link_called("Choose a time").get("href") == "#starts_at"
    assert page.field_labelled(WORDS).text == "Thank you"


_TIMES = [f"2027-03-0{day}T{hour}:00Z" for day in (2, 3) for hour in (10, 11, 12)]
# As long as can be, but only once each line ends in one character.
_LINES = "x\r\n" * 1999 + "yz"
_POSTED = st.fixed_dictionaries(
    {
        "starts_at": st.lists(st.sampled_from([*_TIMES, f" {_TIMES[0]} ", "", "soon"]), max_size=2),
        "chosen": st.lists(st.sampled_from([*_TIMES, f" {_TIMES[0]} ", "soon"]), max_size=4),
        "words": st.lists(st.sampled_from(["", "  a\r\nb ", "x" * 4000, "x" * 4001, _LINES]), max_size=2),
        "zone": st.lists(st.sampled_from(["Asia/Tokyo", " Asia/Tokyo ", "Nowhere", ""]), max_size=1),
    }
)


@pytest.mark.usefixtures("inside_app")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_POSTED)
def test_what_is_taken_without_a_form_is_what_the_form_would_take(posted):
    data = MultiDict((name, value) for name, values in posted.items() for value in values)
    asking = asking_in(data)
    form = AskForm(data)

    if form.validate():
        assert asking == (form.times, form.words.data, form.zone.data)
    else:
        assert asking is None


@pytest.mark.parametrize("button", sorted(OTHER_BUTTONS))
def test_a_button_that_only_arranges_the_page_asks_for_nothing(button):
    assert asking_in(MultiDict({"starts_at": _TIMES[0]})) is not None
    assert asking_in(MultiDict({"starts_at": _TIMES[0], button: "yes"})) is None


def test_a_time_that_is_none_is_said_at_the_field(db, sams):
    token = token_on(sams.open("/times"))

    for starts_at in (
        "",
        "soon",
        "2027-03-02T10:00",
        "2027-03-02T10:00+00:00",
        "2027-13-45T10:00Z",
        "\u0661",
    ):
        answer = post(sams, token, starts_at=starts_at, zone="Europe/London")
        assert (answer.status_code, "Choose a time</p>" in answer.text) == (200, True), starts_at

    assert db.scalars(select(Consultation)).all() == []


def test_a_time_that_was_never_on_offer_is_answered_with_the_nearest(db, sams):
    token = token_on(sams.open("/times"))

    for starts_at in ("2027-03-02T10:05Z", "2027-03-01T10:00Z", "0001-01-01T00:00Z", "9999-12-31T23:59Z"):
        answer = post(sams, token, starts_at=starts_at, zone="Europe/London")
        assert answer.status_code == 409, starts_at
        assert "That time has just been taken. These are the nearest free ones" in answer.text

    assert db.scalars(select(Consultation)).all() == []


def test_a_zone_that_is_none_is_not_kept(db, sams, sam):
    token = token_on(sams.open("/times"))

    for zone in ("", "Atlantis/Capital", "../../etc/passwd", "x" * 5000, "Europe"):
        assert post(sams, token, starts_at="2027-03-02T10:00Z", zone=zone).status_code == 303

    db.expire_all()
    assert db.get(type(sam), sam.id).time_zone == "Europe/London"


def test_an_odd_address_shows_times_all_the_same(sams):
    odd = ["zone=Atlantis/Capital", "zone=../../etc/passwd", "change-zone=&zone=US/Eastern"]
    odd += ["from=0001-01-01", "from=9999-12-31", "from=yesterday", "from=2027-W09-1"]

    for query in odd:
        assert "Tuesday" in sams.open(f"/times?{query}").text


def test_too_many_words_are_said_at_the_field(db, sams):
    sams.open("/times")
    sams.choose("Tuesday 2 March, 10:00")
    sams.fill(WORDS, "x" * 4001)

    page = sams.press("Ask for this time")

    assert page.errors == ["Use at most 4000 characters"]
    assert page.field_labelled("Tuesday 2 March, 10:00").has("checked")
    assert db.scalars(select(Consultation)).all() == []


def test_markup_in_words_is_shown_as_it_was_typed(sams, scene, sam, ten):
    asked = scene.ask(sam, ten, words="<b>bold</b> & more")

    assert "<b>bold</b> & more" in sams.open(f"/consultations/{asked}").text


# Whose pages they are.


def test_anothers_is_not_found(db, sams, kit, ada, ten):
    kits = make.consultation(db, client=kit, therapist=ada, starts_at=ten).reference

    for path in (
        f"/consultations/{kits}",
        f"/consultations/{kits}/cancellation",
        f"/times?instead-of={kits}",
        "/consultations/nobody",
        "/times?instead-of=nobody",
    ):
        sams.open(path, expect=404)


def test_looking_changes_nothing(db, sams, scene, sam, ten):
    asked = scene.ask(sam, ten)
    before = [(row.id, row.version, row.status) for row in db.scalars(select(Consultation))]

    for path in ("", ".ics", "/cancellation"):
        sams.http.get(f"/consultations/{asked}{path}", base_url=BASE)
    sams.open("/times")

    db.expire_all()
    assert [(row.id, row.version, row.status) for row in db.scalars(select(Consultation))] == before


def test_what_has_ended_has_nothing_to_cancel(sams, db, sam, ada, ten):
    ended = make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.EXPIRED)

    page = sams.open(f"/consultations/{ended.reference}/cancellation")

    assert sams.path == f"/consultations/{ended.reference}"
    assert "Withdraw" not in page.text


def test_without_a_therapist_the_page_says_so_calmly(db, browser, now):
    browser.sign_in(make.client(db, therapist=None))

    page = browser.open("/times")

    assert "There is nobody yet whose times you could choose from." in page.text


def test_without_hours_the_page_says_so_calmly(db, browser, now):
    browser.sign_in(make.client(db, therapist=make.therapist(db, name="Ada Marsh")))

    page = browser.open("/times")

    assert "There are no free times at the moment. Ada Marsh opens new ones now and then" in page.text
    assert page.buttons == []


def test_one_who_has_a_time_is_told_how_to_move_it(sams, db, sam, ada, ten):
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)

    page = sams.open("/times")
    assert "You already have Tuesday 2 March, 10:00." in page.text

    sams.follow("choose another time instead of it")
    assert sams.page.heading == "Choose another time"


# What they cost.


@pytest.mark.parametrize("held", [1, 12])
def test_a_page_of_times_costs_as_many_queries_whatever_is_held(db, sams, kit, ada, ten, queries, held):
    for place in range(held):
        start = ten + timedelta(weeks=place % 4, hours=place // 4)
        make.consultation(db, client=kit, therapist=ada, starts_at=start)
    sams.open("/times")

    with queries() as seen:
        sams.open("/times")

    assert len(seen) == 4


def test_a_page_of_other_times_costs_four_queries_at_most(db, sams, scene, sam, ten, queries):
    asked = scene.ask(sam, ten)
    sams.open("/times")

    with queries() as seen:
        sams.open(f"/times?instead-of={asked}")

    assert len(seen) <= 4


@pytest.mark.parametrize(
    ("zone", "most"), [("Europe/London", 9), ("Asia/Tokyo", 10)], ids=["the same zone", "another zone"]
)
def test_asking_costs_nine_queries_at_most_and_one_more_to_keep_a_zone(sams, queries, zone, most):
    token = token_on(sams.open("/times"))

    with queries() as seen:
        answer = post(sams, token, starts_at="2027-03-02T10:00Z", zone=zone, words="Thank you")

    assert answer.status_code == 303
    assert len(seen) <= most, seen
    # After who is asking, the lock: before anything is read that it guards, and before anything is written.
    assert "FROM therapist" in seen[1]


def test_one_consultation_costs_five_queries_at_most(sams, scene, sam, ten, eleven, queries):
    kept = scene.ask(sam, ten, words="Thank you")
    scene.confirm(kept)
    asked = scene.ask(sam, eleven, instead_of=kept)
    sams.open("/times")

    for reference in (kept, asked):
        with queries() as seen:
            sams.open(f"/consultations/{reference}")
        assert len(seen) <= 5


# What an offer looks like, and what a client does with it.


@pytest.fixture
def offered(scene, sam, ten, eleven, noon):
    asked = scene.ask(sam, ten, words="In the morning, if possible.")
    week = timedelta(weeks=1)
    return scene.propose(asked, eleven + week, noon + week, words="Would one of these do?")


def test_an_offer_shows_its_times_words_and_until_when(sams, offered):
    page = sams.open(f"/consultations/{offered}")

    assert page.heading == "Other times for you"
    assert "Ada Marsh offers you these times, 50 minutes each. They are held for you until" in page.text
    assert "Would one of these do?" in page.text
    assert "Tuesday 9 March 2027, 11:00 (Europe/London, UTC+0)" in page.text


def test_one_press_takes_a_time(sams, db, offered, noon):
    sams.open(f"/consultations/{offered}")

    page = sams.press("Take Tuesday 9 March, 12:00")

    assert (page.heading, "Confirmed" in page.text) == ("Tuesday 9 March, 12:00", True)


def test_pressing_twice_takes_it_once(sams, scene, offered, noon):
    sams.open(f"/consultations/{offered}")
    scene.accept(offered, noon + timedelta(weeks=1))

    assert "This time is yours." in sams.press("Take Tuesday 9 March, 12:00").text


def test_what_was_taken_back_a_moment_ago_is_told_plainly(sams, scene, offered):
    sams.open(f"/consultations/{offered}")
    scene.cancel(offered, by=Party.THERAPIST)

    page = sams.press("Take Tuesday 9 March, 12:00", expect=409)

    assert "This is no longer offered. Nothing has changed for you." in page.text
    assert page.link_called("Choose another time")


def test_a_time_that_is_none_of_those_offered_changes_nothing(sams, offered):
    token = token_on(sams.open(f"/consultations/{offered}"))

    for starts_at in ("", "soon", "2027-03-02T10:00Z", "9999-12-31T23:59Z"):
        path = f"/consultations/{offered}/choice"
        data = {"csrf_token": token, "starts_at": starts_at}
        answer = sams.http.post(path, base_url=BASE, data=data, headers={"Referer": BASE})
        assert (answer.status_code, "no longer offered" in answer.text) == (409, True), starts_at


def test_none_fits_is_said_with_or_without_words(sams, scene, offered):
    sams.open(f"/consultations/{offered}")
    sams.fill("Anything that helps to find one (optional)", "x" * 4001)
    page = sams.press("None of these fits")
    assert page.errors == ["Use at most 4000 characters"]

    sams.fill("Anything that helps to find one (optional)", "Only on Mondays.")
    page = sams.press("None of these fits")

    assert "You have said that what you were offered does not fit." in page.text
    assert "Only on Mondays." in page.text
    assert "In the morning, if possible." in page.text


def test_what_was_said_with_a_refusal_that_is_taken_back_waits_in_its_field(app, sams, ada, offered):
    sams.open(f"/consultations/{offered}")
    sams.fill("Anything that helps to find one (optional)", "Only on Mondays.")
    sams.press("None of these fits")

    page = sams.press("Undo")

    assert page.field_labelled("Anything that helps to find one (optional)").text == "Only on Mondays."
    assert "What you wrote" not in page.text
    desk = Browser(app)
    desk.sign_in(ada)
    assert "Only on Mondays." not in desk.open(f"/desk/consultations/{offered}").text


# Until when one can change it, and what one can do then.


@pytest.fixture
def confirmed(scene, sam, ten):
    asked = scene.ask(sam, ten)
    scene.confirm(asked)
    return asked


def test_the_page_says_until_when_it_can_be_changed(sams, confirmed):
    page = sams.open(f"/consultations/{confirmed}")

    text = "until Monday 1 March 2027, 12:00 (Europe/London, UTC+0); nobody asks why."
    assert text in page.text
    assert page.link_called("Choose another time")


def test_afterwards_one_can_write_instead(sams, sam, confirmed, ten, later):
    later(ten - timedelta(hours=20))
    sams.sign_in(sam)

    page = sams.open(f"/consultations/{confirmed}")
    assert [link.text for link in page.root.all("a") if link.text.startswith(("Cancel", "Choose an"))] == []
    assert "No reason is needed." in page.text
    page = sams.press("Send it")
    assert page.errors == ["Write what you would like to say"]

    sams.fill("What would you like to say?", "I have a fever.")
    page = sams.press("Send it")
    assert "What you wrote I have a fever." in page.text


def test_who_presses_cancel_a_moment_too_late_is_told_what_they_can_do(sams, sam, confirmed, ten, later):
    later(ten - timedelta(hours=22, minutes=1))
    sams.sign_in(sam)
    sams.open(f"/consultations/{confirmed}/cancellation")
    later(ten - timedelta(hours=22))

    page = sams.press("Cancel this time")

    assert "Confirmed" in page.text
    assert "No reason is needed." in page.text


# Taking it back.


def test_a_cancelled_time_is_brought_back_with_one_press(sams, confirmed):
    sams.open(f"/consultations/{confirmed}/cancellation")
    sams.press("Cancel this time")

    page = sams.press("Undo")

    assert "This time is yours." in page.text


def test_what_cannot_come_back_is_told_plainly(sams, scene, kit, confirmed, ten, later, now):
    scene.cancel(confirmed)
    sams.open(f"/consultations/{confirmed}")
    kits = scene.ask(kit, ten)
    page = sams.press("Undo", expect=409)
    assert "Somebody else has this time by now" in page.text

    scene.cancel(kits)
    later(now + timedelta(minutes=10))
    page = sams.press("Undo", expect=409)
    assert "This can no longer be taken back." in page.text
    assert "Undo" not in page.buttons


def test_nobody_takes_back_what_the_therapist_did(sams, scene, confirmed):
    scene.cancel(confirmed, by=Party.THERAPIST)

    assert "Undo" not in sams.open(f"/consultations/{confirmed}").buttons


# Reminders, and something earlier.


def test_reminders_are_chosen_and_none_is_fine(db, sams, sam):
    page = sams.open("/account/reminders")
    assert page.field_labelled("A day before").has("checked")

    sams.choose("Two days before", "Two hours before")
    page = sams.press("Save")
    assert "Saved." in page.text
    assert not page.field_labelled("A day before").has("checked")
    db.expire_all()
    assert db.get(type(sam), sam.id).reminders == "2880,120"

    token = token_on(page)
    data = {"csrf_token": token, "reminders": ["5", "forever"]}
    sams.http.post("/account/reminders", base_url=BASE, data=data, headers={"Referer": BASE})
    db.expire_all()
    assert db.get(type(sam), sam.id).reminders == "2880,120"

    sams.http.post("/account/reminders", base_url=BASE, data={"csrf_token": token}, headers={"Referer": BASE})
    db.expire_all()
    assert db.get(type(sam), sam.id).reminders == ""
    assert [field.has("checked") for field in sams.open("/account/reminders").root.all("input")][-4:] == [
        False
    ] * 4


def test_one_can_wish_for_something_earlier_and_stop(sams, confirmed):
    sams.open(f"/consultations/{confirmed}")

    page = sams.press("Tell me if something earlier opens")
    assert "You hear from us when an earlier time becomes free." in page.text

    page = sams.press("Tell me no more")
    assert "Tell me if something earlier opens" in page.buttons


def test_where_one_meets_is_told_once_it_is_confirmed(db, sams, scene, sam, ada, ten):
    make.kind(db, ada, manner="video", place="https://rooms.example/ada")
    asked = scene.ask(sam, ten)
    assert "rooms.example" not in sams.open(f"/consultations/{asked}").source

    scene.confirm(asked)

    page = sams.open(f"/consultations/{asked}")
    assert page.link_called("https://rooms.example/ada").get("href") == "https://rooms.example/ada"


@pytest.mark.parametrize("path", ["choice", "refusal", "note", "undoing", "earlier-time"])
def test_anothers_cannot_be_answered(db, sams, kit, ada, ten, path):
    kits = make.consultation(db, client=kit, therapist=ada, starts_at=ten, status=Status.PROPOSED)
    data = {"csrf_token": token_on(sams.open("/times")), "starts_at": "2027-03-02T10:00Z", "words": "x"}

    address = f"/consultations/{kits.reference}/{path}"
    answer = sams.http.post(address, base_url=BASE, data=data, headers={"Referer": BASE})

    assert answer.status_code == 404


@pytest.mark.parametrize("state", ["offered", "confirmed", "cancelled"])
def test_each_of_these_pages_costs_five_queries_at_most(sams, scene, offered, noon, state, queries):
    if state != "offered":
        scene.accept(offered, noon + timedelta(weeks=1))
        scene.wish(offered)
    if state == "cancelled":
        scene.cancel(offered)
    sams.open("/times")

    with queries() as seen:
        sams.open(f"/consultations/{offered}")

    assert len(seen) <= 5
