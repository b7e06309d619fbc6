"""Somebody reads what comes with the portal, and says so, or does not."""

from __future__ import annotations

from portal.reading.services import import_shipped_readings
from tests import make


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
