"""A therapist writes readings, and sees them as clients would."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.reading.models import Reading, ReadingRevision
from portal.web.own_address import own_address
from tests import make
from tests.browser import Browser


@pytest.fixture
def ada(db, browser):
    ada = make.therapist(db)
    browser.sign_in(ada)
    return ada


def write(browser, text, *, title="On rest"):
    browser.open("/desk/readings/new")
    browser.fill("Title", title)
    browser.fill("Text", text)
    return browser.press("Save")


def sign_in(browser, person):
    browser.fill("Email address", person.email)
    browser.fill("Password", make.PASSWORD)
    browser.press("Sign in")


def tags(page):
    return [tag.text for tag in page.root.all("span", class_="tag")]


def test_from_the_first_word_to_the_published_page(app, db, browser, ada):
    page = write(browser, "Some *words*.")
    assert (page.heading, tags(page)) == ("On rest", ["Draft"])
    assert page.title.startswith("Reading – ")

    page = browser.press("Publish it")
    assert tags(page) == ["Published, version 1"]
    clients = Browser(app)
    clients.sign_in(make.client(db))
    assert "Some words." in clients.open("/reading/on-rest").text

    browser.follow("Go on writing")
    browser.fill("Text", "Some other *words*.")
    page = browser.press("Save")
    assert tags(page) == ["Published, version 1", "A newer draft"]
    assert "Some words." in clients.open("/reading/on-rest").text
    assert "Added: other" in browser.follow("What the draft changes").text

    browser.open(f"/desk/readings/{db.scalar(select(Reading.reference))}")
    browser.press("Publish this draft")
    assert "Some other words." in clients.open("/reading/on-rest").text
    browser.press("Withdraw it")
    clients.open("/reading/on-rest", expect=404)


def test_drafts_are_never_seen_by_clients(app, db, browser, ada):
    write(browser, "Nobody sees the heron.", title="About herons")
    clients = Browser(app)
    clients.sign_in(make.client(db))

    for address in ("/reading", "/next", "/"):
        assert "heron" not in clients.open(address).source
    for address in ("/reading/about-herons", "/reading/about-herons/passages", "/desk/readings"):
        clients.open(address, expect=404)


def test_a_preview_shows_what_is_typed_and_saves_nothing(db, browser, ada):
    reading = make.reading(db, markdown="Old.")

    browser.open(f"/desk/readings/draft?reading={reading.reference}")
    browser.fill("Text", "<script>alert(1)</script>\n\n## New *words*")
    page = browser.press("Preview")

    preview = next(page.root.all(id="preview"))
    assert [each.text for each in preview.all("h2", "em")] == ["A short reading", "New words", "words"]
    assert list(preview.all("script")) == []
    assert page.field_labelled("Text").text == "<script>alert(1)</script> ## New *words*"
    assert db.scalars(select(ReadingRevision.markdown)).all() == ["Old."]
    browser.press("Save")
    assert sorted(db.scalars(select(ReadingRevision.number))) == [1, 2]


def test_what_is_missing_or_too_long_is_said_at_its_field_and_nothing_is_lost(browser, ada):
    browser.open("/desk/readings/new")
    browser.fill("Text", "word " * 50_000)
    page = browser.press("Save")

    assert page.errors == ["Give it a title", "Keep it under 200 000 characters"]
    assert len(page.field_labelled("Text").text) == 249_999


def test_a_long_article_in_any_alphabet_is_taken(db, browser, ada):
    text = "слово " * 33_000

    write(browser, text)

    assert db.scalars(select(Reading.markdown)).all() == [text.strip()]


def test_who_saves_second_is_shown_both_texts(app, db, browser, ada):
    reading = make.reading(db, markdown="One two.", published_at=None)
    bea, beas = make.therapist(db, name="Bea Holm"), Browser(app)
    beas.sign_in(bea)
    for visitor in (browser, beas):
        visitor.open(f"/desk/readings/draft?reading={reading.reference}")

    beas.fill("Text", "One three.")
    beas.press("Save")
    browser.fill("Text", "One four.")
    page = browser.press("Save", expect=409)

    assert "Bea Holm saved another text" in page.text
    assert "One three." in page.text
    assert page.field_labelled("Text").text == "One four."
    browser.press("Save")
    texts = db.scalars(select(ReadingRevision.markdown).order_by(ReadingRevision.number)).all()
    assert texts == ["One two.", "One three.", "One four."]


def test_what_was_written_outlives_the_session(db, browser, now, later):
    """A long article, too, that no ordinary form could bring: it comes back after signing in again."""
    ada, reading = make.therapist(db), make.reading(db, markdown="Old.")
    text = "покой и тишина " * 13_000
    browser.open("/sign-in")
    sign_in(browser, ada)
    browser.open(f"/desk/readings/draft?reading={reading.reference}")
    later(now + timedelta(hours=3))

    browser.fill("Text", text)
    browser.press("Save", expect=403)
    sign_in(browser, ada)
    browser.press("Go on and save it")

    assert browser.path == f"/desk/readings/{reading.reference}"
    newest = select(ReadingRevision.markdown).order_by(ReadingRevision.number.desc())
    assert db.scalars(newest).first() == text.strip()


def test_readings_move_up_and_down_by_buttons(db, browser, ada):
    for position, title in enumerate(("First", "Second", "Third"), start=1):
        make.reading(db, title=title, position=position)

    page = browser.open("/desk/readings")
    assert [button.rpartition(": ")[0] for button in page.buttons] == ["↓ Down", "↑ Up", "↓ Down", "↑ Up"]
    page = browser.press("↑ Up: Third")
    assert [link.text for link in next(page.root.all("ol")).all("a")] == ["First", "Third", "Second"]
    page = browser.press("↓ Down: First")
    assert [link.text for link in next(page.root.all("ol")).all("a")] == ["Third", "First", "Second"]


def test_an_address_is_changed_and_one_that_is_taken_is_said_at_its_field(db, browser, ada):
    make.reading(db, slug="taken")
    reading = make.reading(db, slug="on-rest", published_at=None)

    browser.open(f"/desk/readings/{reading.reference}")
    for slug, words in (("taken", "Another reading is found there"), ("No Slug", "Use small letters")):
        browser.fill("Address", slug)
        page = browser.press("Change the address")
        assert words in page.errors[0]
        assert page.field_labelled("Address").get("value") == slug
    browser.fill("Address", "quiet")
    browser.press("Change the address")

    db.expire_all()
    assert reading.slug == "quiet"


def test_whoever_kept_the_old_address_is_led_to_the_new_one(app, db, browser, ada):
    reading = make.reading(db, slug="on-rest")
    clients = Browser(app)
    clients.sign_in(make.client(db))
    clients.open("/reading/on-rest/passages")
    browser.open(f"/desk/readings/{reading.reference}")
    browser.press("Withdraw it")
    browser.fill("Address", "quiet")
    browser.press("Change the address")
    browser.press("Publish it again")

    page = clients.press("Keep")
    assert "nothing was done" in page.text
    clients.open("/reading/on-rest/passages")

    assert clients.path == "/reading/quiet/passages"


def test_an_old_text_is_looked_at_compared_and_brought_back(db, browser, ada):
    reading = make.reading(db, markdown="The heron.")
    browser.open(f"/desk/readings/draft?reading={reading.reference}")
    browser.fill("Text", "The swan.")
    browser.press("Save")

    browser.follow("Earlier ones")
    page = browser.open(f"/desk/readings/{reading.reference}/revisions/1")
    assert "The heron." in page.text
    page = browser.follow("What has changed since")
    assert [[each.text for each in page.root.all(tag)] for tag in ("del", "ins")] == [
        ["Taken out: heron."],
        ["Added: swan."],
    ]
    browser.open(f"/desk/readings/{reading.reference}/revisions/1")
    browser.press("Bring it back")

    db.expire_all()
    texts = db.scalars(select(ReadingRevision.markdown).order_by(ReadingRevision.number)).all()
    assert texts == ["The heron.", "The swan.", "The heron."]


@pytest.mark.parametrize("place", ["revisions/7", "changes?from=7", "revisions/99999999999999999999"])
def test_what_is_not_there_is_not_found(db, browser, ada, place):
    reading = make.reading(db)

    browser.open(f"/desk/readings/{reading.reference}/{place}", expect=404)


@pytest.mark.parametrize("place", ["nobody", "draft", "draft?reading=nobody"])
def test_a_reading_that_is_not_there_is_not_found(browser, ada, place):
    browser.open(f"/desk/readings/{place}", expect=404)


def test_a_reading_is_taken_along_as_a_file_and_can_be_brought_in_again(db, browser, ada):
    text = "---\ntitle: 'On: rest'\nslug: quiet\nauthor: Ada\n---\n\nSome *words*.\n"
    browser.open("/desk/readings/import")
    browser.attach("A file of Markdown, HTML or plain text", text.encode(), name="rest.md")
    browser.press("Bring it in")

    reading = db.scalars(select(Reading)).one()
    answer = browser.http.get(f"/desk/readings/{reading.reference}/file", base_url="https://portal.test")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="reading.md"'
    for line in ("title: 'On: rest'", "slug: quiet", "author: Ada", "published: false", "Some *words*."):
        assert line in answer.text.splitlines()


def test_a_draft_is_thrown_away(db, browser, ada):
    write(browser, "Words.")

    page = browser.press("Yes, throw it away")

    assert page.heading == "Readings"
    assert db.scalars(select(Reading)).all() == []


def test_an_empty_draft_is_not_published(db, browser, ada):
    reading = make.reading(db, markdown="", published_at=None)
    page = browser.open(f"/desk/readings/{reading.reference}")

    assert "Publish it" not in page.buttons


def test_the_desks_pages_are_for_therapists(db, browser):
    reading = make.reading(db)
    browser.sign_in(make.client(db))

    for place in ("", "/new", "/import", f"/{reading.reference}", f"/draft?reading={reading.reference}"):
        assert own_address(f"/desk/readings{place}")
        browser.open(f"/desk/readings{place}", expect=404)


@pytest.mark.parametrize("how_many", [1, 3])
def test_pages_cost_the_same_for_one_reading_and_for_three(db, browser, ada, queries, how_many):
    readings = [make.reading(db, position=position) for position in range(how_many)]
    for _ in range(how_many - 1):
        browser.open(f"/desk/readings/draft?reading={readings[0].reference}")
        browser.fill("Text", f"Text {_}.")
        browser.press("Save")
    browser.open("/help-now")

    costs = []
    for place in ("", f"/{readings[0].reference}", f"/{readings[0].reference}/revisions"):
        with queries() as seen:
            browser.open(f"/desk/readings{place}")
        costs.append(len(seen))

    assert costs == [2, 3, 4]
