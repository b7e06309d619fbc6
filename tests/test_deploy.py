"""What is shipped for running it in earnest says the same as the portal: the front's file, and the units."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

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


ADVISORIES = DEPLOY / "foyer-advisories.service"
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("unit", [each for each in UNITS if each != ADVISORIES], ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is_and_lets_nobody_else_read_it(app, unit):
    text = unit.read_text()
    (command,) = re.findall(r"^ExecStart=/opt/foyer/.venv/bin/python -m portal (.+)$", text, re.MULTILINE)

    found = app.cli
    for name in command.split():
        found = found.get_command(None, name)
        assert found is not None, command
    for line in ("User=foyer", "UMask=0077", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert f"\n{line}\n" in text


@pytest.mark.parametrize("timer", sorted(DEPLOY.glob("*.timer")), ids=lambda path: path.stem)
def test_a_timer_starts_a_unit_that_is_there_each_day_and_makes_up_for_a_day_off(timer):
    text = timer.read_text()

    assert timer.with_suffix(".service") in UNITS
    assert re.search(r"^OnCalendar=\*-\*-\* \d\d:\d\d$", text, re.MULTILINE)
    assert "\nPersistent=true\n" in text


def directives(unit):
    """What each directive of a unit says, in order."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_who_asks_the_internet_sees_nothing_of_the_portal_and_is_held_as_closely_as_its_units():
    asks, portal = directives(ADVISORIES), directives(DEPLOY / "foyer-backup.service")

    assert asks["User"] != portal["User"]
    # What would be for the portal: its settings, and with them its keys.
    assert not {"EnvironmentFile", "Environment"} & asks.keys()
    hidden = asks["InaccessiblePaths"][0].split()
    assert {f"-{path}" for path in ("/var/lib/foyer", *portal["EnvironmentFile"])} == set(hidden)
    own = {"User", "WorkingDirectory", "EnvironmentFile", "Environment", "StateDirectory"}
    for name in portal.keys() - own - {"Description", "ExecStart", "StateDirectoryMode", "UMask"}:
        assert asks[name] == portal[name], name


def test_the_portal_can_read_what_was_found():
    """Below DynamicUser=, the folder would be nobody else's to enter."""
    asks = directives(ADVISORIES)

    assert (asks["StateDirectoryMode"], asks["UMask"]) == (["0755"], ["0022"])
    assert "DynamicUser" not in asks
    (folder,) = asks["StateDirectory"]
    report = f"/var/lib/{folder}/advisories.json"
    assert asks["ExecStartPost"][0].split()[-1] == report
    assert f"`PORTAL_ADVISORIES={report}`" in (ROOT / "README.md").read_text()


@pytest.fixture
def asked(tmp_path):
    """Run the unit's commands with a script in pip-audit's place: whether they went well, to systemd."""
    kept = tmp_path / "foyer-advisories"
    kept.mkdir()
    program = tmp_path / "pip-audit"

    def asked(script):
        program.write_text(f'#!/bin/sh\nfor output; do :; done\necho "$@" > {tmp_path}/arguments\n{script}\n')
        program.chmod(0o755)
        asks = directives(ADVISORIES)
        fine = {0, *map(int, asks["SuccessExitStatus"])}
        for name in ("ExecStartPre", "ExecStart", "ExecStartPost"):
            (line,) = asks[name]
            line = line.replace("/var/lib/foyer-advisories", str(kept))
            command = shlex.split(line.replace("/opt/pip-audit/bin/pip-audit", str(program)))
            code = subprocess.run(command, capture_output=True, check=False).returncode
            if code not in (fine if name == "ExecStart" else {0}):
                return False
        return True

    return asked


def test_pip_audit_is_asked_about_the_lock_in_a_form_that_check_can_read(asked, tmp_path):
    assert asked('echo "{}" > "$output"')

    said = (tmp_path / "arguments").read_text()
    assert said.startswith("-r /opt/foyer/requirements.lock --disable-pip --require-hashes ")
    assert " --format json --output " in said


def test_a_report_that_something_is_known_is_kept(asked, tmp_path):
    assert asked('echo "something is known" > "$output"; exit 1')

    report = tmp_path / "foyer-advisories" / "advisories.json"
    assert report.read_text() == "something is known\n"
    assert os.listdir(report.parent) == ["advisories.json"]


def test_where_it_could_not_look_the_report_from_before_stays_and_grows_old(asked, tmp_path):
    report = tmp_path / "foyer-advisories" / "advisories.json"
    report.write_text("from before")
    # What an interruption left behind is not taken for a report.
    report.with_name("advisories.json.new").write_text("half of")

    assert not asked("exit 1")
    assert not asked('echo "half of" > "$output"; exit 2')
    assert report.read_text() == "from before"
