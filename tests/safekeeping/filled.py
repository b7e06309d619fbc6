"""A practice in which every sealed column holds words, each a canary that sings nowhere else."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.ceremonies import Made
from portal.accounts.models import Client, Invitation, Therapist
from portal.accounts.passkeys import keep_passkey
from portal.accounts.second_step import begin_app
from portal.accounts.services import own_key
from portal.calendars.models import SourceKind
from portal.calendars.services import add_source
from portal.database import transaction
from portal.scheduling.lifecycle import Status
from portal.scheduling.queries import note_row, offer_row, reply_row, words_row
from portal.vault.words import seal
from tests import make

CANARIES = (
    "quokka", "zeppelin", "wombat", "axolotl", "narwhal", "heron", "kestrel", "lapwing", "marmot", "ocelot",
    "tapir", "ibex",
)  # fmt: skip


def everything_sealed(app: Flask, now: datetime) -> tuple[Therapist, Client]:
    """Ada and Sam, stored; Sam has answered, sent, asked, been answered, and has a passkey and an app.

    Ada has a calendar elsewhere and an app, and has invited somebody.
    """
    with transaction() as db:
        ada = make.therapist(db, name="Ada Marsh")
        sam = make.client(db, name="Sam Quokka", therapist=ada, time_zone="Europe/London")
        make.intake(
            db, client=sam, said={"name": "Sam", "what-brings-you": "The zeppelin has left"}, sent_at=now
        )
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
