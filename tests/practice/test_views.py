"""What the practice says about privacy and accessibility."""

from __future__ import annotations

import pytest

from tests import make


@pytest.mark.parametrize("heading", ["Privacy", "Accessibility"])
def test_the_page_is_one_press_from_everywhere(db, browser, heading):
    make.practice(db, name="Willow Street Practice")

    browser.open("/no-such-page", expect=404)
    page = browser.follow(heading)

    assert page.heading == heading
    assert "Willow Street Practice" in page.text


def test_the_cookies_are_those_that_are_spoken_of(db, browser):
    assert "There are two cookies." in browser.open("/privacy").text
    assert "Set-Cookie" not in browser.response.headers

    browser.open("/sign-in")

    assert [cookie.split("=")[0] for cookie in browser.response.headers.getlist("Set-Cookie")] == [
        "__Host-foyer"
    ]
