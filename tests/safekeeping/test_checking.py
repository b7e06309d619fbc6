"""`check` says what is not safe yet and how to mend it, and nothing where there is nothing to mend."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from datetime import UTC, datetime, time, timedelta

import pytest
import trustme
from sqlalchemy import select, text, update

from config import ROOT, Environment
from portal.accounts.models import AuthenticatorApp, Passkey, Therapist
from portal.database import transaction
from portal.jobs.heartbeat import beat
from portal.jobs.models import Heartbeat, Job
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.practice.models import Practice
from portal.safekeeping.checking import CHECKS, Finding
from portal.safekeeping.keyfile import path_in
from portal.safekeeping.libraries import LOCK, LOCKED_ON, locked
from portal.vault.models import DataKey
from tests import make
from tests.journal.test_noting import without_triggers


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """Whom this machine trusts to vouch for a name."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    return authority


@pytest.fixture
def front():
    """Call it with what proves a name: the address at which somebody shows that to whoever comes."""
    with contextlib.ExitStack() as open_ones:

        def shown(proof):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            proof.configure_cert(context)
            listening = open_ones.enter_context(socket.create_server(("localhost", 0)))
            threading.Thread(target=_greet, args=(listening, context), daemon=True).start()
            return f"https://localhost:{listening.getsockname()[1]}"

        yield shown


def _greet(listening, context):
    with contextlib.suppress(OSError):
        while True:
            plain, _ = listening.accept()
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as sealed:
                sealed.recv(1)


@pytest.fixture
def production(another, db, now, people, tmp_path, authority, front, report):
    """A copy in which nothing is left to mend."""
    for_real = another(
        env=Environment.PRODUCTION,
        mail_url="smtp://mail.example.org:587",
        trusted_proxies=1,
        base_url=front(authority.issue_cert("localhost")),
        advisories=report(locked()),
    )
    practice = make.practice(db)
    practice.help_lines_confirmed_on = now.date()
    db.flush()
    with for_real.app_context(), transaction() as writing:
        beat(writing, "a worker", now=now)
        writing.execute(update(AuthenticatorApp).values(is_active=True))
    assert for_real.test_cli_runner().invoke(args=["backup", "create"]).exit_code == 0
    # As the first start makes them.
    for path in tmp_path.glob("portal.db*"):
        path.chmod(0o600)
    return for_real


@pytest.fixture
def told(run):
    """What `check` says of a copy: its code, and its lines without the advice beneath them."""

    def told(app):
        code, said = run("check", app=app)
        return code, [line for line in said.splitlines() if not line.startswith("  ")]

    return told


def without_superuser(lines):
    """The tests' PostgreSQL knows no other."""
    return [line for line in lines if "superuser" not in line and "things to look at" not in line]


def test_where_nothing_is_left_to_mend_it_says_so(production, told):
    code, lines = told(production)

    assert code == 0
    assert without_superuser(lines) in ([], ["Nothing was found that is not safe."])


def _without_worker(db):
    db.query(Heartbeat).delete()


def _locked(db):
    db.execute(update(DataKey).values(sealed_key=b"\x01abcd" + bytes(40)))


def _unconfirmed(db):
    db.execute(update(Practice).values(help_lines_confirmed_on=None))


def _undelivered(db):
    db.execute(
        text(
            "INSERT INTO job (kind, subject, due_at, attempts, gave_up_at)"
            " VALUES ('deliver-email', 'x', '2027-03-01 00:00:00', 20, '2027-03-01 00:00:00')"
        )
    )


def _altered(db):
    without_triggers(db, "UPDATE journal_line SET about = 'nobody' WHERE number = 1")


def _demonstration(db):
    db.execute(text("UPDATE therapist SET email = 'ada@foyer.example'"))


def _erased_key_in_the_key_file(db):
    db.execute(update(DataKey).values(destroyed_at=make._LONG_AGO))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_without_worker, "No worker is alive"),
        (_locked, "sealed under a master key that is not here"),
        (_unconfirmed, "Nobody of the practice has checked the help lines"),
        (_undelivered, "1 messages could not be delivered"),
        (_altered, "The journal is not what it was, at line 1"),
        (_demonstration, "The demonstration's people are in it"),
        (_erased_key_in_the_key_file, "still holds keys of people who were erased"),
    ],
    ids=lambda each: getattr(each, "__name__", "").strip("_"),
)
def test_each_harm_is_serious_and_told(production, told, db, harm, words):
    harm(db)

    code, lines = told(production)

    assert code == 1
    assert [line for line in lines if words in line and line.startswith("SERIOUS: ")], lines


