"""A copy holds everything of theirs and nothing of anybody else's, in forms that people and programs read."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import event, select, update

from portal.accounts.models import SignedInPlace
from portal.database import Base, transaction
from portal.intake.amending import begin_amendment
from portal.intake.models import Intake
from portal.intake.queries import latest_of
from portal.intake.replies import Posted
from portal.intake.services import save_answer, send_intake
from portal.jobs.worker import Worker
from portal.journal.lines import By, Hand
from portal.journal.models import JournalLine
from portal.privacy import copying, exchanged, gathering
from portal.privacy.copying import copy_of_clients, path_of
from portal.privacy.gathering import Scope
from portal.privacy.models import CopyOfAll
from portal.reading.keeping import share_passage
from portal.reading.models import KeptPassage
from portal.vault.models import DataKey
from portal.web import pdf
from tests import html, make
from tests.browser import Browser
from tests.intake.again import again
from tests.pdf import read
from tests.privacy.test_erasing import WORDS


@pytest.fixture
def kit(app, people, now):
    """Another client of Ada's, who has begun to answer, and sent nothing."""
    with app.app_context(), transaction() as db:
        kit = make.client(db, name="Kit Lowe", therapist=db.merge(people[0]))
        make.intake(db, client=kit, said={"what-brings-you": "The pangolin is mine alone"})
    return kit


def post(browser, path):
    """Press the one button of a page; a copy is a file, and no page."""
    form, _ = browser.open(path).form_with("Take the copy")
    return _sent(browser, path, form)


def _sent(browser, path, form):
    token = next(each.get("value") for each in form.all("input") if each.get("name") == "csrf_token")
    return browser.http.post(
        path,
        data={"csrf_token": token},
        headers={"Referer": "https://portal.test" + path},
        base_url="https://portal.test",
    )


