"""What the countries and regions whose holidays are known are called. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

_SMALL = {"And": "and", "Of": "of", "The": "the"}


@cache
def country_names() -> Mapping[str, str]:
    """English names by ISO 3166-1 alpha-2 code, in the order of the names."""
    import holidays  # noqa: PLC0415  # a twentieth of the portal's start
    from holidays.registry import COUNTRIES  # noqa: PLC0415

    known = holidays.list_supported_countries(include_aliases=False)
    names = {codes[1]: _titled(name) for name, codes in COUNTRIES.items() if codes[1] in known}
    return MappingProxyType(dict(sorted(names.items(), key=lambda each: each[1])))


@cache
def region_names(country: str) -> Mapping[str, str]:
    """What the parts of a known country are called there, by code, in the order of the names."""
    import holidays  # noqa: PLC0415

    known = getattr(holidays, country)
    # The same part may go by several names; the first is the full one.
    aliases = reversed(list(getattr(known, "subdivisions_aliases", {}).items()))
    named = {code: name for name, code in aliases}
    names = {code: named.get(code, code) for code in known.subdivisions}
    return MappingProxyType(dict(sorted(names.items(), key=lambda each: each[1])))


def _titled(name: str) -> str:
    first, *rest = name.replace("_", " ").title().split(" ")
    return " ".join([first, *(_SMALL.get(word, word) for word in rest)])