def test_a_therapist_without_a_second_step_is_worth_a_look(production, told, db):
    db.execute(update(AuthenticatorApp).values(is_active=False))

    code, lines = told(production)

    assert code == 0
    assert [line for line in lines if line.startswith("Worth a look: 1 of the therapists have no")], lines


def test_a_passkey_is_a_second_step_too(production, told, db):
    db.execute(update(AuthenticatorApp).values(is_active=False))
    ada = db.scalar(select(Therapist.id))
    db.execute(update(Passkey).values(client_id=None, therapist_id=ada))

    _, lines = told(production)

    assert not [line for line in lines if "no second" in line]


def test_invitations_that_ran_out_are_worth_a_look(production, told, later, now):
    later(now + timedelta(days=15))

    _, lines = told(production)

    assert [line for line in lines if line.startswith("Worth a look: 1 invitations ran out")], lines


def test_old_backups_are_told(production, told, later, now):
    later(now + timedelta(days=3))

    _, lines = told(production)
    assert any("No backup was made since 2027-03-01" in line for line in lines)


def test_a_key_file_that_is_gone_is_told(production, told):
    path_in(production.config["BACKUPS"]).unlink()

    code, lines = told(production)
    assert (code, any("no backup can be read" in line for line in lines)) == (1, True)


def test_what_others_may_read_is_told(production, told):
    production.config["INSTANCE"].chmod(0o755)
    key = production.config["INSTANCE"] / "master.key"
    key.write_text("not a key")
    key.chmod(0o644)

    code, lines = told(production)
    assert code == 1
    assert any(str(key) in line for line in lines)


def test_settings_that_are_not_safe_are_told(another, told, people):
    _, lines = told(another(base_url="http://portal.test", backup_keys=()))

    for words in ("It runs as for developing", "begins with http://", "There is no key for backups"):
        assert any(words in line for line in lines), lines


def test_a_certificate_that_no_browser_trusts_is_serious(production, told, front):
    production.config["BASE_URL"] = front(trustme.CA().issue_cert("localhost"))

    code, lines = told(production)
    assert code == 1
    assert any(line.startswith("SERIOUS: No browser trusts the certificate of https://") for line in lines)


def test_so_is_one_for_another_name(production, told, front, authority):
    production.config["BASE_URL"] = front(authority.issue_cert("portal.example.org"))

    _, lines = told(production)
    assert any("No browser trusts the certificate" in line for line in lines)


def test_so_is_one_that_runs_out(production, told, front, authority, now):
    proof = authority.issue_cert("localhost", not_after=now + timedelta(days=13))
    production.config["BASE_URL"] = front(proof)

    _, lines = told(production)
    assert any("is good until 2027-03-14 only" in line for line in lines), lines


def test_a_front_that_cannot_be_looked_at_is_worth_a_look(production, told):
    production.config["BASE_URL"] = "https://portal.invalid"

    code, lines = told(production)
    assert code == 0
    assert any(line.startswith("Worth a look: Nobody answers at https://portal.invalid") for line in lines)


def test_libraries_that_were_not_renewed_for_three_months_are_told(production, told, later):
    later(datetime.combine(LOCKED_ON, time(), UTC) + timedelta(days=101))

    _, lines = told(production)
    assert any(f"Its libraries are those of {LOCKED_ON}" in line for line in lines), lines


def test_whoever_changes_the_lock_says_on_which_day():
    assert hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest() == LOCK, (
        "requirements.lock is another one: set LOCKED_ON and LOCK in portal/safekeeping/libraries.py"
    )


@pytest.mark.parametrize(
    ("advisory", "words"),
    [
        (
            {"id": "PYSEC-2027-1", "fix_versions": ["99.0", "99.1"]},
            "(PYSEC-2027-1, mended in 99.0 or 99.1)",
        ),
        ({"id": "PYSEC-2027-2", "fix_versions": []}, "(PYSEC-2027-2, not mended in any yet)"),
    ],
    ids=["with a newer one", "without a newer one"],
)
def test_what_is_known_against_a_library_is_serious(production, told, report, advisory, words):
    libraries = locked()
    report(libraries, {"flask": [advisory], "jinja2": [advisory, advisory]})

    code, lines = told(production)
    twice = f"{words[:-1]}, {words[1:]}"
    assert code == 1
    assert (
        f"SERIOUS: Something is known against its libraries: flask {libraries['flask']} {words};"
        f" jinja2 {libraries['jinja2']} {twice}."
    ) in lines


