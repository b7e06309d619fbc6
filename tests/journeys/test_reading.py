"""Somebody reads what comes with the portal, and says so, or does not."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.mail.models import OutgoingEmail
from portal.reading.services import import_shipped_readings
from tests import make
from tests.browser import Browser
from tests.journeys.test_the_whole_journey import TELLING


def test_a_client_reads_on_through_the_series(db, browser, now):
    import_shipped_readings(db, now=now)
    ada = make.therapist(db)
    browser.sign_in(make.client(db, therapist=ada))

    browser.open("/reading")
    browser.follow("The Difference Between Coping and Healing")
    assert browser.page.title.startswith("Reading – ")
    assert browser.page.link_called("The next step").get("href") == "/next"
    assert "Sober but Still Numb" not in browser.page.text

    page = browser.press("I have read it")
    assert "Your therapist can see that." in page.text
    assert "You said you have read it" in browser.open("/reading").text

    browser.open("/reading/coping-and-healing")
    page = browser.follow("Next What happens in a first consultation")
    assert "It lasts fifty minutes" in page.text
    assert "When you have read it" in page.text

    browser.open("/reading/sober-but-still-numb", expect=404)


def test_what_is_suggested_kept_shared_and_written_about_between_two_people(app, db, browser, now):
    """From the suggestion to the passage that the therapist sees; and what leaves the house tells nothing."""
    make.practice(db)
    import_shipped_readings(db, now=now)
    ada = make.therapist(db, name="Ada Marsh")
    sam, adas = make.client(db, therapist=ada), Browser(app)
    adas.sign_in(ada)
    browser.sign_in(sam)
    titles = []

    def look(visitor, address):
        titles.append(visitor.open(address).title)
        return visitor.page

    look(adas, f"/desk/clients/{sam.reference}/suggestions")
    adas.fill("A few words with it (optional)", "The part about resting.")
    adas.press("Suggest it")
    assert "The part about resting." in look(browser, "/next").text
    look(browser, "/reading/coping-and-healing/passages")
    browser.press("Keep")
    look(browser, "/kept")
    browser.press("Share with Ada Marsh")
    look(browser, "/messages")
    browser.fill("Your message", "I kept something for you.")
    browser.press("Send")

    page = look(adas, f"/desk/clients/{sam.reference}")
    assert "You have done the hard work of surviving." in page.text
    assert "I kept something for you." in page.text
    for address in ("/desk/messages", f"/desk/clients/{sam.reference}/messages", "/desk/readings"):
        look(adas, address)
    for link in [each.get("href") for each in adas.page.root.all("a")]:
        if re.match("/desk/readings/.", link):
            look(adas, link)

    assert len(titles) >= 12
    for title in titles:
        assert not TELLING.search(title.replace("Willow Street Practice", "")), title
    letters = db.execute(select(OutgoingEmail.subject, OutgoingEmail.body)).all()
    assert len(letters) == 2
    for subject, body in letters:
        assert not TELLING.search(subject + body), body
