"""What is read from what was typed: addresses and time zones."""

from __future__ import annotations

import pytest

from portal.accounts.forms import address_in

# With three letters and an @ before it, 254 characters.
_LONG_DOMAIN = ".".join(["a" * 60] * 3 + ["a" * 59]) + ".example"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Sam@Foyer.Example", "sam@foyer.example"),
        ("sam+quiet@example.org", "sam+quiet@example.org"),
        ("sam@portal.test", "sam@portal.test"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
        ("", None),
        ("sam", None),
        ("sam@", None),
        ("sam@localhost", None),
        ("sam@example.org, kit@example.org", None),
        ("Sam <sam@example.org>", None),
        ("sam@example.org\nBcc: kit@example.org", None),
        ("sam@example.org\x00", None),
        ("sam @example.org", None),
        ('"sam reed"@example.org', None),
        ("sam@[127.0.0.1]", None),
        ("säm@example.org", None),
        ("a" * 65 + "@example.org", None),
        (f"sam@{_LONG_DOMAIN}", f"sam@{_LONG_DOMAIN}"),
        (f"same@{_LONG_DOMAIN}", None),
    ],
    ids=lambda text: ascii(text)[:40],
)
@pytest.mark.usefixtures("inside_app")
@pytest.mark.parametrize("database_url", ["sqlite://"])
def test_an_address_is_kept_in_lower_case_or_not_at_all(typed, address):
    assert address_in(typed) == address
