"""After the whole journey no word that was typed lies anywhere: in no file, log, mail, or backup."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import re
import subprocess

import pytest
from sqlalchemy import make_url, select

from portal.accounts.models import Client
from portal.mail.telling import telling_words
from portal.reading.models import KeptPassage
from portal.safekeeping import postgresql
from portal.safekeeping.backups import backups_in
from portal.safekeeping.container import extract
from portal.traces import OneLine
from portal.vault.keyring import Keyring
from portal.web.audience import public
from tests import make
from tests.accounts.device import Device
from tests.accounts.test_access import cookie_of
from tests.accounts.test_passkeys import add
from tests.journeys.test_the_whole_journey import (
    LAST,
    NAME,
    PASSWORD,
    REPLY,
    TROUBLE,
    WORDS,
    ada,
    go_all_the_way,
    mailed,
)
from tests.postgres import folder_of_binaries

# They are fixtures of that journey.
__all__ = ["ada", "mailed"]

# Of each thing that was typed, a word that stands nowhere else.
CANARIES = ("Quokkason", "zeppelin", "wombat", "axolotl", "narwhal", *PASSWORD.split()[:1])
AT_THE_DOORS = ("Pangolin", "Wallaby", "Ocelot")
BETWEEN_THE_TWO = ("Gibbon", "Manatee", "Dormouse", "Lemming", "Caracal", "Wallaroo", "Numbat", "7946 0000")


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, postgres_tools=folder_of_binaries())


@pytest.fixture
def logged():
    """Everything that is logged from now on, down to the smallest, as a process writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def make_new_ways_in(db, ada, sams, adas):
    """Ada invites somebody; Sam gives a passkey a name, and sets up an app: its secret, as it was shown."""
    adas.sign_in(ada)
    adas.open("/desk/invitations")
    adas.fill("Email address", "noor@example.org")
    adas.fill("What they like to be called", "Wallaby")
    adas.fill("A sentence for them", "The pangolin would be glad")
    adas.press("Invite them")
    sams.sign_in(db.scalars(select(Client).where(Client.email == "sam@example.org")).one())
    add(sams, Device(), name="Ocelot")
    sams.open("/account/second-step")
    page = sams.press("Set up an app")
    (secret,) = [each.text for each in page.root.all("code")]
    return secret.replace(" ", "")


def say_all_the_rest(db, ada, sams, adas):
    """Sam writes, keeps a passage with a line, signs, says how to be reached, and corrects an answer.

    Ada answers, suggests a reading, and notes something for herself.
    """
    document = make.agreement_text(db).document
    db.commit()
    sam = db.scalars(select(Client).where(Client.email == "sam@example.org")).one()
    sams.sign_in(sam)
    adas.sign_in(ada)
    for visitor, address, label, words, button in (
        (sams, "/messages", "Your message", "The gibbon says hello", "Send"),
        (adas, f"/desk/clients/{sam.reference}/messages", "Your message", "To the caracal", "Send"),
        (adas, f"/desk/clients/{sam.reference}/notes", "A note for yourself", "A wallaroo", "Keep this note"),
        (sams, f"/agreements/{document.reference}", "Your name, as your signature", "Lemming", "I agree"),
    ):
        visitor.open(address)
        visitor.fill(label, words)
        visitor.press(button)
    adas.open(f"/desk/clients/{sam.reference}/suggestions")
    adas.fill("A few words with it (optional)", "Like a numbat")
    adas.press("Suggest it")
    sams.open("/account/reaching")
    sams.choose("Yes, but leave no message")
    sams.fill("Phone number (if we may phone)", "020 7946 0000")
    sams.fill("Anything we should know about reaching you? (optional)", "Ask for the manatee")
    sams.press("Keep this")
    sams.open("/reading/coping-and-healing/passages")
    sams.press("Keep")
    (passage,) = db.scalars(select(KeptPassage.reference)).all()
    sams.open(f"/kept/{passage}")
    sams.fill("A line of your own", "As the dormouse said")
    sams.press("Save")
    for label, word in (("Gibbon", "/messages"), ("Dormouse", "/kept"), ("Manatee", "/account/reaching")):
        assert label.lower() in sams.open(word).source.lower()


def has_any(content, words):
    return [word for word in words if word.lower() in content.lower()]


def everything_in_files(app, tmp_path):
    """The files of the database, or a dump of it; the mails; and what the instance keeps."""
    found = {}
    for folder in (tmp_path, app.config["INSTANCE"]):
        for path in folder.rglob("*"):
            if path.is_file():
                found[str(path.relative_to(tmp_path))] = path.read_bytes().decode("latin-1")
    if app.config["DATABASE_URL"].startswith("postgresql"):
        found["dump"] = _dumped(app.config["DATABASE_URL"])
    return found


