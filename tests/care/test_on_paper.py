"""What is closed on a screen, to be opened there, is open on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.chromium import new_page

pytestmark = pytest.mark.browser


def test_help_in_every_country_is_printed(chromium, address):
    page = new_page(chromium)
    page.goto(f"{address}/help-now")
    lines = page.locator(".countries details a[href^='tel:']").first
    expect(lines).to_be_hidden()

    page.emulate_media(media="print")

    expect(lines).to_be_visible()
    page.context.close()
