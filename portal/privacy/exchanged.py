"""What passes between a client and their therapist, and what a client keeps of readings, for a copy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.consent.models import Agreement, ConsentVersion
from portal.consent.queries import signature_place
from portal.messages.models import Message, MessagesOff
from portal.messages.queries import words_row
from portal.notes.queries import notes_about
from portal.reaching.models import ReachingWish
from portal.reaching.queries import said_place
from portal.reading.models import Bookmarks, KeptPassage, Reading, ReadingSuggestion
from portal.reading.queries import line_row, passage_row, places_row, suggestion_row
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import CANNOT_BE_OPENED, shown, unseal

Plain = dict[str, Any]


def exchanged(db: Session, client: Client, *, for_therapist: bool) -> Plain:
    """What both of them see; a therapist finds in it what is theirs to see, and their own notes."""
    both: Plain = {
        "how_to_reach": _how_to_reach(db, client),
        "messages": list(_messages(db, client, for_therapist)),
        "messages_switched_off": [iso(each.since) for each in _off(db, client, for_therapist)],
        "agreements": list(_agreements(db, client)),
        "suggestions": list(_suggestions(db, client, for_therapist)),
        "passages": list(_passages(db, client, for_therapist)),
    }
    if for_therapist:
        return both | {"notes": list(_notes(db, client))}
    return both | {"places": _places(db, client)}


def iso(moment: datetime | None) -> str | None:
    """As a copy writes a moment."""
    return moment.isoformat() if moment else None


def _how_to_reach(db: Session, client: Client) -> Plain | None:
    wish = db.get(ReachingWish, client.id)
    if wish is None:
        return None
    said = _json_in(db, client, wish.sealed_said, said_place(client.reference))
    return said | {"said_at": iso(wish.said_at)}


def _theirs(column: Any, client: Client, for_therapist: bool) -> ColumnElement[bool]:
    """A therapist finds what is between the client and themselves; a client all of it."""
    return column == client.therapist_id if for_therapist else true()


def _messages(db: Session, client: Client, for_therapist: bool) -> Iterator[Plain]:
    theirs = _theirs(Message.therapist_id, client, for_therapist)
    found = (
        select(Message, Therapist.name)
        .join(Therapist, Therapist.id == Message.therapist_id)
        .where(Message.client_id == client.id, theirs)
        .order_by(Message.id)
    )
    for each, name in db.execute(found):
        yield {
            "with": name,
            "written_by": each.written_by.value,
            "words": _words(db, client, each.sealed_words, words_row(each.reference)),
            "sent_at": iso(each.sent_at),
            "read_at": iso(each.read_at),
            "taken_back_at": iso(each.taken_back_at),
        }


def _off(db: Session, client: Client, for_therapist: bool) -> Sequence[MessagesOff]:
    theirs = _theirs(MessagesOff.therapist_id, client, for_therapist)
    return db.scalars(select(MessagesOff).where(MessagesOff.client_id == client.id, theirs)).all()


def _agreements(db: Session, client: Client) -> Iterator[Plain]:
    """Each with the text that it was said to, as it was then."""
    found = (
        select(Agreement, ConsentVersion)
        .join(ConsentVersion, ConsentVersion.id == Agreement.version_id)
        .where(Agreement.client_id == client.id)
        .order_by(Agreement.id)
    )
    for said, version in db.execute(found):
        signature: Plain = {}
        if said.sealed_signature is not None:
            place = signature_place(said.reference)
            signature = _json_in(db, client, said.sealed_signature, place, otherwise="name")
        yield {
            "title": version.title,
            "version": version.number,
            "text": version.markdown,
            "status": said.status.value,
            "name": signature.get("name"),
            "said_at": iso(said.said_at),
            "ended_at": iso(said.ended_at),
        }


def _suggestions(db: Session, client: Client, for_therapist: bool) -> Iterator[Plain]:
    found = (
        select(ReadingSuggestion, Reading.reference, Reading.title, Therapist.name)
        .join(Reading, Reading.id == ReadingSuggestion.reading_id)
        .join(Therapist, Therapist.id == ReadingSuggestion.therapist_id)
        .where(ReadingSuggestion.client_id == client.id)
        .order_by(ReadingSuggestion.suggested_at, Reading.id)
    )
    for each, reference, title, name in db.execute(found):
        said = {
            "title": title,
            "by": name,
            "suggested_at": iso(each.suggested_at),
            "words": _words(db, client, each.sealed_words, suggestion_row(client.reference, reference)),
        }
        # Nobody else is told that a client has put it away.
        yield said if for_therapist else said | {"put_away": each.put_away}


def _passages(db: Session, client: Client, for_therapist: bool) -> Iterator[Plain]:
    """A therapist finds what is shared with them, and nothing else of what a client keeps."""
    theirs = _theirs(KeptPassage.shared_with_id, client, for_therapist)
    found = select(KeptPassage).where(KeptPassage.client_id == client.id, theirs).order_by(KeptPassage.id)
    for each in db.scalars(found):
        passage = _json_in(db, client, each.sealed_passage, passage_row(each.reference), otherwise="words")
        yield {
            "reading": passage.get("title"),
            "words": passage.get("words"),
            "line": _words(db, client, each.sealed_line, line_row(each.reference)),
            "kept_at": iso(each.kept_at),
            "shared_at": iso(each.shared_at),
        }


def _places(db: Session, client: Client) -> list[Plain]:
    """Where they were in readings, if they let the portal keep it."""
    kept = db.get(Bookmarks, client.id)
    if kept is None:
        return []
    places = _json_in(db, client, kept.sealed_places, places_row(client.reference))
    titles = db.execute(select(Reading.reference, Reading.title).where(Reading.reference.in_(places)))
    return [{"reading": title, "paragraph": places[reference]} for reference, title in titles]


def _notes(db: Session, client: Client) -> Iterator[Plain]:
    """The therapist's private ones, which are in no copy of a client's."""
    if client.therapist is None:
        return
    try:
        for each in reversed(notes_about(db, client.therapist, client)):
            yield {
                "words": each.words,
                "written_at": iso(each.written_at),
                "changed_at": iso(each.changed_at),
            }
    except CannotBeOpened:
        yield {"words": CANNOT_BE_OPENED, "written_at": None, "changed_at": None}


def _words(db: Session, client: Client, sealed: bytes | None, place: str) -> str | None:
    return None if sealed is None else shown(db, client.data_key, sealed, of=place)


def _json_in(db: Session, client: Client, sealed: bytes, place: str, *, otherwise: str = "words") -> Plain:
    """What is sealed as JSON; a calm line, called `otherwise`, where the key is not here."""
    try:
        said: Plain = json.loads(unseal(db, client.data_key, sealed, of=place))
    except CannotBeOpened:
        return {otherwise: CANNOT_BE_OPENED}
    return said
