"""A practice in which every sealed column holds words, each a canary that sings nowhere else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.ceremonies import Made
from portal.accounts.models import Client, Invitation, Therapist
from portal.accounts.passkeys import keep_passkey
from portal.accounts.second_step import begin_app
from portal.accounts.services import own_key
from portal.calendars.models import SourceKind
from portal.calendars.services import add_source
from portal.consent.queries import version_for
from portal.consent.services import agree
from portal.database import transaction
from portal.intake.lamps import note_on_lamp
from portal.intake.models import EarlierAnswer, Intake, Lamp
from portal.intake.queries import earlier_place
from portal.notes.services import write_note
from portal.reaching.services import say_how_to_reach
from portal.reaching.wishes import Wish
from portal.reading.bookmarks import allow_places, keep_place
from portal.reading.models import ReadingSuggestion
from portal.reading.queries import suggestion_row
from portal.scheduling.lifecycle import Status
from portal.scheduling.words import note_row, offer_row, reply_row, words_row
from portal.vault.words import seal
from tests import make

CANARIES = (
    "quokka", "zeppelin", "wombat", "axolotl", "narwhal", "heron", "kestrel", "lapwing", "marmot", "ocelot",
    "tapir", "ibex", "serval", "okapi", "lemming", "gibbon", "manatee", "numbat", "dormouse", "caracal",
    "wallaroo",
)  # fmt: skip
# What is Ada's own of these, and in no copy of a client's: her calendar, whom she invited, what she noted.
ADAS_OWN = ("kestrel", "lapwing", "marmot", "tapir", "ibex", "okapi", "wallaroo")


def everything_sealed(app: Flask, now: datetime) -> tuple[Therapist, Client]:
    """Ada and Sam, stored; Sam has answered, sent, asked, been answered, and has a passkey and an app.
    What else there is to say between a client and their therapist is said.

    Ada has a calendar elsewhere and an app, and has invited somebody.
    """
    with transaction() as db:
        ada = make.therapist(db, name="Ada Marsh")
        sam = make.client(db, name="Sam Quokka", therapist=ada, time_zone="Europe/London")
        sent = make.intake(
            db, client=sam, said={"name": "Sam", "what-brings-you": "The zeppelin has left"}, sent_at=now
        )
        _beside_the_answers(db, ada, sam, sent, now)
        _between_the_two(db, ada, sam, now)
        consultation = make.consultation(
            db, client=sam, therapist=ada, starts_at=now + timedelta(days=40), status=Status.CONFIRMED
        )
        for column, place, words in (
            ("sealed_words", words_row, "About the wombat"),
            ("sealed_reply", reply_row, "Of the axolotl"),
            ("sealed_offer", offer_row, "With the narwhal"),
            ("sealed_note", note_row, "Like a heron"),
        ):
            sealed = seal(db, sam.data_key, words, of=place(consultation.reference))
            setattr(consultation, column, sealed)
        _ways_in(db, ada, sam, now)
        add_source(
            db,
            ada,
            kind=SourceKind.ICS,
            label="kestrel",
            address="https://lapwing.example/calendar.ics",
            user_name="marmot",
            password="secret",
            now=now,
        )
    return ada, sam


def _beside_the_answers(db: Session, ada: Therapist, sam: Client, sent: Intake, now: datetime) -> None:
    """An answer to a question of before, a lamp that was noted on, a text that was agreed to."""
    place = earlier_place(sent.reference, "sleep", sent.version_id)
    words = json.dumps({"text": "How do you sleep?", "shown": ["Like a serval"], "typed": ["Like a serval"]})
    earlier = EarlierAnswer(intake_id=sent.id, link_id="sleep", version_id=sent.version_id)
    earlier.sealed_words, sent.moved_at = seal(db, sam.data_key, words, of=place), now
    db.add(earlier)
    lamp = db.scalars(
        select(Lamp).where(Lamp.id == make.lamp(db, sent).id).options(joinedload(Lamp.client))
    ).one()
    note_on_lamp(db, lamp, by=ada, note="Phoned the okapi", now=now)
    version = make.agreement_text(db)
    shown = version_for(db, sam, version.document.reference, 1)
    agree(db, sam, shown, name="Sam Lemming", now=now)


def _between_the_two(db: Session, ada: Therapist, sam: Client, now: datetime) -> None:
    """A message, how to reach them, a passage that is kept, a place, a suggestion; and what Ada noted."""
    make.message(db, client=sam, therapist=ada, words="Of a gibbon")
    say_how_to_reach(db, sam, Wish(words="Ask for the manatee"), now=now)
    reading = make.reading(db, markdown="One.\n\nTwo.\n\nThree.")
    make.kept_passage(db, client=sam, reading=reading, words="As a numbat", line="Or a dormouse")
    allow_places(db, sam)
    keep_place(db, sam, reading, 2)
    suggestion = ReadingSuggestion(client_id=sam.id, reading_id=reading.id, therapist_id=ada.id)
    place = suggestion_row(sam.reference, reading.reference)
    suggestion.sealed_words = seal(db, sam.data_key, "For the caracal", of=place)
    suggestion.suggested_at = now
    db.add(suggestion)
    write_note(db, ada, sam, "More like a wallaroo", now=now)


def _ways_in(db: Session, ada: Therapist, sam: Client, now: datetime) -> None:
    made = Made(credential_id=b"id", public_key=b"key", sign_count=0)
    keep_passkey(db, sam, made, name="ocelot", now=now)
    for person in (ada, sam):
        begin_app(db, person, now=now)
    invitation = Invitation(
        therapist_id=ada.id,
        email="kit@example.org",
        token_hash="nobody's",
        mailed_at=now,
        expires_at=now + timedelta(days=14),
    )
    db.add(invitation)
    db.flush()
    for what, words in (("name", "tapir"), ("words", "ibex")):
        place = f"invitation.{what}:{invitation.reference}"
        setattr(invitation, f"sealed_{what}", seal(db, own_key(db, ada, now=now), words, of=place))
