"""Ada at her desk, with what the tests of the workshop begin from."""

from __future__ import annotations

import pytest

from tests import make


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db, name="Ada Marsh")


@pytest.fixture
def desk(browser, ada):
    browser.sign_in(ada)
    return browser
