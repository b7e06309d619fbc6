"""Whoever keeps a diary in these tests."""

from __future__ import annotations

import pytest

from tests import make


@pytest.fixture
def ada(db):
    make.practice(db)
    return make.therapist(db)
