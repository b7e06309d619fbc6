"""How what is said between a client and their therapist leaves its line; for test_complete.py."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.accounts.models import Client
from portal.consent import services as consent
from portal.consent.models import ConsentDocument
from portal.consent.queries import version_for
from portal.intake import amending, lamps
from portal.intake import services as intake
from portal.intake.models import Lamp
from portal.intake.queries import latest_of
from portal.intake.replies import Posted
from portal.journal.lines import What
from portal.messages import services as messages
from portal.messages.models import Writer
from portal.reaching import services as reaching
from portal.reaching.wishes import Wish
from portal.reading import keeping
from portal.writing import suggesting
from tests import make


def _lamp(world, db):
    sent = make.intake(db, client=world.sam(db), said={"name": "Sam"}, sent_at=world.now)
    lit = make.lamp(db, sent)
    with_client = joinedload(Lamp.client).joinedload(Client.data_key)
    return db.scalars(select(Lamp).where(Lamp.id == lit.id).options(with_client)).one()


def _closed_lamp(world, db):
    lit = _lamp(world, db)
    lamps.see_lamp(db, lit, by=world.ada(db), now=world.now)
    db.flush()
    lamps.close_lamp(db, lit, by=world.ada(db), now=world.now)
    db.flush()
    return lit


def _amended(world, db):
    """Sam sends something else in the place of what was sent."""
    sam = world.sam(db)
    make.intake(db, client=sam, said={"name": "Sam"}, sent_at=world.now)
    amendment = amending.begin_amendment(db, sam, now=world.now)
    intake.save_answer(db, sam, "name", Posted(["Sam Reed"], based_on=1), now=world.now)
    db.flush()
    intake.send_intake(db, sam, seen=latest_of(db, sam).intake.version, now=world.now)
    db.flush()
    return amendment.reference


def _read_amendment(world, db):
    upto = _amended(world, db)
    amending.see_amendments(db, world.sam(db), upto=upto, by=world.ada(db), now=world.now)


def _text(world, db):
    document = db.get_one(ConsentDocument, make.agreement_text(db).document_id)
    return version_for(db, world.sam(db), document.reference, 1)


def _agree(world, db):
    shown = _text(world, db)
    consent.agree(db, world.sam(db), shown, name="Sam", now=world.now)
    db.flush()
    return shown


def _pair(world, db, by=Writer.CLIENT):
    return messages.Pair(client=world.sam(db), therapist=world.ada(db), by=by)


def _write(world, db, by=Writer.CLIENT):
    return messages.send_message(
        db, _pair(world, db, by), "x", form_key="x", practice_takes_them=True, now=world.now
    )


def _passage(world, db):
    return make.kept_passage(db, client=world.sam(db), reading=make.reading(db)).reference


def _share(world, db):
    reference = _passage(world, db)
    keeping.share_passage(db, world.sam(db), reference, now=world.now)
    db.flush()
    return reference


def _suggest(world, db):
    reading = make.reading(db)
    suggesting.suggest_reading(db, world.ada(db), world.sam(db), reading.reference, words="x", now=world.now)
    db.flush()
    return reading.reference


SAID = {
    "consent.services.agree": (What.AGREED, _agree),
    "consent.services.reject": (
        What.NOT_AGREED,
        lambda w, db: consent.reject(db, w.sam(db), _text(w, db), now=w.now),
    ),
    "consent.services.withdraw": (
        What.AGREEMENT_TAKEN_BACK,
        lambda w, db: consent.withdraw(db, w.sam(db), _agree(w, db), now=w.now),
    ),
    "intake.amending.see_amendments": (What.AMENDMENT_READ, _read_amendment),
    "intake.lamps.close_lamp": (What.LAMP_CLOSED, _closed_lamp),
    "intake.lamps.note_on_lamp": (
        What.LAMP_NOTED,
        lambda w, db: lamps.note_on_lamp(db, _lamp(w, db), by=w.ada(db), note="x", now=w.now),
    ),
    "intake.lamps.reopen_lamp": (
        What.LAMP_REOPENED,
        lambda w, db: lamps.reopen_lamp(db, _closed_lamp(w, db), by=w.ada(db), now=w.now),
    ),
    "intake.lamps.see_lamp": (
        What.LAMPS_SEEN,
        lambda w, db: lamps.see_lamp(db, _lamp(w, db), by=w.ada(db), now=w.now),
    ),
    "messages.services.send_message": (What.MESSAGE_SENT, _write),
    "messages.services.switch_for": (
        What.MESSAGES_SWITCHED,
        lambda w, db: messages.switch_for(db, w.sam(db), w.ada(db), on=False, now=w.now),
    ),
    "messages.services.take_back": (
        What.MESSAGE_TAKEN_BACK,
        lambda w, db: messages.take_back(
            db,
            _pair(w, db, Writer.THERAPIST),
            _write(w, db, Writer.THERAPIST).reference,
            now=w.now,
        ),
    ),
    "reaching.services.say_how_to_reach": (
        What.REACHING_SAID,
        lambda w, db: reaching.say_how_to_reach(db, w.sam(db), Wish(), now=w.now),
    ),
    "reading.keeping.share_passage": (What.PASSAGE_SHARED, _share),
    "reading.keeping.take_passage_back": (
        What.PASSAGE_TAKEN_BACK,
        lambda w, db: keeping.take_passage_back(db, w.sam(db), _share(w, db)),
    ),
    "writing.suggesting.suggest_reading": (What.READING_SUGGESTED, _suggest),
    "writing.suggesting.take_suggestion_back": (
        What.SUGGESTION_TAKEN_BACK,
        lambda w, db: suggesting.take_suggestion_back(db, w.ada(db), w.sam(db), _suggest(w, db)),
    ),
}

_ALONE = "what is not sent is the client's alone"
_OWN = "it is the client's own, and nobody else sees it"
_PRIVATE = "a therapist's private notes are for nobody else; a line would tell when something was noted"
_SHOWN = "the message itself shows when it was read; the page that showed it to a therapist has a line"
WITHOUT_WHAT_IS_SAID = {
    "intake.amending.begin_amendment": _ALONE,
    "intake.amending.drop_amendment": _ALONE,
    "intake.choices.choose_depth": _ALONE,
    "intake.choices.move_to_newer": _ALONE,
    "intake.choices.pass_part": _ALONE,
    "intake.choices.take_up_part": _ALONE,
    "intake.lamps.follow_answer": "a lamp's own history says when it was lit, and why",
    "intake.lamps.follow_version": "a lamp's own history says when it was lit, and why",
    "intake.lamps.tell_of_forgotten": "a lamp's own history says who was told, and when",
    "intake.lamps.tell_when_due": "a lamp's own history says who was told, and when",
    "intake.services.save_page": _ALONE,
    "messages.services.mark_read": _SHOWN,
    "notes.services.change_note": _PRIVATE,
    "notes.services.remove_note": _PRIVATE,
    "notes.services.write_note": _PRIVATE,
    "reading.bookmarks.allow_places": _OWN,
    "reading.bookmarks.forget_places": _OWN,
    "reading.bookmarks.keep_place": _OWN,
    "reading.keeping.keep_passage": _OWN,
    "reading.keeping.let_passage_go": _OWN,
    "reading.keeping.write_line": _OWN,
    "reading.services.put_suggestion_away": _OWN,
    "waiting.services.forget_wish": "a wish that can be taken back; what comes of it has a line",
    "waiting.services.note_opened": "which times have opened; what comes of it has a line",
    "waiting.services.take_opened": "which times have opened; what comes of it has a line",
    "waiting.services.wish": "a wish that can be taken back; what comes of it has a line",
}

ROUTES_OF_WHAT_IS_SAID = {
    "consent.refuse": "consent.services.reject",
    "consent.sign": "consent.services.agree",
    "consent.take_back": "consent.services.withdraw",
    "desk_messages.answer": "messages.services.send_message",
    "desk_messages.mark": "messages.services.mark_read",
    "desk_messages.switch": "practice.services.switch_messages",
    "desk_messages.switch_one": "messages.services.switch_for",
    "desk_messages.withdraw": "messages.services.take_back",
    "intake.amend": "intake.amending.begin_amendment",
    "intake.choose": "intake.choices.choose_depth",
    "intake.drop": "intake.amending.drop_amendment",
    "intake.move": "intake.choices.move_to_newer",
    "intake.pass_by": "intake.choices.pass_part",
    "intake.save_section": "intake.services.save_page",
    "intake.take_up": "intake.choices.take_up_part",
    "kept.let_go": "reading.keeping.let_passage_go",
    "kept.share": "reading.keeping.share_passage",
    "kept.take_back": "reading.keeping.take_passage_back",
    "kept.write": "reading.keeping.write_line",
    "messages.mark": "messages.services.mark_read",
    "messages.withdraw": "messages.services.take_back",
    "messages.write": "messages.services.send_message",
    "notes.change": "notes.services.change_note",
    "notes.remove": "notes.services.remove_note",
    "notes.write": "notes.services.write_note",
    "reaching.say": "reaching.services.say_how_to_reach",
    "reading.allow": "reading.bookmarks.allow_places",
    "reading.keep": "reading.keeping.keep_passage",
    "reading.put_away": "reading.services.put_suggestion_away",
    "reading.remember": "reading.bookmarks.keep_place",
    "review.close": "intake.lamps.close_lamp",
    "review.note": "intake.lamps.note_on_lamp",
    "review.read_amendments": "intake.amending.see_amendments",
    "review.reopen": "intake.lamps.reopen_lamp",
    "review.see_one": "intake.lamps.see_lamp",
    "suggesting.suggest": "writing.suggesting.suggest_reading",
    "suggesting.withdraw": "writing.suggesting.take_suggestion_back",
}
