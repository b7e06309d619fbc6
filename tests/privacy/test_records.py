"""A client reads who opened what they sent; a therapist reads the journal of the practice (P4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from portal.database import transaction
from portal.journal.lines import FOR_THE_DESK_ALONE, GROUPS, Hand, What
from portal.journal.models import JournalLine
from portal.journal.noting import note
from portal.scheduling.lifecycle import Move
from portal.scheduling.recording import _BY_MOVE
from portal.web.audience import Audience
from tests import make
from tests.browser import Browser
from tests.journeys.test_every_page import every_page
from tests.safekeeping.filled import ADAS_OWN, CANARIES, everything_sealed


@pytest.fixture
def ada(db, now):
    make.practice(db)
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def sam(db, ada, now):
    sam = make.client(db, name="Sam Reed", therapist=ada, time_zone="Europe/London")
    make.intake(db, client=sam, said={"name": "Sam Reed", "what-brings-you": "The heron"}, sent_at=now)
    return sam


@pytest.fixture
def adas(app, ada):
    adas = Browser(app)
    adas.sign_in(ada)
    return adas


@pytest.fixture
def sams(app, sam):
    sams = Browser(app)
    sams.sign_in(sam)
    return sams


def write(app, *lines):
    """Lines as services note them, each (what, by, about)."""
    for what, by, about in lines:
        with app.app_context(), transaction() as db:
            note(db, what, by=by, about=about)


def openings(db):
    return sorted(db.scalars(select(JournalLine.at).where(JournalLine.what == What.RECORD_OPENED)))


def test_a_client_reads_who_opened_what_they_sent_and_when(sams, adas, ada, sam, now, later):
    assert "Nobody has opened it yet" in sams.open("/account/record").text
    adas.open(f"/desk/clients/{sam.reference}")
    assert "Once, on Monday 1 March, 09:00" in sams.open("/account/record").text

    later(now + timedelta(hours=1))
    adas.sign_in(ada)
    adas.open(f"/desk/clients/{sam.reference}")

    sams.sign_in(sam)
    page = sams.open("/account/record")
    assert "2 times, most recently on Monday 1 March, 10:00" in page.text
    assert page.text.count("Ada Marsh opened what you sent.") == 2
    assert "Ada Marsh, most recently on Monday 1 March, 10:00." in sams.open("/questions/sent").text


def test_who_turns_pages_to_and_fro_has_opened_it_once(db, adas, sam, now, later):
    for minutes in (0, 5, 14):
        later(now + timedelta(minutes=minutes))
        adas.open(f"/desk/clients/{sam.reference}")
    assert openings(db) == [now]

    later(now + timedelta(minutes=15))
    adas.open(f"/desk/clients/{sam.reference}")
    assert openings(db) == [now, now + timedelta(minutes=15)]


def test_another_therapist_who_opens_it_in_the_same_minute_is_written_down_too(app, db, adas, ada, sam):
    adas.open(f"/desk/clients/{sam.reference}")
    noor = make.therapist(db, name="Noor")
    noors = Browser(app)
    noors.sign_in(noor)

    # Another's client is not found, and nothing is written of that.
    noors.open(f"/desk/clients/{sam.reference}", expect=404)

    assert db.scalars(select(JournalLine.person)).all() == [ada.reference]


def test_no_page_of_the_desk_shows_a_clients_words_without_a_line_that_says_so(app, db, ada, sam, now, later):
    """Whatever page shows them, whether somebody thought of it or not: that it did is written down."""
    with app.test_request_context():
        ada, _ = everything_sealed(app, now)
    adas = Browser(app)
    adas.sign_in(ada)
    # A name is on every list; words are something else, and what Ada wrote herself is hers.
    words = [each for each in CANARIES if each not in ("quokka", "caracal", *ADAS_OWN)]
    telling = {}
    for address, page in every_page(app, adas, Audience.THERAPIST):
        said = [word for word in words if word in page.source]
        if said:
            telling[address] = said

    assert len(telling) >= 3
    unnoted = []
    for number, address in enumerate(telling, start=1):
        # So much later that no earlier look stands for this one.
        later(now + number * timedelta(minutes=20))
        adas.sign_in(ada)
        before = _looks(db, ada)
        adas.open(address)
        unnoted += [address] if _looks(db, ada) == before else []
    assert unnoted == []


def _looks(db, therapist) -> list[str]:
    """What they have opened so far, as it is written down."""
    lines = select(JournalLine.what).where(JournalLine.person == therapist.reference)
    return [what for what in db.scalars(lines) if what.endswith("-opened")]


def test_the_journal_of_the_desk_says_what_happened_about_whom(app, adas, sams, ada, sam):
    adas.open(f"/desk/clients/{sam.reference}")
    write(app, (What.ANSWERS_SENT, sam, sam.reference), (What.BACKED_UP, Hand.OPERATOR, None))

    page = adas.open("/desk/journal")

    assert "You opened what they sent: Sam Reed." in page.text
    assert "Sam Reed sent their answers." in page.text
    assert "The practice, at its machine, made a backup." in page.text
    assert page.text.index("made a backup") < page.text.index("You opened")


def test_a_therapist_sees_nothing_about_anothers_clients_or_doings(app, db, adas, ada, sam):
    noor = make.therapist(db, name="Noor")
    kit = make.client(db, name="Kit Lowe", therapist=noor)
    write(
        app,
        (What.RECORD_OPENED, noor, kit.reference),
        (What.DIARY_CHANGED, noor, None),
        (What.SIGNED_IN, kit, kit.reference),
        (What.TIME_EXPIRED, Hand.PORTAL, kit.reference),
        (What.ANSWERS_SENT, sam, sam.reference),
    )
    with app.app_context(), transaction() as writing:
        note(writing, What.SIGN_IN_FAILED, by=Hand.PORTAL, subject=noor.reference)
        note(writing, What.SECOND_STEP_RESET, by=Hand.OPERATOR, subject=noor.reference)
        note(writing, What.PUT_OUT, by=Hand.OPERATOR, subject=noor.reference)

    page = adas.open("/desk/journal")

    assert len(list(page.root.all("li"))) == 1, page.text
    assert "sent their answers" in page.text
    # Nor by an address that names somebody.
    adas.open(f"/desk/journal?about={kit.reference}", expect=400)


def test_a_filter_makes_an_address_that_can_be_kept(app, adas, ada, sam):
    write(app, (What.ANSWERS_SENT, sam, sam.reference), (What.SIGNED_IN, ada, None))
    adas.open("/desk/journal")
    adas._filled = {"group": ["sent"], "about": [sam.reference]}

    page = adas.press("Show")

    assert adas.path == f"/desk/journal?about={sam.reference}&group=sent"
    assert "sent their answers" in page.text
    assert "signed in" not in page.text
    assert adas.open(adas.path).text == page.text


def test_what_is_no_filter_is_refused_and_a_strange_page_number_is_the_newest_page(adas, sams):
    adas.open("/desk/journal?group=nonsense", expect=400)
    for strange in ("-1", "x", "²", "9" * 40):
        assert adas.open(f"/desk/journal?before={strange}").heading == "Journal"
        assert sams.open(f"/account/record?before={strange}").heading == "Your record"


def test_a_long_record_goes_on_from_page_to_page(app, sams, sam):
    write(app, *[(What.SIGNED_IN, sam, sam.reference)] * 120)

    numbers, page = [], sams.open("/account/record")
    while True:
        numbers.append(page.text.count("You signed in"))
        if not any(link.text == "Earlier lines" for link in page.root.all("a")):
            break
        page = sams.follow("Earlier lines")
    assert numbers == [50, 50, 20]
    assert sams.follow("To the newest").heading == "Your record"


@pytest.mark.parametrize("address", ["/account/record", "/desk/journal"])
def test_a_page_of_the_record_costs_as_much_with_one_line_as_with_thirty(
    app, adas, sams, ada, sam, queries, address
):
    browser = sams if address.startswith("/account") else adas

    def cost():
        browser.open(address)
        with queries() as seen:
            browser.open(address)
        return len(seen)

    write(app, (What.RECORD_OPENED, ada, sam.reference))
    one = cost()
    write(app, *[(What.RECORD_OPENED, ada, sam.reference), (What.SIGNED_IN, sam, sam.reference)] * 15)
    assert cost() == one <= 5


def test_what_a_therapist_notes_for_themselves_is_not_in_a_clients_record(app, sams, ada, sam):
    """The desk says of it that nobody is told."""
    write(app, *[(what, ada, sam.reference) for what in sorted(FOR_THE_DESK_ALONE)])

    assert "Ada" not in sams.open("/account/record").text


def test_every_kind_of_line_has_words_and_a_place_among_the_filters(app):
    module = app.jinja_env.get_template("components/records.html").make_module()

    assert set(module.said) == set(What)
    together = [what for group in GROUPS.values() for what in group]
    assert sorted(together) == sorted(What)


def test_every_move_has_a_line():
    assert set(_BY_MOVE) == set(Move)


def test_a_line_that_a_newer_version_wrote_is_shown_all_the_same(app, db, sams, sam):
    write(app, (What.SIGNED_IN, sam, sam.reference))
    db.execute(
        insert(JournalLine).values(
            number=2,
            at=sam.joined_at,
            what="from-the-future",
            hand="client",
            person=sam.reference,
            about=sam.reference,
            hash="",
        )
    )

    assert "You did something that this page has no words for." in sams.open("/account/record").text


def test_a_wrong_password_is_in_the_record_of_whose_address_it_was(app, db, sams, sam):
    browser = Browser(app)
    for address in (sam.email, "nobody@example.org"):
        browser.open("/sign-in")
        browser.fill("Email address", address)
        browser.fill("Password", "not the right one at all")
        browser.press("Sign in")

    lines = select(JournalLine.what, JournalLine.about, JournalLine.subject).order_by(JournalLine.number)
    assert db.execute(lines).all() == [
        ("sign-in-failed", sam.reference, None),
        ("sign-in-failed", None, None),
    ]
    assert "Somebody did not get in" in sams.open("/account/record").text
