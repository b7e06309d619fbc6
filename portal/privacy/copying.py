"""A copy of everything as a ZIP file, made as it is sent: pages, JSON, FHIR, calendars, documents."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import names_of_therapists, zone_of
from portal.database import transaction
from portal.errors import NotFound
from portal.intake.fhir_response import response
from portal.intake.sent import sent_answers
from portal.journal.lines import By, Hand, What
from portal.journal.noting import note
from portal.privacy.gathering import Scope, all_of, client_to_copy, consultations
from portal.privacy.models import CopyOfAll
from portal.privacy.queries import key_row
from portal.reading.rendering import rendered
from portal.safekeeping.container import open_pieces, seal_pieces
from portal.safekeeping.files import replaced_whole
from portal.scheduling.calendar_file import file_of
from portal.vault.keyring import CannotBeOpened
from portal.vault.models import DataKey
from portal.vault.words import unseal
from portal.web.pdf import CannotBeDrawn, DrawingAnother, can_be_drawn, pdf_of

# A file of a copy: its name in it, and what is in the file.
File = tuple[str, bytes]
_KEPT_FOR = timedelta(days=7)
# For whoever has a document drawn at this moment; less than a front waits for the next piece.
_WAITS_SECONDS = 10
_NO_DOCUMENT = """\
The document could not be made this time. All that would be in it is in index.html, which prints well;
or take the copy once more.
"""
_ERASED = "Everything of this person was erased before it could be copied.\n"


def copy_of_clients(
    references: Iterable[str],
    *,
    scope: Scope,
    by: By,
    folders: bool = False,
    tell: Callable[[int], None] = lambda _: None,
) -> Iterator[bytes]:
    """The ZIP file, part by part: never more than one client's own is held at once.

    With `folders` each client has one, called by their reference. That it was taken, `by` whom, is written
    down for each of them before anything of theirs is in it.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _style():
            archive.writestr(_entry(name), content)
        for reference in references:
            for name, content in _files_or_that_none_are_left(reference, scope, by, folders=folders):
                archive.writestr(_entry(f"{reference}/{name}" if folders else name), content)
                yield sink.taken()
            tell(1)
    yield sink.taken()


def references_of_all(db: Session, therapist: Therapist | None = None) -> list[str]:
    """Of all clients, or of all of this therapist's, who were not erased; in the order of their joining."""
    clients = select(Client.reference).where(Client.erased_at.is_(None)).order_by(Client.id)
    if therapist is not None:
        clients = clients.where(Client.therapist_id == therapist.id)
    return list(db.scalars(clients))


def copy_all_of(reference: str) -> None:
    """Make the copy of this reference, from the beginning if it was begun before. Raises NotFound."""
    with current_app.extensions["database"]() as db:
        copy = db.scalar(select(CopyOfAll).where(CopyOfAll.reference == reference))
        if copy is None or copy.finished_at is not None:
            raise NotFound
        therapist = db.get_one(Therapist, copy.therapist_id)
        references, key = references_of_all(db, therapist), _key_of(db, copy)
    _note_progress(reference, total=len(references), done=0)
    done = iter(range(1, len(references) + 1))
    parts = copy_of_clients(
        references,
        scope=Scope(for_therapist=True),
        by=By(Hand.THERAPIST, therapist.reference),
        folders=True,
        tell=lambda _: _note_progress(reference, done=next(done)),
    )
    with replaced_whole(path_of(reference)) as file:
        file.writelines(seal_pieces(parts, key))
    _note_progress(reference, finished_at=clock.now())


def content_of(db: Session, copy: CopyOfAll) -> Iterator[bytes]:
    """What is in the sealed file. Raises NotFound where it is not, or not on this machine."""
    path, key = path_of(copy.reference), _key_of(db, copy)
    if not path.is_file():
        raise NotFound
    return _opened(path, key)


def remove_copy(db: Session, copy: CopyOfAll) -> None:
    """The file and its key are gone."""
    path_of(copy.reference).unlink(missing_ok=True)
    db.delete(copy)


def forget_copies(db: Session, *, now: datetime) -> None:
    """A copy of everybody's words is not left lying about."""
    for copy in db.scalars(select(CopyOfAll).where(CopyOfAll.asked_at < now - _KEPT_FOR)):
        remove_copy(db, copy)


