"""What is shipped for running it in earnest says the same as the portal: the front's file, and the units."""

from __future__ import annotations

import re

import pytest

from config import ROOT
from portal.web.doors import MOST_BYTES, larger_bodies

DEPLOY = ROOT / "deploy"
FRONT = (DEPLOY / "nginx.conf").read_text()


def said(name):
    """The values of a directive, wherever it stands."""
    return re.findall(rf"^\s*{name}\s+([^;]+);", FRONT, re.MULTILINE)


def passed_on():
    return dict(each.split(None, 1) for each in said("proxy_set_header"))


def test_the_front_takes_in_whole_bodies_and_waits_for_nobody_for_ever():
    assert said("proxy_request_buffering") == ["on"]
    for limit in ("client_header_timeout", "client_body_timeout", "send_timeout", "proxy_connect_timeout"):
        (seconds,) = said(limit)
        assert int(seconds.removesuffix("s")) <= 30, limit


def test_what_is_too_large_is_the_portal_s_to_refuse_in_its_own_words(app):
    """Where a file is brought too: the front lets in a little more than the portal takes."""
    most, most_of_a_file = (
        int(each.removesuffix("m")) * 1024 * 1024 for each in said("client_max_body_size")
    )
    (with_files,) = re.findall(r"location ~ (\S+) {", FRONT)
    larger = larger_bodies(app)

    assert MOST_BYTES < most < 2 * MOST_BYTES
    assert max(larger.values()) < most_of_a_file < 2 * max(larger.values())
    assert [path for path in larger if not re.search(with_files, path)] == []


def test_there_is_no_way_without_tls_and_none_with_an_old_one():
    assert said("return") == ["301 https://portal.example.org$request_uri"]
    assert said("ssl_protocols") == ["TLSv1.2 TLSv1.3"]
    (ciphers,) = said("ssl_ciphers")
    # Forward secrecy, and sealed with its own proof, each of them.
    assert all(
        re.fullmatch(r"ECDHE-\w+-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", c) for c in ciphers.split(":")
    )


def test_nothing_that_a_visitor_says_of_themselves_is_passed_on():
    headers = passed_on()

    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("$remote_addr", "$scheme")
    for name in ("X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded"):
        assert headers[name] == '""', name


def test_addresses_with_secrets_in_them_are_not_written_into_the_front_s_log():
    assert said("access_log") == ["off", "off"]


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is_and_lets_nobody_else_read_it(app, unit):
    text = unit.read_text()
    (command,) = re.findall(r"^ExecStart=/opt/foyer/.venv/bin/python -m portal (.+)$", text, re.MULTILINE)

    found = app.cli
    for name in command.split():
        found = found.get_command(None, name)
        assert found is not None, command
    for line in ("User=foyer", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert f"\n{line}\n" in text
