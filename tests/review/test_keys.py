"""The desk by keyboard, in Chromium."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Client, Therapist
from tests import make
from tests.chromium import new_page, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def page(db, chromium, address, now):
    """Ada's desk, on which Sam and Kit wait."""
    make.practice(db)
    ada = make.therapist(db)
    make.working_hours(db, ada)
    for name in ("Sam Reed", "Kit Lowe"):
        make.intake(db, client=make.client(db, name=name, therapist=ada), sent_at=now, said={"name": name})
    page = new_page(chromium)
    sign_in(page, address, ada)
    page.goto(f"{address}/desk")
    yield page
    page.context.close()


def focused(page):
    # Of a page with something in it: the next one may still be empty.
    return page.locator("body").evaluate(
        "() => document.activeElement.closest('.queue a')?.querySelector('strong').textContent ?? ''"
    )


def test_j_and_k_go_through_the_queue_and_enter_opens(page):
    names = page.locator("main .queue strong").all_text_contents()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == names[1]
    page.keyboard.press("k")
    assert focused(page) == names[0]

    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=names[0]).wait_for()
    # The script that listens shows it.
    page.locator("[data-desk-keys]").wait_for()
    page.keyboard.press("j")

    page.get_by_role("heading", level=1, name=names[1]).wait_for()
    page.locator("[data-desk-keys]").wait_for()
    page.keyboard.press("t")
    page.wait_for_url("**/desk")


def test_the_keys_can_be_switched_off_and_stay_so(page):
    page.get_by_role("button", name="Switch them off").click()
    page.reload()
    page.keyboard.press("j")

    assert focused(page) == ""
    page.get_by_role("button", name="Switch them on").click()
    page.keyboard.press("j")
    assert focused(page) != ""


def test_a_key_together_with_another_is_left_to_the_browser(page):
    page.keyboard.press("Control+j")
    page.keyboard.press("Shift+J")

    assert focused(page) == ""


def test_a_consultation_is_placed_from_the_diary_by_keyboard(page, address):
    page.goto(f"{address}/desk/calendar?week=2027-03-01")
    page.get_by_role("link", name="Place at Tue 2 March, 10:00").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Who").focus()
    page.keyboard.type("Sam")
    page.get_by_label("Begins at").focus()
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="Tuesday 2 March, 10:00").wait_for()
    page.goto(f"{address}/desk/calendar?week=2027-03-01")
    page.get_by_role("link", name="10:00 S.R.").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Sam Reed").wait_for()


@pytest.mark.parametrize("path", ["/desk/clients", "/desk/messages"])
def test_lists_of_people_are_gone_through_in_the_same_way(db, page, address, path):
    for client in db.scalars(select(Client).options(joinedload(Client.data_key))).all():
        make.message(db, client=client, therapist=db.scalars(select(Therapist)).one())
    page.goto(f"{address}{path}")
    page.locator("[data-desk-keys]").wait_for()
    names = page.locator("main .queue strong").all_text_contents()

    page.keyboard.press("j")
    page.keyboard.press("j")

    assert len(names) == 2
    assert focused(page) == names[1]
