"""A therapist at the desk of a practice."""

from __future__ import annotations

import pytest

from tests import make


@pytest.fixture
def ada(db):
    return make.therapist(db, name="Ada Marsh", time_zone="UTC")


@pytest.fixture
def desk(browser, ada):
    """Ada, signed in, with two factors."""
    browser.sign_in(ada, is_strong=True)
    return browser


@pytest.fixture
def willow(db):
    return make.practice(db, name="Willow Street", country="GB")