def _dumped(url):
    parts = make_url(url)
    command = [folder_of_binaries() / "pg_dump", "--format=plain", "--inserts"]
    made = subprocess.run(
        command, env=postgresql._environment(parts), capture_output=True, text=True, check=True
    )
    return made.stdout


def test_no_word_that_was_typed_is_in_a_file_a_mail_or_a_backup(app, db, ada, now, later, mailed, tmp_path):
    sams, adas, _ = go_all_the_way(app, db, ada, now, later, mailed)
    secret = make_new_ways_in(db, ada, sams, adas)
    say_all_the_rest(db, ada, sams, adas)
    mailed()
    assert app.test_cli_runner().invoke(args=["backup", "create"]).exit_code == 0
    files = everything_in_files(app, tmp_path)
    (backup,) = backups_in(app.config["BACKUPS"])
    content = io.BytesIO()
    extract(backup, Keyring(app.config["BACKUP_KEYS"]), content, lambda _: None)
    files["inside the backup"] = content.getvalue().decode("latin-1")

    # There is something to find: the same search finds what may stand there.
    database = "dump" if "dump" in files else "portal.db"
    assert "sam@example.org" in files[database] + files.get("portal.db-wal", "")
    assert any(name.endswith(".eml") and "Subject" in text for name, text in files.items())
    found = {
        name: has_any(text, [*CANARIES, *AT_THE_DOORS, *BETWEEN_THE_TWO, secret])
        for name, text in files.items()
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_the_log_names_nobody_and_repeats_nothing(app, db, ada, now, later, mailed, logged):
    """A line a request, with its route and not its address; the worker's lines beside them."""
    sams, adas, _ = go_all_the_way(app, db, ada, now, later, mailed)
    seed = make_new_ways_in(db, ada, sams, adas)
    say_all_the_rest(db, ada, sams, adas)
    mailed()
    browsers = [sams, adas]
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]

    text = logged.getvalue()
    mails = "".join(path.read_text() for path in (app.config["INSTANCE"] / "mail").glob("*.eml"))
    tokens = re.findall(r"/account/\w+/([\w-]{20,})", mails)
    cookies = [cookie_of(each, app) for each in browsers]
    assert tokens
    assert all(cookies)
    secret = [
        *CANARIES,
        *AT_THE_DOORS,
        *BETWEEN_THE_TWO,
        seed,
        "noor@example.org",
        *tokens,
        *cookies,
        NAME,
        TROUBLE,
        LAST,
        WORDS,
        REPLY,
    ]
    secret += ["sam@example.org", ada.email, "Ada Marsh", make.PASSWORD]
    assert has_any(text, secret) == []
    requests = [line for line in lines if line["from"] == "portal.requests"]
    assert len(requests) > 60
    for line in requests:
        said = {"method", "route", "status", "ms", "request", "person"}
        assert set(line) == {"at", "level", "from", "says"} | said
        # A pattern: no reference, no link id that somebody was at, no token.
        assert line["route"] is None or re.fullmatch(r"[a-z/<>:_\-.]*", line["route"]), line
    # Nor does a line say what the portal is for, but by the name of a route or of a kind of work (P2).
    named = "|".join(app.extensions["job_handlers"])
    plain = [re.sub(named, "", json.dumps(line | {"route": None})) for line in lines]
    assert [line for line in plain if telling_words(line)] == []
    people = {line["person"] for line in requests}
    assert len(people) == 3
    assert None in people


def test_a_request_is_one_line_whatever_is_in_it(app, logged):
    app.test_client().get('/no-such-page?\n{"level": "forged"}%0a%0d', base_url="https://portal.test")

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    asked = [line for line in lines if line["from"] == "portal.requests"]
    assert [(line["route"], line["status"]) for line in asked] == [(None, 404)]
    assert "forged" not in logged.getvalue()


def test_an_answer_bears_the_number_of_its_line_and_no_visitor_chooses_it(app, logged):
    answer = app.test_client().get("/", base_url="https://portal.test", headers={"X-Request-Id": "mine"})

    (line,) = [json.loads(line) for line in logged.getvalue().splitlines() if "portal.requests" in line]
    assert answer.headers["X-Request-Id"] == line["request"]
    assert re.fullmatch(r"[0-9a-f]{16}", line["request"])


def test_what_breaks_is_told_in_one_line_without_words(app, logged):
    @public
    def breaks():
        raise ValueError("I cannot sleep")

    app.add_url_rule("/breaks", "breaks", breaks)
    app.testing = False
    app.test_client().get("/breaks?sam@example.org", base_url="https://portal.test")

    (line,) = [json.loads(line) for line in logged.getvalue().splitlines() if '"error"' in line]
    assert "builtins.ValueError" in line["says"]
    assert has_any(logged.getvalue(), ["sleep", "sam@"]) == []