def test_it_is_said_of_an_old_report_too(production, told, report, now):
    known = {"flask": [{"id": "PYSEC-2027-1", "fix_versions": []}]}
    report(locked(), known, at=now - timedelta(days=3))

    _, lines = told(production)
    assert len([line for line in lines if line.startswith("SERIOUS: ") and "its libraries" in line]) == 2


def _no_report(path, _report, _now):
    path.unlink()


def _not_a_report(path, _report, _now):
    path.write_text("No known vulnerabilities found")


def _an_old_report(_path, report, now):
    report(locked(), at=now - timedelta(days=2, hours=1))


def _a_report_from_tomorrow(_path, report, now):
    report(locked(), at=now + timedelta(days=1))


def _a_report_on_another_lock(_path, report, _now):
    report(locked() | {"flask": "0.1"})


def _a_report_that_skipped_one(_path, report, _now):
    report(locked(), skipped=["flask"])


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_no_report, "is not there."),
        (_not_a_report, "is not a report of pip-audit in JSON."),
        (_an_old_report, "is from 2027-02-27 08:00 UTC, more than 2 days ago."),
        (_a_report_from_tomorrow, "is from 2027-03-02 09:00 UTC, which is still to come."),
        (_a_report_on_another_lock, f"says nothing of flask {locked()['flask']}."),
        (_a_report_that_skipped_one, f"says nothing of flask {locked()['flask']}."),
    ],
    ids=lambda each: getattr(each, "__name__", "").strip("_"),
)
def test_without_a_report_that_can_be_relied_on_nobody_knows(production, told, report, now, harm, words):
    path = production.config["ADVISORIES"]
    harm(path, report, now)

    code, lines = told(production)
    assert code == 1
    assert [line for line in lines if line.startswith("SERIOUS: ") and "libraries" in line] == [
        f"SERIOUS: Whether anything is known against its libraries cannot be told: {path} {words}"
    ]


def test_libraries_that_are_not_those_of_the_lock_are_serious(production, told, distribution):
    distribution("Flask", "0.1")

    code, lines = told(production)
    assert code == 1
    assert (
        "SERIOUS: Other libraries are installed than requirements.lock has:"
        f" flask 0.1 instead of {locked()['flask']}."
    ) in lines


def test_of_libraries_nothing_is_asked_in_development(another, told, people, distribution):
    distribution("Flask", "0.1")

    _, lines = told(another())
    assert any("It runs as for developing" in line for line in lines)
    assert not [line for line in lines if "its libraries" in line or "Other libraries" in line]


def test_a_report_lies_in_the_instance_unless_it_is_said_where(another, tmp_path):
    assert another().config["ADVISORIES"] == tmp_path / "instance" / "advisories.json"


def test_in_development_it_tells_and_does_not_fail(run, people):
    assert run("check")[0] == 0


def test_without_a_database_that_is_what_it_tells(another, told):
    nowhere = another(database_url="postgresql+psycopg://nobody@127.0.0.1:1/x", env=Environment.PRODUCTION)

    code, lines = told(nowhere)
    assert (code, lines[0]) == (1, "SERIOUS: The database does not answer.")


def test_a_feature_has_its_own_checks_beside_these(production, told):
    production.extensions["checks"].append(lambda _db, _now: Finding("A dragon.", "Ask it to leave."))

    _, lines = told(production)
    assert "SERIOUS: A dragon." in lines
    assert len(production.extensions["checks"]) == len(CHECKS) + 1


def test_work_that_was_given_up_is_worth_a_look(production, told, db, now):
    db.add(Job(kind="something", subject="x", due_at=now, attempts=20, gave_up_at=now))
    db.flush()
    with production.app_context(), transaction() as writing:
        note(writing, What.STARTED, by=Hand.PORTAL)

    code, lines = told(production)
    assert code == 0
    assert "Worth a look: 1 pieces of work were given up." in lines
