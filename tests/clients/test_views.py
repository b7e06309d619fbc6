"""The list of clients as Ada meets it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.accounts.models import Invitation
from portal.accounts.services import keep_name, own_key
from portal.clients.queries import _statement
from portal.clients.wanted import Order
from portal.scheduling.lifecycle import Status
from portal.vault.words import seal
from tests import make


@pytest.fixture
def adas(browser, ada):
    browser.sign_in(ada)
    return browser


def names_on(page):
    return [next(card.all("strong")).text for card in page.root.all("a", class_="card")]


def test_clients_are_found_by_the_beginnings_of_names_and_addresses(db, adas, ada, bea):
    make.client(db, name="Sam Reed", therapist=ada)
    make.client(db, name="Jürgen Müller", therapist=ada)
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    make.client(db, name="Sam Other", therapist=bea)
    make.client(db, name="Sam Unproved", therapist=ada, proved_at=None)
    adas.open("/desk/clients")

    found = {}
    for typed in ("sam", "lowe kit", "mueller", "muller", kit.email[:12], "eed", "s"):
        adas.fill("Name or address", typed)
        found[typed] = names_on(adas.press("Show"))

    assert found == {
        "sam": ["Sam Reed"],
        "lowe kit": ["Kit Lowe"],
        "mueller": ["Jürgen Müller"],
        "muller": ["Jürgen Müller"],
        kit.email[:12]: ["Kit Lowe"],
        "eed": [],
        "s": [],
    }


def test_a_changed_name_is_found_and_the_old_one_is_not(app, db, adas, ada, sam):
    keep_name(db, sam, "Robin Reed")
    db.flush()

    assert names_on(adas.open("/desk/clients?q=robin")) == ["Robin Reed"]
    assert names_on(adas.open("/desk/clients?q=sam+reed")) == []


def test_the_list_is_narrowed_by_how_far_they_have_come(db, adas, ada, sam, ten, now):
    make.client(db, name="Kit Lowe", therapist=ada)
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.CONFIRMED)

    page = adas.open("/desk/clients?stage=confirmed")

    assert names_on(page) == ["Sam Reed"]
    assert "Tue 2 March, 10:00" in page.text
    assert names_on(adas.open("/desk/clients?stage=joined")) == ["Kit Lowe"]


def test_what_an_address_says_wrongly_is_left_out_and_said(adas, sam):
    page = adas.open("/desk/clients?stage=lost&since=yesterday")

    assert names_on(page) == ["Sam Reed"]
    assert "how far they have come and the first day" in page.text


def test_fifty_stand_on_a_page_and_nobody_is_left_out_or_comes_twice(db, adas, ada):
    for number in range(105):
        made = make.client(db, name=f"Person {number}", therapist=ada)
        # Many of them at the very same moment.
        made.moved_at = made.joined_at + timedelta(days=number // 40)
    db.flush()

    for order in ("", "sort=joined", "sort=address&reversed=yes", "q=cl", "stage=joined&reversed=yes"):
        seen = [names_on(adas.open(f"/desk/clients?{order}"))]
        while "The next fifty" in adas.page.text:
            seen.append(names_on(adas.follow("The next fifty")))

        assert [len(page) for page in seen] == [50, 50, 5], order
        assert len({name for page in seen for name in page}) == 105, order


def test_days_narrow_by_what_happened_last(db, adas, ada, sam):
    sam.moved_at = sam.joined_at + timedelta(days=2)
    make.client(db, name="Kit Lowe", therapist=ada)
    db.flush()

    assert names_on(adas.open("/desk/clients?since=2027-01-05")) == ["Sam Reed"]
    assert names_on(adas.open("/desk/clients?until=2027-01-05")) == ["Kit Lowe"]
    assert names_on(adas.open("/desk/clients?since=2027-01-06&until=2027-01-06")) == ["Sam Reed"]


def test_whoever_is_put_away_leaves_the_list_and_the_queue_and_comes_back(db, adas, sam, now):
    make.intake(db, client=sam, sent_at=now - timedelta(days=1))
    assert "Sam Reed" in adas.open("/desk").text
    adas.open(f"/desk/clients/{sam.reference}")

    adas.follow("Pass on, or put away")
    page = adas.press("Put away")

    assert names_on(page) == []
    assert "Sam Reed" not in adas.open("/desk").text
    assert names_on(adas.open("/desk/clients?stage=archived")) == ["Sam Reed"]
    adas.open(f"/desk/clients/{sam.reference}/colleague")
    adas.press("Bring back")
    assert names_on(adas.open("/desk/clients")) == ["Sam Reed"]


def test_a_client_is_passed_on_by_their_own_therapist_only(db, adas, ada, bea, sam, ten):
    held = make.consultation(db, client=sam, therapist=ada, starts_at=ten)
    adas.open(f"/desk/clients/{sam.reference}/colleague")
    adas.choose("Bea Moor")
    assert adas.press("Pass on").errors == [
        "Something still holds time between you. Answer it, cancel it, or say whether you have met"
    ]

    held.status = Status.CANCELLED
    held.windows.clear()
    db.flush()
    adas.choose("Bea Moor")
    page = adas.press("Pass on")

    assert "Sam Reed is with Bea Moor now" in page.text
    adas.open(f"/desk/clients/{sam.reference}", expect=404)
    adas.open(f"/desk/clients/{sam.reference}/colleague", expect=404)
    adas.sign_in(bea)
    assert adas.open(f"/desk/clients/{sam.reference}").heading == "Sam Reed"


def test_who_leads_sees_numbers_and_nobody(db, adas, ada, bea, sam, ten):
    kit = make.client(db, name="Kit Lowe", therapist=bea)
    make.consultation(db, client=kit, therapist=bea, starts_at=ten)

    page = adas.open("/desk/colleagues")

    rows = [[cell.text for cell in row.all("th", "td")] for row in page.root.all("tr")]
    assert rows[1:] == [["Ada Marsh", "0", "0", "0"], ["Bea Moor", "1", "1", "0"]]
    assert "Kit" not in page.text
    page = adas.press("Let Bea Moor lead")
    assert list(page.root.all("table")) == []


def test_three_clients_cost_the_same_queries_as_one(db, adas, ada, sam, ten, queries):
    def cost(address):
        adas.open(address)
        with queries() as seen:
            adas.open(address)
        return len(seen)

    addresses = ["/desk/clients", "/desk/clients?q=sam", f"/desk/clients/{sam.reference}/colleague"]
    one = [cost(each) for each in addresses]
    for hours in (1, 2):
        other = make.client(db, name="Sam Else", therapist=ada)
        make.consultation(db, client=other, therapist=ada, starts_at=ten + timedelta(hours=hours))

    assert [cost(each) for each in addresses] == one
    assert max(one) <= 6


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("of_stage", [False, True])
@pytest.mark.parametrize("behind", ["", "moment", "person"])
def test_every_order_stands_behind_an_index(db, order, of_stage, behind):
    statement = _statement(order, False, of_stage, (), behind, False, False)

    plan = plan_of(db, statement)

    # Of an empty table PostgreSQL finds either fit; what counts is that no row is sorted.
    which = "stage" if of_stage else "listed"
    which = f"(listed|{which})" if db.bind.dialect.name == "postgresql" else which
    assert re.search(f"ix_client_{which}_{order.value}", plan), plan
    assert not re.search(r"TEMP B-TREE|Sort", plan), plan


def plan_of(db, statement):
    """How the database would go about it, with a table so large that it minds."""
    said = {
        "therapist_id": 1,
        "stage": "joined",
        "after": "x",
        "after_moved_at": None,
        "word_0": 1,
        "word_1": 1,
    }
    compiled = statement.params(
        {name: said[name] for name in statement.compile().params if name in said}
    ).compile(dialect=db.bind.dialect, compile_kwargs={"literal_binds": True})
    if db.bind.dialect.name == "sqlite":
        return "\n".join(row[-1] for row in db.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    with db.bind.connect() as connection:
        # Of an empty table every plan is as good as another; this leaves those with an index.
        connection.execute(text("SET enable_seqscan = off"))
        connection.execute(text("SET enable_sort = off"))
        connection.execute(text("SET enable_bitmapscan = off"))
        return "\n".join(row[0] for row in connection.execute(text(f"EXPLAIN {compiled}")))


def invited(db, ada, number, *, name="", now, **more):
    invitation = Invitation(
        therapist_id=ada.id,
        email=f"kit-{number}@example.org",
        token_hash=f"nobody's-{number}",
        mailed_at=now - timedelta(hours=number),
        expires_at=now + timedelta(days=14),
        **more,
    )
    db.add(invitation)
    db.flush()
    key = own_key(db, ada, now=now)
    if name:
        invitation.sealed_name = seal(db, key, name, of=f"invitation.name:{invitation.reference}")
    db.flush()
    return invitation


def test_whoever_was_invited_and_has_not_come_is_a_list_of_its_own(db, adas, ada, bea, sam, now):
    open_one = invited(db, ada, 1, name="Kit Lowe", now=now)
    invited(db, ada, 2, now=now, joined_at=now)
    invited(db, ada, 3, now=now, revoked_at=now)
    invited(db, ada, 4, now=now).expires_at = now - timedelta(days=1)
    invited(db, bea, 5, now=now)
    db.flush()

    page = adas.open("/desk/clients?stage=invited")

    assert names_on(page) == ["Kit Lowe", "kit-4@example.org"]
    assert "The link works until 15 Mar 2027." in page.text
    assert "Its time is over" in page.text
    assert f"#i-{open_one.reference}" in next(page.root.all("a", class_="card")).get("href")
    assert names_on(adas.open("/desk/clients?stage=invited&q=low")) == ["Kit Lowe"]
    assert names_on(adas.open("/desk/clients?stage=invited&q=kit-4")) == ["kit-4@example.org"]
    assert names_on(adas.open("/desk/clients?stage=invited&sort=address&reversed=yes")) == [
        "kit-4@example.org",
        "Kit Lowe",
    ]
    assert names_on(adas.open("/desk/clients?stage=invited&until=2027-02-28")) == []


def test_fifty_who_were_invited_stand_on_a_page(db, adas, ada, now):
    for number in range(52):
        invited(db, ada, number, now=now)

    page = adas.open("/desk/clients?stage=invited")
    assert len(names_on(page)) == 50
    page = adas.open(page.link_called("The next fifty").get("href"))

    assert names_on(page) == ["kit-50@example.org", "kit-51@example.org"]


def test_what_was_offered_is_theirs_to_choose_and_not_to_be_answered(db, adas, ada, sam, ten):
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=Status.PROPOSED)

    page = adas.open("/desk/clients")

    assert "They choose by" in page.text
    assert "Answer by" not in page.text
