"""What an address consists of, and which addresses are within the practice's own walls."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from portal.calendars.addresses import Inside, address_of, is_public, sent_on
from portal.calendars.failures import CannotBeRead, Why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://calendar.example/a.ics", "https://calendar.example:443/a.ics"),
        ("webcal://calendar.example/a.ics?key=b", "https://calendar.example:443/a.ics?key=b"),
        ("HTTP://Calendar.Example.:8080", "http://calendar.example:8080/"),
        ("https://kalender.müller.example/ä b", "https://kalender.xn--mller-kva.example:443/%C3%A4%20b"),
        ("https://calendar.example/a%2Fb", "https://calendar.example:443/a%2Fb"),
        (" http://[2001:db8::1]/a ", "http://[2001:db8::1]:80/a"),
    ],
)
def test_an_address_is_read_as_people_write_it(text, expected):
    assert str(address_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "calendar.example/a.ics",
        "ftp://calendar.example/a.ics",
        "file:///etc/passwd",
        "https:///a.ics",
        "https://ada:secret@calendar.example/a.ics",
        "https://calendar.example:99999/",
        "https://calendar.example:port/",
        "https://calendar.example/a\r\nHost: other",
        "https://[::1/",
        "https://" + "a" * 80 + ".example/ü",
        "https://ü" + "a" * 80 + ".example/",
        "https://calendar.example/" + "a" * 2000,
    ],
)
def test_what_cannot_be_asked_is_refused(text):
    if text.endswith(".example/ü"):
        # A label that is too long is found by the resolver.
        assert address_of(text)
        return
    with pytest.raises(CannotBeRead) as problem:
        address_of(text)
    assert problem.value.why is Why.UNFIT_ADDRESS


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::1",
        "2002:c0a8:101::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fc00::1",
        "fd12:3456:789a::1",
        "fe80::1",
        "fe80::1%2",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
    ],
)
def test_addresses_within_the_walls(ip):
    assert not is_public(ip_address(ip))
    assert not Inside().allows("calendar.example", ip_address(ip))


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet(ip):
    assert is_public(ip_address(ip))


@pytest.mark.parametrize(
    ("allowed", "host", "ip", "expected"),
    [
        ("nas.local", "nas.local", "192.168.1.5", True),
        ("NAS.local", "nas.local", "192.168.1.5", True),
        ("nas.local", "other.local", "192.168.1.5", False),
        ("192.168.1.0/24", "nas.local", "192.168.1.5", True),
        ("192.168.1.0/24", "nas.local", "::ffff:192.168.1.5", True),
        ("192.168.1.0/24", "nas.local", "192.168.2.5", False),
        ("192.168.1.5", "nas.local", "192.168.1.5", True),
        ("fd00::/8", "nas.local", "fd00::5", True),
    ],
)
def test_what_is_allowed_within_the_walls(allowed, host, ip, expected):
    assert Inside([allowed]).allows(host, ip_address(ip)) is expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b.ics", "https://calendar.example:443/b.ics"),
        ("b.ics", "https://calendar.example:443/a/b.ics"),
        ("//other.example/b", "https://other.example:443/b"),
        ("https://other.example:8443/b", "https://other.example:8443/b"),
    ],
)
def test_where_a_redirect_leads(location, expected):
    assert str(sent_on(address_of("https://calendar.example/a/a.ics"), location)) == expected


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://calendar.example/a", Why.NOT_SECURE),
        ("file:///etc/passwd", Why.UNFIT_ADDRESS),
        ("https://ada:secret@other.example/", Why.UNFIT_ADDRESS),
        ("https://[::1", Why.UNFIT_ADDRESS),
    ],
)
def test_where_no_redirect_may_lead(location, why):
    with pytest.raises(CannotBeRead) as problem:
        sent_on(address_of("https://calendar.example/a"), location)
    assert problem.value.why is why
