"""Where a visitor may be sent on to."""

from __future__ import annotations

import pytest

from portal.web.own_address import own_address

OWN = [
    "/",
    "/next",
    "/desk/clients/0123456789abcdef01",
    "/questions/what-brings-you",
    "/times?zone=Europe/London&from=2027-03-01",
    "/reading/coping?seen=caf%C3%A9",
    "/consultations/0123.ics",
]
FOREIGN = [
    None,
    "",
    " ",
    "next",
    "?next",
    "#next",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "ftp://evil.example",
    "mailto:a@evil.example",
    "evil.example",
    "@evil.example",
    " //evil.example",
    " /next",
    "/next ",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/next\r\nSet-Cookie: a=b",
    "/next\n",
    "/next%0d%0aSet-Cookie:%20a=b",
    "/next%00",
    "/next\x00",
    "/next\x7f",
    "/next\x85",
    "/next\u2028",
    "/%09/evil.example",
    "/%2f/evil.example",
    "/%2F%2Fevil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/a//evil.example",
    "/..//evil.example",
    "/next#//evil.example",
    "/next<script>",
    '/next"onclick=',
    "/%zz",
    "/%",
    "\N{FULLWIDTH SOLIDUS}/evil.example",
    "/\N{FULLWIDTH SOLIDUS}evil.example",
    "/\N{IDEOGRAPHIC FULL STOP}",
    "/é",
    "/" + "a" * 1000,
]


@pytest.mark.parametrize("text", OWN)
def test_the_portals_own_addresses_will_do(text):
    assert own_address(text) == text


@pytest.mark.parametrize("text", FOREIGN, ids=lambda text: ascii(text)[:60])
def test_nothing_else_will(text):
    assert own_address(text) is None
