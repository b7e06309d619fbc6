"""The page about FHIR names all that is read, and every address that is the portal's own."""

from __future__ import annotations

import re
from pathlib import Path

from portal.intake import fhir_reading, fhir_response, fhir_shapes, fhir_writing
from portal.intake.fhir_mending import TYPES
from portal.intake.fhir_shapes import DEEPEST_ITEM, MOST_BYTES
from portal.intake.questionnaire import MOST_ITEMS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fhir.md").read_text()


def test_every_address_of_our_own_is_explained():
    modules = (fhir_shapes, fhir_reading, fhir_writing, fhir_response)
    own = {
        each.removeprefix(f"{fhir_shapes.OURS}/")
        for module in modules
        for each in vars(module).values()
        if isinstance(each, str) and each.startswith(f"{fhir_shapes.OURS}/")
    }

    explained = {
        each.removesuffix("/NAME") for each in re.findall(r"^\| `([A-Z]\w+/[\w-]+)`", PAGE, re.MULTILINE)
    }

    assert explained == own
    assert fhir_shapes.OURS in PAGE


def test_every_type_and_every_bound_is_there():
    assert [each for each in sorted(TYPES) if f"`{each}`" not in PAGE] == []
    for bound in (
        f"{MOST_BYTES // 1_000_000} MB",
        f"{MOST_ITEMS:,} items".replace(",", " "),
        f"{DEEPEST_ITEM} levels",
    ):
        assert bound in PAGE