def path_of(reference: str) -> Path:
    instance: Path = current_app.config["INSTANCE"]
    return instance / "copies" / f"{reference}.sealed"


class _Sink(io.RawIOBase):
    """Where the archive writes to; it cannot go back, so sizes follow behind each file in it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        together, self._parts = b"".join(self._parts), []
        return together


def _files_or_that_none_are_left(reference: str, scope: Scope, by: By, *, folders: bool) -> Iterator[File]:
    try:
        yield from _files_of(reference, scope, by, in_folder=folders)
    except NotFound:
        yield "erased.txt", _ERASED.encode()


def _files_of(reference: str, scope: Scope, by: By, *, in_folder: bool) -> Iterator[File]:
    """Of one among many there is no document on paper: each takes a second to draw, and its page prints."""
    paper = None
    with current_app.extensions["database"]() as db:
        _see_one_moment(db)
        client = client_to_copy(db, reference)
        _note_that_it_is_taken(client, by)
        plain = all_of(db, client, scope)
        plain["made_at"] = clock.now().isoformat()
        yield "everything.json", json.dumps(plain, ensure_ascii=False, indent=2).encode()
        shown = {
            "copy": plain,
            "agreed_texts": [rendered(each["text"]) for each in plain["agreements"]],
            "for_therapist": scope.for_therapist,
            "names": names_of_therapists(db),
        }
        style = "../portal.css" if in_folder else "portal.css"
        yield "index.html", render_template("privacy/copy.html", **shown, style=style).encode()
        if not in_folder and can_be_drawn():
            zone = zone_of(client)
            paper = render_template("privacy/copy_on_paper.html", **shown, now=clock.now(), zone=zone)
        yield from _fhir(db, client, plain)
        yield from _calendars(db, client)
    if paper is not None:
        yield _document(paper)


def _document(paper: str) -> File:
    try:
        return "everything.pdf", pdf_of(paper, waits=_WAITS_SECONDS)
    except (DrawingAnother, CannotBeDrawn):
        return "no-document.txt", _NO_DOCUMENT.encode()


def _see_one_moment(db: Session) -> None:
    """Whoever is erased meanwhile is in it whole or not at all. SQLite does so by itself."""
    if db.get_bind().dialect.name == "postgresql":
        db.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _note_that_it_is_taken(client: Client, by: By) -> None:
    """In a transaction of its own: what comes after may take as long as somebody's line is slow."""
    with transaction() as db:
        note(db, What.COPY_TAKEN, by=by, about=client.reference)


def _fhir(db: Session, client: Client, plain: dict[str, Any]) -> Iterator[File]:
    for each in plain["answers"]:
        with suppress(NotFound, CannotBeOpened):
            sent = sent_answers(db, each["reference"])
            made = response(sent.copy, sent.questionnaire, reference=sent.reference, zone=zone_of(client))
            yield f"answers/{each['reference']}.json", json.dumps(made, ensure_ascii=False, indent=2).encode()


def _calendars(db: Session, client: Client) -> Iterator[File]:
    for each in consultations(db, client):
        with suppress(NotFound):
            text, _ = file_of(each, changed_at=each.settled_at or each.asked_at)
            yield f"times/{each.reference}.ics", text.encode()


def _style() -> Iterator[File]:
    yield "portal.css", (Path(current_app.static_folder or "") / "portal.css").read_bytes()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=clock.now().timetuple()[:6])
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return entry


def _key_of(db: Session, copy: CopyOfAll) -> bytes:
    therapist = db.get_one(Therapist, copy.therapist_id)
    key = db.get_one(DataKey, therapist.data_key_id)
    return bytes.fromhex(unseal(db, key, copy.sealed_key, of=key_row(copy.reference)))


def _opened(path: Path, key: bytes) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from open_pieces(file, key)


def _note_progress(reference: str, **values: Any) -> None:
    with transaction() as db:
        copy = db.scalar(
            select(CopyOfAll)
            .where(CopyOfAll.reference == reference)
            .execution_options(populate_existing=True)
        )
        if copy is None:
            # Taken away while it was being made.
            raise NotFound
        for name, value in values.items():
            setattr(copy, name, value)
