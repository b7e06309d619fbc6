"""Fields are written as WTForms writes them, and nothing that somebody typed is kept for the next form."""

from __future__ import annotations

import pytest
from wtforms import widgets

from portal.web import form

SETS = [
    {"name": "words", "id": "words", "maxlength": 4000, "aria_describedby": "words-hint"},
    {"name": "words", "id": "words", "required": True, "disabled": False},
    # Equal to the one before, and written differently.
    {"name": "words", "id": "words", "required": 1, "disabled": 0},
    {"name": "a\"b<c>&'d", "data_what": "it's"},
    {"name": "words", "data_what": {"a": 1}},
    {"name": "email", "value": 'sam"@<b>', "type": "email"},
]


@pytest.mark.parametrize("attributes", SETS)
def test_attributes_are_written_as_the_library_writes_them(attributes):
    for _ in range(2):
        assert widgets.core.html_params(**attributes) == form._params(**attributes)


def test_what_was_typed_is_not_kept():
    before = form._params_again.cache_info().currsize

    widgets.core.html_params(name="words", value="The heron")

    assert form._params_again.cache_info().currsize == before