def files_in(answer):
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_a_client_takes_a_copy_of_everything_of_theirs(db, sams, sam, people):
    answer = post(sams, "/account/copy")

    files = files_in(answer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="copy-2027-03-01.zip"'
    (reference,) = [name for name in files if name.startswith("answers/")]
    (time,) = [name for name in files if name.startswith("times/")]
    assert set(files) == {
        "index.html",
        "everything.json",
        "everything.pdf",
        "portal.css",
        reference,
        time,
    }
    for form in ("index.html", "everything.json"):
        text = files[form].decode()
        assert [word for word in WORDS if word not in text.lower()] == [], form
        assert sam.email in text
    # Nothing of Ada's own is in it.
    together = b"".join(files.values())
    assert people[0].email.encode() not in together
    assert b"kestrel" not in together
    lines = select(JournalLine.what).where(JournalLine.about == sam.reference)
    assert db.scalars(lines.order_by(JournalLine.number.desc())).first() == "copy-taken"


# Every table that names a client and is not their own affair to read, each with the reason why.
NOT_COPIED = {
    "mailed_link": "a hash of what was mailed, which opens something",
    "begun_step": "what was begun in a browser, for ten minutes",
    "erasure": "the page that asks for it shows it; the reason to put it off is the therapist's",
    "notes_key": "a key; what it seals is the therapist's own, and in their copy",
    "beginning": "numbers of the beginnings of their name and address, which are told",
    "recovery_code": "hashes; how many are left is told",
    "authenticator_app": "a secret; that there is one is told",
}


def test_every_table_that_names_a_client_is_copied_or_has_a_reason_not_to_be():
    """A new table that refers to a client fails here, until a copy thinks of it."""
    told = Path(gathering.__file__).read_text() + Path(exchanged.__file__).read_text()
    for table in Base.metadata.sorted_tables:
        names = any(key.column.table.name == "client" for key in table.foreign_keys)
        model = next(each for each in Base.__subclasses__() if each.__tablename__ == table.name)
        asks = re.search(rf"\b{model.__name__}\b", told) or model.__name__ in ELSEWHERE
        assert not names or asks or table.name in NOT_COPIED, table.name


# Whose rows are found by a query of their own feature.
ELSEWHERE = {"Lamp": "lamps_of", "Passkey": "passkeys_of", "Note": "notes_about"}


def test_what_a_therapist_notes_for_themselves_is_in_their_copy_and_in_no_client_s(sams, adas, sam):
    """Nor is what they wrote down about an answer to look at."""
    clients = files_in(post(sams, "/account/copy"))
    therapists = files_in(post(adas, f"/desk/clients/{sam.reference}/copy"))

    for form in ("index.html", "everything.json"):
        assert [each for each in ("wallaroo", "okapi") if each not in therapists[form].decode()] == []
    assert [each for each in (b"wallaroo", b"okapi") if each in b"".join(clients.values())] == []


def test_of_what_a_client_keeps_a_therapist_s_copy_holds_what_is_shared_with_them(app, sams, adas, sam):
    before = files_in(post(adas, f"/desk/clients/{sam.reference}/copy"))["everything.json"].decode()
    assert json.loads(before)["passages"] == []
    assert "places" not in json.loads(before)
    with app.test_request_context(), transaction() as db:
        for passage in db.scalars(select(KeptPassage).where(KeptPassage.client_id == sam.id)):
            share_passage(db, db.merge(sam), passage.reference, now=sam.joined_at)

    after = files_in(post(adas, f"/desk/clients/{sam.reference}/copy"))["everything.json"].decode()

    assert [each["words"] for each in json.loads(after)["passages"]] == ["As a numbat"]
    assert "dormouse" in after


def test_an_amendment_is_in_a_copy_beside_what_it_amends(app, sams, sam, now):
    """In the standard's form it says of itself that it is an amended one."""
    with app.test_request_context(), transaction() as db:
        client = again(db, sam)
        begin_amendment(db, client, now=now)
        save_answer(db, client, "what-brings-you", Posted(["The zeppelin is back"], based_on=1), now=now)
        db.flush()
        send_intake(db, client, seen=latest_of(db, client).intake.version, now=now)
    # PostgreSQL puts a row that is changed behind the others, and both were sent in the same moment.
    with app.app_context(), transaction() as db:
        db.execute(update(Intake).where(Intake.amends_id.is_(None)).values(read_at=now))

    files = files_in(post(sams, "/account/copy"))

    first, second = json.loads(files["everything.json"])["answers"]
    assert (first["amends"], second["amends"]) == (None, first["reference"])
    (changed,) = [row for row in second["rows"] if "before" in row and row["before"]]
    assert (changed["before"], changed["answer"]) == (["The zeppelin has left"], ["The zeppelin is back"])
    status = {
        each["reference"]: json.loads(files[f"answers/{each['reference']}.json"])["status"]
        for each in (first, second)
    }
    assert list(status.values()) == ["completed", "amended"]
    assert "Corrected 2027-03-01" in files["index.html"].decode()


def test_ways_in_are_told_and_nothing_that_opens_them(app, db, sams, sam, people):
    files = files_in(post(sams, "/account/copy"))

    told = json.loads(files["everything.json"])
    assert [each["name"] for each in told["ways_in"]["passkeys"]] == ["ocelot"]
    assert told["ways_in"]["authenticator_app"] is False
    assert "With the passkey “ocelot”" in files["index.html"].decode()
    place = db.scalar(select(SignedInPlace).where(SignedInPlace.client_id == sam.id))
    assert place.token_hash.encode() not in b"".join(files.values())


def test_the_page_is_read_without_a_server_and_asks_nobody_for_anything(sams):
    page = files_in(post(sams, "/account/copy"))["index.html"].decode()

    root = html.read(page)
    assert next(root.all("h1")).text == "Sam Quokka"
    loaded = [link.get("href") for link in root.all("link")] + [
        each.get("src") for each in root.all("img", "script")
    ]
    assert loaded == ["portal.css"]
    assert "http" not in page
    # Where help is stands on this page too (C1).
    assert next(root.all("footer")).text.startswith("If you are in danger now, call ")


def test_the_data_is_in_the_standards_forms(sams):
    files = files_in(post(sams, "/account/copy"))

    (fhir,) = [json.loads(content) for name, content in files.items() if name.startswith("answers/")]
    assert fhir["resourceType"] == "QuestionnaireResponse"
    assert "zeppelin" in json.dumps(fhir)
    (calendar,) = [content for name, content in files.items() if name.startswith("times/")]
    assert len(Calendar.from_ical(calendar.decode()).events) == 1
    plain = json.loads(files["everything.json"])
    assert plain["times"][0]["what_you_wrote_later"] == "Like a heron"
    assert plain["account"]["time_zone"] == "Europe/London"


def test_it_holds_what_was_not_sent_for_who_wrote_it_and_for_nobody_else(app, kit, adas):
    kits = Browser(app)
    kits.sign_in(kit)

    own = files_in(post(kits, "/account/copy"))
    adas_copy = files_in(post(adas, f"/desk/clients/{kit.reference}/copy"))

    assert b"pangolin" in own["index.html"]
    assert b"pangolin" in own["everything.json"]
    assert b"pangolin" not in b"".join(adas_copy.values())
    assert b"Kit Lowe" in adas_copy["index.html"]


def test_a_therapist_takes_a_copy_of_their_own_client_and_of_no_other(app, db, adas, sam, sams):
    files = files_in(post(adas, f"/desk/clients/{sam.reference}/copy"))
    assert b"zeppelin" in files["index.html"]
    noors = Browser(app)
    noors.sign_in(make.therapist(db, name="Noor"))

    noors.open(f"/desk/clients/{sam.reference}/copy", expect=404)

    assert "took a copy of everything of yours" in sams.open("/account/record").text
    form, _ = noors.open("/desk/copies").form_with("Make a copy of all")
    assert _sent(noors, f"/desk/clients/{sam.reference}/copy", form).status_code == 404


def test_scores_are_for_the_therapist(app, sams, adas, sam):
    own = json.loads(files_in(post(sams, "/account/copy"))["everything.json"])
    theirs = json.loads(files_in(post(adas, f"/desk/clients/{sam.reference}/copy"))["everything.json"])

    assert "scores" not in own["answers"][0]
    assert theirs["answers"][0]["scores"] == []


def test_the_document_says_all_that_the_page_says_and_its_name_and_title_tell_nothing(sams, sam):
    files = files_in(post(sams, "/account/copy"))
    document = read(files["everything.pdf"])
    (page,) = html.read(files["index.html"].decode()).all("main")

    assert [word for word in WORDS if word not in document.text.lower()] == []
    assert sam.email in document.text
    assert (document.title, document.attachments) == ("Document", 0)
    # Lines break elsewhere on paper.
    said = re.sub(r"\W", "", document.text)
    assert [word for word in page.text.split() if re.sub(r"\W", "", word) not in said] == []


def test_while_another_document_is_drawn_a_copy_comes_without_one_and_says_so(monkeypatch, sams):
    monkeypatch.setattr(copying, "_WAITS_SECONDS", 0)
    with pdf._drawing_one:
        files = files_in(post(sams, "/account/copy"))

    assert "everything.pdf" not in files
    assert "index.html" in files["no-document.txt"].decode()


def test_a_copy_is_sent_while_it_is_made_and_one_client_at_a_time(app, db, people, sam, kit, now):
    """What comes first is there before the second client was looked at."""
    with app.test_request_context():
        parts = copy_of_clients(
            [sam.reference, kit.reference],
            scope=Scope(for_therapist=True),
            by=By(Hand.THERAPIST, people[0].reference),
            folders=True,
        )
        first = next(parts)
        taken = select(JournalLine.about).where(JournalLine.what == "copy-taken").order_by(JournalLine.number)
        assert first
        assert db.scalars(taken).all() == [sam.reference]
        rest = b"".join(parts)
        assert db.scalars(taken).all() == [sam.reference, kit.reference]
    names = zipfile.ZipFile(io.BytesIO(first + rest)).namelist()
    assert f"{kit.reference}/index.html" in names


def copy_while_erased(app, people, references, *, after):
    """The files of a copy for Ada; so many parts of it are made when the last one's client is erased."""
    engine = app.extensions["engine"]
    if engine.dialect.name == "sqlite":
        # Who erases waits until nobody reads any more, and here that would be for as long as anybody waits.
        event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA busy_timeout = 100"))
        engine.dispose()
    with app.test_request_context():
        parts = copy_of_clients(
            references,
            scope=Scope(for_therapist=True),
            by=By(Hand.THERAPIST, people[0].reference),
            folders=True,
        )
        begun = [next(parts) for _ in range(after)]
        outcome = app.test_cli_runner().invoke(
            args=["client", "erase", references[-1], "--at-once"], input="yes\n"
        )
        assert outcome.exit_code == 0, outcome.output
        whole = b"".join([*begun, *parts])
    archive = zipfile.ZipFile(io.BytesIO(whole))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_whoever_is_erased_before_their_turn_is_in_no_copy_and_it_says_so(app, people, sam, kit):
    files = copy_while_erased(app, people, [sam.reference, kit.reference], after=1)

    assert b"zeppelin" in files[f"{sam.reference}/index.html"]
    assert [name for name in files if kit.reference in name] == [f"{kit.reference}/erased.txt"]
    assert files[f"{kit.reference}/erased.txt"] == (
        b"Everything of this person was erased before it could be copied.\n"
    )


def test_whoever_is_erased_while_they_are_copied_is_in_it_whole(app, people, sam):
    files = copy_while_erased(app, people, [sam.reference], after=1)

    assert b"zeppelin" in files[f"{sam.reference}/everything.json"]
    assert b"zeppelin" in files[f"{sam.reference}/index.html"]
    assert [name for name in files if "/answers/" in name]
    assert [name for name in files if name.endswith("erased.txt")] == []


# Of all.


@pytest.fixture
def made(app, adas, kit, work):
    adas.open("/desk/copies")
    adas.press("Make a copy of all")
    assert "0 of 2 are in it" in adas.page.text
    worker = Worker(app)
    while worker.do_next():
        pass
    return adas.open("/desk/copies")


def take_all(adas):
    form, _ = adas.page.form_with("Take it")
    return _sent(adas, form.get("action"), form)


def test_a_copy_of_all_is_made_by_a_worker_and_lies_sealed(app, db, made, adas, sam, kit):
    assert "It holds 2 clients." in made.text
    copy = db.scalars(select(CopyOfAll)).one()
    with app.app_context():
        path = path_of(copy.reference)
    content = path.read_bytes()
    assert (copy.done, copy.total) == (2, 2)
    assert path.stat().st_mode & 0o077 == 0
    assert [word for word in (*WORDS, "PK\x03\x04", "index.html") if word.encode() in content[:1000]] == []

    files = files_in(take_all(adas))

    assert b"zeppelin" in files[f"{sam.reference}/index.html"]
    assert b"../portal.css" in files[f"{sam.reference}/index.html"]
    assert f"{kit.reference}/everything.json" in files
    about = db.scalars(select(JournalLine.about).where(JournalLine.what == "copy-taken")).all()
    assert sorted(about) == sorted([sam.reference, kit.reference])


def test_it_is_deleted_by_hand_or_after_a_week(app, db, made, adas, later, now, work, people):
    with app.app_context():
        path = path_of(db.scalar(select(CopyOfAll.reference)))
    later(now + timedelta(days=6))
    work()
    assert path.exists()

    later(now + timedelta(days=7, minutes=1))
    work()

    assert not path.exists()
    assert db.scalars(select(CopyOfAll)).all() == []
    adas.sign_in(people[0])
    adas.open("/desk/copies")
    adas.press("Make a copy of all")
    adas.press("Leave it be")
    assert db.scalars(select(CopyOfAll)).all() == []


def test_nobody_else_takes_it(app, db, made, adas):
    action = adas.page.form_with("Take it")[0].get("action")
    noors = Browser(app)
    noors.sign_in(make.therapist(db, name="Noor"))
    form, _ = noors.open("/desk/copies").form_with("Make a copy of all")

    assert _sent(noors, action, form).status_code == 404
    assert _sent(noors, f"{action}/removal", form).status_code == 404


def test_the_operator_takes_one_from_a_terminal(app, db, tmp_path, sam, kit):
    run = app.test_cli_runner().invoke
    one, all_of_them = tmp_path / "one.zip", tmp_path / "all.zip"

    assert run(args=["client", "export", kit.reference, "--to", str(one)]).exit_code == 0
    outcome = run(args=["client", "export", "--all", "--to", str(all_of_them)])

    assert "holds clients' words in the clear" in outcome.output
    assert one.stat().st_mode & 0o077 == 0
    assert b"pangolin" in zipfile.ZipFile(one).read("index.html")
    assert f"{sam.reference}/index.html" in zipfile.ZipFile(all_of_them).namelist()
    hands = db.scalars(select(JournalLine.hand).where(JournalLine.what == "copy-taken")).all()
    assert hands == [Hand.OPERATOR] * 3
    assert run(args=["client", "export", "nobody", "--to", str(one)]).exit_code == 1
    assert run(args=["client", "export", "--to", str(one)]).exit_code == 2


def test_words_whose_key_is_lost_leave_a_calm_line_in_a_copy(app, db, sams, sam):
    db.execute(
        update(DataKey).where(DataKey.id == sam.data_key_id).values(sealed_key=b"\x01abcd" + bytes(44))
    )

    plain = json.loads(files_in(post(sams, "/account/copy"))["everything.json"])

    assert plain["account"]["email"] == sam.email
    assert plain["answers"][0]["rows"][0]["answer"] == ["This cannot be opened at the moment."]
