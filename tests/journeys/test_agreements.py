"""Agreements from both sides: written, read, agreed to or not, taken back, replaced."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.consent.lifecycle import TextStatus
from portal.consent.models import Agreement, ConsentVersion
from portal.consent.services import shipped_documents
from portal.consent.wording import unmarked
from portal.jobs.models import Job
from tests import make
from tests.browser import Browser
from tests.pdf import read

NAME = "Your name, as your signature"
SIGNED = "You agreed on Monday 1 March 2027, 09:00 (Europe/London, UTC+0), signed Samuel Reed."


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def text(db):
    return make.agreement_text(db, markdown="## One\n\nA few words.\n\nAnd some more.")


@pytest.fixture
def desk(app, ada):
    desk = Browser(app)
    desk.sign_in(ada)
    return desk


def sign(browser, text, name="Samuel Reed"):
    browser.open(f"/agreements/{text.document.reference}")
    browser.fill(NAME, name)
    return browser.press("I agree")


def write(desk, text, markdown, *, tell=True):
    """The desk writes the next version and publishes it."""
    desk.open(f"/desk/agreements/{text.document.reference}/draft")
    desk.fill("Text", markdown)
    page = desk.press("Save, and see how it reads")
    if not tell:
        return page
    return desk.press("Publish")


# The client


def test_a_client_reads_and_agrees_and_keeps_a_copy(sam, text, browser):
    browser.sign_in(sam)
    assert "There is a text to read, and to agree to if you like" in browser.open("/next").text
    browser.follow("Agreements")
    page = browser.follow("What stays between us Not yet")
    assert page.heading == "What stays between us"
    assert "Nothing is closed to you if you do not" in page.text

    page = sign(browser, text)

    assert SIGNED in page.text
    assert "Your therapist sees exactly this." in page.text
    assert "There is a text to read" not in browser.open("/next").text
    browser.open(f"/agreements/{text.document.reference}")
    link = browser.page.link_called("Keep a copy (PDF)").get("href")
    answer = browser.http.get(link, base_url="https://portal.test")
    paper = read(answer.data)
    assert SIGNED in paper.text
    assert "A few words." in paper.text
    assert text.text_hash in paper.text.replace(" ", "")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="copy-2027-03-01.pdf"'
    assert paper.title == "Copy"


def test_not_now_changes_nothing_and_asks_nothing(db, sam, text, browser):
    browser.sign_in(sam)
    browser.open(f"/agreements/{text.document.reference}")

    page = browser.follow("Not now")

    assert page.heading == "Your next step"
    assert db.scalars(select(Agreement)).all() == []


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("  ", "Type your name to agree, or go on without: nothing depends on it"),
        ("S" * 121, "Keep it under 120 characters"),
    ],
)
def test_a_name_that_cannot_be_is_said_at_its_field(db, sam, text, browser, name, error):
    browser.sign_in(sam)

    assert sign(browser, text, name).errors == [error]
    assert db.scalars(select(Agreement)).all() == []


def test_markup_in_a_name_is_a_name(sam, text, browser):
    browser.sign_in(sam)

    assert "signed <b>Sam</b>." in sign(browser, text, "<b>Sam</b>").text


def test_who_does_not_agree_says_so_and_can_agree_later(sam, text, browser, desk):
    browser.sign_in(sam)
    browser.open(f"/agreements/{text.document.reference}")

    page = browser.press("I do not agree")
    assert "You said on Monday 1 March 2027, 09:00 (Europe/London, UTC+0) that you do not agree." in page.text
    # Who has said so is not asked again.
    assert "There is a text to read" not in browser.open("/next").text
    assert "Not agreed" in desk.open(f"/desk/clients/{sam.reference}").text

    assert SIGNED in sign(browser, text).text


def test_what_was_agreed_to_is_taken_back_with_one_press(sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)

    page = browser.press("Take it back")

    taken_back = "Taken back on Monday 1 March 2027, 09:00 (Europe/London, UTC+0)."
    assert f"{SIGNED} {taken_back}" in page.text
    assert page.buttons == ["I agree", "I do not agree"]
    assert "Taken back" in desk.open(f"/desk/clients/{sam.reference}").text


def test_a_newer_version_asks_again_and_shows_what_has_changed(db, sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)
    write(desk, text, "## One\n\nOther words.\n\nAnd some more.\n\nAnd a last word.")

    assert "There is a text to read" in browser.open("/next").text
    browser.follow("Agreements")
    assert "You agreed to version 1. There is a newer one to read." in browser.page.text
    page = browser.open(f"/agreements/{text.document.reference}")
    assert "What has changed since you agreed" in page.text
    assert "Changed Before: A few words. Now: Other words. New And a last word." in page.text
    page = browser.follow("version 1")
    assert "There is a newer version. This is the text as it was." in page.text
    assert SIGNED in page.text
    assert "A few words." in page.text
    assert page.buttons == ["Take it back"]

    sign(browser, text, "S. Reed")
    lines = desk.open(f"/desk/clients/{sam.reference}").text
    assert "Version 2: agreed on Monday 1 March 2027, 09:00 (Europe/London, UTC+0), signed S. Reed." in lines
    assert (
        "Version 1: agreed on Monday 1 March 2027, 09:00 (Europe/London, UTC+0), signed Samuel Reed." in lines
    )


def test_a_version_that_was_replaced_while_it_was_read_is_not_signed(db, sam, text, browser, desk):
    browser.sign_in(sam)
    browser.open(f"/agreements/{text.document.reference}")
    browser.fill(NAME, "Samuel Reed")
    write(desk, text, "Other words.")

    page = browser.press("I agree", expect=409)

    assert "A newer version was published while you were reading." in page.text
    assert "Other words." in page.text
    assert page.field_labelled(NAME).get("value") == "Samuel Reed"
    assert db.scalars(select(Agreement)).all() == []
    browser.press("I agree")
    assert db.scalars(select(ConsentVersion.number).join(Agreement)).one() == 2


def test_so_it_is_for_who_had_said_something_to_it_before(db, sam, text, browser, desk):
    browser.sign_in(sam)
    browser.open(f"/agreements/{text.document.reference}")
    browser.press("I do not agree")
    browser.fill(NAME, "Samuel Reed")
    write(desk, text, "Other words.")

    page = browser.press("I agree", expect=409)

    assert "A newer version was published while you were reading." in page.text
    assert [each.value for each in db.scalars(select(Agreement.status))] == ["rejected"]


def test_pressing_twice_agrees_once(app, db, sam, text, browser):
    other = Browser(app)
    for each in (browser, other):
        each.sign_in(sam)
        each.open(f"/agreements/{text.document.reference}")
        each.fill(NAME, "Samuel Reed")

    browser.press("I agree")
    page = other.press("I agree")

    assert page.text.count("You agreed on") == 1
    assert len(db.scalars(select(Agreement)).all()) == 1


def test_a_retired_text_is_found_by_who_agreed_to_it_and_nobody_else(db, ada, sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)
    desk.open(f"/desk/agreements/{text.document.reference}")
    desk.press("Retire it")

    page = browser.open(f"/agreements/{text.document.reference}")
    assert "Nobody is asked about this any more." in page.text
    assert "Take it back" in page.buttons
    browser.sign_in(make.client(db, therapist=ada))
    browser.open(f"/agreements/{text.document.reference}", expect=404)
    assert "There is nothing here that you are asked to agree to." in browser.open("/agreements").text


def test_a_draft_and_a_version_that_never_was_are_not_found(db, sam, text, browser):
    draft = make.agreement_text(db, status=TextStatus.DRAFT)
    browser.sign_in(sam)

    browser.open(f"/agreements/{draft.document.reference}", expect=404)
    browser.open(f"/agreements/{text.document.reference}/versions/7", expect=404)
    browser.open(f"/agreements/{text.document.reference}/versions/7.pdf", expect=404)
    browser.open("/agreements/nothing", expect=404)


def test_without_texts_nothing_is_said_of_them(sam, browser):
    browser.sign_in(sam)

    assert "Agreements" not in browser.open("/next").text


def test_the_next_step_costs_no_query_more_for_it(sam, text, browser, queries):
    browser.sign_in(sam)
    browser.open("/next")

    with queries() as seen:
        browser.open("/next")

    assert len(seen) <= 4


# The desk


def test_a_practice_begins_with_the_three_drafts_and_publishes_none_by_itself(db, sam, browser, desk):
    desk.open("/desk/practice")
    desk.follow("Look at them (agreements)")
    page = desk.press("Take the three drafts")
    assert page.text.count("A draft waits") == 3
    assert set(db.scalars(select(ConsentVersion.status))) == {TextStatus.DRAFT}
    browser.sign_in(sam)
    assert "nothing here that you are asked" in browser.open("/agreements").text

    desk.follow("When a time does not fit after all A draft waits Clients do not see it.")
    page = desk.follow("Read it, and publish")
    assert "The text still says of itself that it is a draft." in page.text
    assert "Publish" not in page.buttons
    desk.follow("Go on writing")
    desk.fill("Text", unmarked(shipped_documents()[0].markdown))
    desk.press("Save, and see how it reads")
    page = desk.press("Publish")

    assert "Published. Clients can read it from now on" in page.text
    assert "When a time does not fit after all" in browser.open("/agreements").text


def test_a_text_of_the_practice_s_own_is_written_previewed_and_published(desk, ada):
    desk.open("/desk/agreements")
    desk.follow("Write one yourself")
    assert desk.press("Save, and see how it reads").errors == ["Write a title", "Write the text"]
    desk.fill("Title", "How we write to one another")
    desk.fill("Text", "Here, and **never** elsewhere. <script>alert(1)</script>")
    page = desk.press("Save, and see how it reads")

    assert page.heading == "How we write to one another"
    assert "A draft. Clients do not see it." in page.text
    assert "<script>alert" not in page.source
    desk.press("Publish")
    assert "Version 1, published Monday 1 March 2027" in desk.page.text


def test_who_agrees_is_told_of_the_next_version_if_the_desk_wants_it(app, db, sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)

    page = write(desk, text, "Other words.", tell=False)
    assert (
        "Tell those who agree to the version before, by mail, that there is something to read (1)"
        in page.text
    )
    assert "Changed Before: One Now: Other words." in page.text
    desk.press("Publish")

    assert db.scalars(select(Job.kind)).all() == ["tell-of-text"]


def test_two_desks_lose_nothing_of_one_another(app, db, ada, text, desk):
    other = Browser(app)
    other.sign_in(ada)
    for each in (desk, other):
        each.open(f"/desk/agreements/{text.document.reference}/draft")
    desk.fill("Text", "Theirs.")
    desk.press("Save, and see how it reads")
    other.fill("Text", "Mine.")

    page = other.press("Save, and see how it reads", expect=409)

    assert "Somebody has saved another draft meanwhile" in page.text
    assert "Theirs." in page.text
    assert page.field_labelled("Text").text == "Mine."
    other.press("Save, and see how it reads")
    desk.press("Publish")
    assert "Somebody has changed the draft since this page was opened." in desk.page.text
    assert "Mine." in desk.page.text


def test_lines_that_end_as_browsers_end_them_are_no_change(text, desk):
    page = write(desk, text, text.markdown.replace("\n", "\r\n"), tell=False)

    assert "Nothing: it is published word for word as it stands here." in page.text
    assert "Publish" not in page.buttons


def test_a_draft_is_thrown_away(db, text, desk):
    write(desk, text, "Other words.", tell=False)
    desk.follow("Go on writing")

    page = desk.press("Throw it away")

    assert "The draft is gone." in page.text
    assert len(db.scalars(select(ConsentVersion)).all()) == 1


def test_the_therapist_sees_the_text_and_the_name_as_the_client_does(db, sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)
    desk.open(f"/desk/clients/{sam.reference}")
    page = desk.follow("Version 1")

    assert (
        "They agreed on Monday 1 March 2027, 09:00 (Europe/London, UTC+0), signed Samuel Reed." in page.text
    )
    assert "A few words." in page.text


def test_a_person_s_page_says_not_yet_and_not_whether_they_should(sam, text, desk):
    page = desk.open(f"/desk/clients/{sam.reference}")

    assert "Agreements What stays between us Not yet" in page.text


def test_another_s_agreement_is_not_found(db, sam, text, browser, desk, ada):
    browser.sign_in(sam)
    sign(browser, text)
    agreement = db.scalars(select(Agreement.reference)).one()
    kit = make.client(db, therapist=ada)
    address = f"/desk/agreements/of/{sam.reference}/{agreement}"
    desk.open(address)

    desk.open(f"/desk/agreements/of/{kit.reference}/{agreement}", expect=404)
    browser.sign_in(make.therapist(db, name="Bo"))
    browser.open(address, expect=404)
    browser.sign_in(sam)
    browser.open(address, expect=404)
    browser.open("/desk/agreements", expect=404)


def test_the_paper_file_names_the_agreements(sam, text, browser, desk):
    browser.sign_in(sam)
    sign(browser, text)

    answer = desk.http.get(f"/desk/clients/{sam.reference}.pdf", base_url="https://portal.test")

    assert (
        "Agreements What stays between us Version 1: agreed on Monday 1 March 2027, 09:00"
        " (Europe/London, UTC+0), signed Samuel Reed." in read(answer.data).text
    )


def test_a_person_costs_ten_queries_with_all_that_there_is(db, now, sam, text, browser, desk, queries):
    version = make.questionnaire_version(db)
    make.lamp(db, make.intake(db, client=sam, version=version, sent_at=now), lit_at=now)
    browser.sign_in(sam)
    sign(browser, text)

    def cost():
        desk.open(f"/desk/clients/{sam.reference}")
        with queries() as seen:
            desk.open(f"/desk/clients/{sam.reference}")
        return len(seen)

    one = cost()
    for title in ("Two", "Three"):
        sign(browser, make.agreement_text(db, title=title))

    assert cost() == one <= 10


def test_the_commands_bring_drafts_in(app, db, tmp_path):
    outcome = app.test_cli_runner().invoke(args=["agreement", "import"])
    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.count("(draft, /desk/agreements/") == 3

    unfit = tmp_path / "text.md"
    unfit.write_text("no front matter")
    outcome = app.test_cli_runner().invoke(args=["agreement", "import", str(unfit)])
    assert outcome.exit_code == 1
    long = tmp_path / "long.md"
    long.write_text("---\ntitle: Long\nslug: long\n---\n" + "word " * 5000)
    assert "too long" in app.test_cli_runner().invoke(args=["agreement", "import", str(long)]).output
    assert len(db.scalars(select(ConsentVersion)).all()) == 3
