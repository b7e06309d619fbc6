"""The page of pictures as Ada meets it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.scheduling.lifecycle import Status
from tests import make


@pytest.fixture
def ada(db):
    ada = make.therapist(db, name="Ada Marsh")
    make.working_hours(db, ada)
    return ada


@pytest.fixture
def adas(browser, ada):
    browser.sign_in(ada)
    return browser


def tables(page):
    """Each table's rows, by the heading of its picture."""
    return {
        next(section.all("h2")).text: [
            [cell.text for cell in row.all("th", "td")] for row in section.all("tr")
        ][1:]
        for section in page.root.all("section", class_="card")
    }


def come(db, ada, number, now, **more):
    for _ in range(number):
        client = make.client(db, therapist=ada)
        if more:
            make.intake(db, client=client, sent_at=now - timedelta(days=5), **more)


def test_a_new_practice_is_not_shown_yet(adas):
    page = adas.open("/desk/how-it-goes")

    assert page.text.count("Not enough yet to show anything.") == 4
    assert tables(page)["Held and free hours"][1] == ["8 March", "0", "3"]


def test_how_many_reached_each_step(db, adas, ada, now):
    version = make.questionnaire_version(db)
    come(db, ada, 7, now)
    come(db, ada, 6, now, version=version)
    other = make.therapist(db, name="Bea Moor")
    come(db, other, 20, now)

    page = adas.open("/desk/how-it-goes")

    assert tables(page)["From welcome to consultation"] == [
        ["Came", "10"],
        ["Sent their answers", "5"],
        ["Asked for a time", "fewer than 5"],
        ["Had a time confirmed", "fewer than 5"],
        ["Met", "fewer than 5"],
    ]
    assert "13" not in page.text


def test_requests_stand_on_their_days_and_held_hours_in_their_week(db, adas, ada, now):
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    for week in range(6):
        make.consultation(
            db,
            client=kit,
            therapist=ada,
            starts_at=now - timedelta(weeks=week, days=6),
            status=Status.EXPIRED,
        )
    make.consultation(
        db, client=kit, therapist=ada, starts_at=now + timedelta(days=1, hours=1), status=Status.CONFIRMED
    )

    found = tables(adas.open("/desk/how-it-goes"))

    assert ["Monday", "5"] in found["On which days they ask"]
    assert ["Not answered in time", "5"] in found["How soon you answer"]
    assert found["Held and free hours"][0] == ["1 March", "1", "2"]
    assert "Kit" not in adas.page.text


def test_it_is_drawn_by_the_portal_itself_and_says_the_same_in_words(db, adas, ada, now):
    come(db, ada, 9, now)

    page = adas.open("/desk/how-it-goes")

    pictures = list(page.root.all(class_="bars"))
    assert [picture.get("role") for picture in pictures] == ["img", "img"]
    assert "Came: 5" in pictures[0].text


def test_a_client_does_not_find_it(db, browser, ada):
    browser.sign_in(make.client(db, therapist=ada))

    browser.open("/desk/how-it-goes", expect=404)


def test_three_requests_cost_the_same_queries_as_one(db, adas, ada, now, queries):
    def cost():
        adas.open("/desk/how-it-goes")
        with queries() as seen:
            adas.open("/desk/how-it-goes")
        return len(seen)

    counts = []
    for week in range(1, 4):
        make.consultation(
            db,
            client=make.client(db, therapist=ada),
            therapist=ada,
            starts_at=now - timedelta(weeks=week),
            status=Status.MET,
        )
        counts.append(cost())

    assert counts[0] == counts[2] <= 6
