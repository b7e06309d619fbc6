"""Who is told what: times in the reader's zone with its offset, and nothing that tells over a shoulder."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config import ROOT
from portal.mail.models import OutgoingEmail
from portal.scheduling.lifecycle import Party
from tests import make

SAM_HEARS = ("Sam", "Your appointment is cancelled")
SAM_WITHDREW = ("Sam", "Your request is withdrawn")
TELLING = ("therapy", "therapist", "consultation", "intake", "questionnaire", "counsel", "client", "session")


@pytest.fixture
def post(db, sam, ada):
    """The messages since last asked, as (to whom, subject, body), in the order in which they were written."""
    seen: set[int] = set()

    def new():
        names = {sam.email: "Sam", ada.email: "Ada"}
        emails = list(db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)))
        fresh = [email for email in emails if email.id not in seen]
        seen.update(email.id for email in fresh)
        return [(names[email.recipient], email.subject, email.body) for email in fresh]

    return new


def told(messages):
    return [(who, subject) for who, subject, _ in messages]


def test_both_are_told_of_a_request(scene, sam, ten, post):
    asked = scene.ask(sam, ten)
    scene.tell(asked)

    messages = post()
    assert told(messages) == [
        ("Sam", "Your request for an appointment"),
        ("Ada", "A request for an appointment"),
    ]
    sams, adas = (body for _, _, body in messages)
    assert "Tuesday 2 March 2027, 10:00 (Europe/London, UTC+0)" in sams
    assert "Tuesday 2 March 2027, 08:00 (Europe/London, UTC+0)" in sams
    for body in (sams, adas):
        assert f"https://portal.test/to/{asked}" in body


def test_everybody_reads_times_in_their_own_zone(db, scene, ada, ten):
    sam = make.client(db, therapist=ada, time_zone="America/New_York")

    scene.tell(scene.ask(sam, ten))

    bodies = dict(db.execute(select(OutgoingEmail.recipient, OutgoingEmail.body)).all())
    assert "05:00 (America/New York, UTC\N{MINUS SIGN}5)" in bodies[sam.email]
    assert "10:00 (Europe/London, UTC+0)" in bodies[ada.email]


def test_a_sentence_says_when_the_clocks_change_between_now_and_then(scene, sam, post):
    after = datetime(2027, 3, 30, 9, 0, tzinfo=UTC)

    scene.confirm(scene.ask(sam, after))

    for _, _, body in post():
        assert "Tuesday 30 March 2027, 10:00 (Europe/London, UTC+1)" in body
        assert "The clocks change on Sunday 28 March: this is the time after the change." in body


def test_no_sentence_where_no_clock_changes(scene, sam, ten, post):
    scene.confirm(scene.ask(sam, ten))

    assert [body for _, _, body in post() if "clocks" in body] == []


def test_a_moved_time_names_both(scene, sam, ten, eleven, post):
    old = scene.ask(sam, ten)
    scene.confirm(old)
    post()

    new = scene.ask(sam, eleven, instead_of=old)
    assert all("10:00 (Europe/London" in body and "11:00 (Europe/London" in body for _, _, body in post())

    scene.confirm(new)
    ((who, subject, body),) = post()
    assert (who, subject) == ("Sam", "Your appointment is confirmed")
    assert "It takes the place of\n\n  Tuesday 2 March 2027, 10:00 (Europe/London, UTC+0)" in body


def test_a_decline_carries_none_of_its_words(scene, sam, ten, post):
    asked = scene.ask(sam, ten)
    post()

    scene.decline(asked, reply="I am away")

    ((who, _, body),) = post()
    assert who == "Sam"
    assert "away" not in body


@pytest.mark.parametrize(
    ("confirmed", "by", "expected"),
    [
        (False, Party.CLIENT, [SAM_WITHDREW, ("Ada", "An appointment is cancelled")]),
        (True, Party.CLIENT, [SAM_HEARS, ("Ada", "An appointment is cancelled")]),
        (True, Party.THERAPIST, [SAM_HEARS]),
    ],
)
def test_whoever_needs_to_know_is_told_of_an_end(scene, sam, ten, post, confirmed, by, expected):
    asked = scene.ask(sam, ten)
    if confirmed:
        scene.confirm(asked)
    post()

    scene.cancel(asked, by=by)

    assert told(post()) == expected


def test_an_unanswered_request_ends_with_an_apology_and_the_nearest_free_times(scene, sam, ten, post):
    asked = scene.ask(sam, ten + timedelta(weeks=1), answer_by=scene.now + timedelta(days=2))
    post()
    scene.now += timedelta(days=2)

    scene.expire(asked)

    (who, _, body), (whom, subject, _) = post()
    assert (who, whom, subject) == ("Sam", "Ada", "A request went unanswered")
    assert "We are sorry." in body
    for clock in ("10:00", "11:00", "12:00"):
        assert f"  Tuesday 9 March 2027, {clock} (Europe/London, UTC+0)\n" in body


def test_nothing_that_is_mailed_tells_over_a_shoulder(db, scene, sam, ten, eleven):
    old = scene.ask(sam, ten, words="my mother")
    scene.tell(old)
    scene.confirm(old)
    declined = scene.ask(sam, eleven, instead_of=old, words="my mother")
    scene.decline(declined, reply="my mother")
    scene.cancel(old, by=Party.THERAPIST)
    scene.cancel(scene.ask(sam, eleven, words="my mother"))
    expired = scene.ask(sam, eleven, words="my mother")
    scene.now += timedelta(hours=24)
    scene.expire(expired)

    emails = list(db.scalars(select(OutgoingEmail)))
    assert len({email.subject for email in emails}) == 8
    for email in emails:
        file = (email.calendar or "").replace("\r\n ", "")
        text = " ".join([email.subject, email.body, file]).lower().replace(sam.email, "")
        assert [word for word in (*TELLING, "mother", "sam reed") if word in text] == [], email.subject


@pytest.mark.parametrize(
    "message", sorted(each.name for each in (ROOT / "templates" / "email").glob("consultation-*"))
)
def test_no_message_has_a_word_that_tells(message):
    folder = ROOT / "templates" / "email" / message
    own_words = re.sub(r"{[{%#].*?[}%#]}", "", " ".join(map(Path.read_text, sorted(folder.iterdir()))))

    assert [word for word in TELLING if word in own_words.lower()] == []
