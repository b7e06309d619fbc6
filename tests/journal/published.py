"""How texts, readings and questions are published, and the line that it leaves; for test_complete.py."""

from __future__ import annotations

from portal.consent import services as consent
from portal.consent.models import ConsentDocument
from portal.intake import giving
from portal.intake.models import QuestionnaireVersion
from portal.journal.lines import What
from portal.making import services as making
from portal.making.sheet import of_definition
from portal.reading.publishing import Words
from portal.writing import services as writing
from tests import make
from tests.intake.definitions import item, questionnaire


def _publish_text(world, db):
    draft = consent.add_document(db, title="x", markdown="x", now=world.now)
    db.flush()
    document = db.get_one(ConsentDocument, draft.document_id)
    consent.publish_draft(db, document, seen=draft.version, tell=False, by=world.ada(db), now=world.now)
    db.flush()
    return document


def _publish_reading(world, db):
    words, ada = Words("x", "", "x"), world.ada(db)
    reference = writing.begin_reading(db, words, by=ada, now=world.now).reference
    writing.publish_draft(db, reference, number=1, by=ada, now=world.now)
    return reference


def _publish_questions(world, db):
    sheet, ada = of_definition(questionnaire(item("one"))), world.ada(db)
    draft = making.begin_questionnaire(db, sheet, name="own", source=None, by=ada, now=world.now)
    db.flush()
    answers = _Anything()
    making.publish_draft(
        db, draft.name, seen=draft.revision, answers=answers, given=False, by=ada, now=world.now
    )


class _Anything(dict):
    """Whatever the lint warns of, it is answered."""

    def get(self, _rule, _otherwise=None):
        return "x"

    def __missing__(self, _rule):
        return "x"


def _version(db, **said):
    made = make.questionnaire_version(db, questionnaire(item("one")), **said)
    return db.get_one(QuestionnaireVersion, made.id)


def _retire(world, db):
    name = _version(db, given=False).name
    giving.retire(db, name, by=world.ada(db), now=world.now)
    return name


PUBLISHED = {
    "consent.services.publish_draft": (What.TEXT_PUBLISHED, _publish_text),
    "consent.services.retire_document": (
        What.TEXT_RETIRED,
        lambda w, db: consent.retire_document(db, _publish_text(w, db), by=w.ada(db), now=w.now),
    ),
    "intake.giving.bring_back": (
        What.QUESTIONNAIRE_BROUGHT_BACK,
        lambda w, db: giving.bring_back(db, _retire(w, db), by=w.ada(db)),
    ),
    "intake.giving.give": (
        What.QUESTIONNAIRE_GIVEN,
        lambda w, db: giving.give(db, _version(db, given=False), by=w.ada(db), now=w.now),
    ),
    "intake.giving.retire": (What.QUESTIONNAIRE_RETIRED, _retire),
    "making.services.publish_draft": (What.QUESTIONNAIRE_PUBLISHED, _publish_questions),
    "making.services.publish_from_file": (
        What.QUESTIONNAIRE_PUBLISHED,
        lambda w, db: making.publish_from_file(
            db, questionnaire(item("one")), why="x", by=w.ada(db), now=w.now
        ),
    ),
    "writing.services.publish_draft": (What.READING_PUBLISHED, _publish_reading),
    "writing.services.withdraw_reading": (
        What.READING_WITHDRAWN,
        lambda w, db: writing.withdraw_reading(db, _publish_reading(w, db), by=w.ada(db)),
    ),
}

_DRAFT = "a draft, which no client sees; that it is published has a line"
WITHOUT_PUBLISHING = {
    "consent.services.add_document": _DRAFT,
    "consent.services.discard_draft": _DRAFT,
    "consent.services.import_documents": _DRAFT,
    "consent.services.save_draft": _DRAFT,
    "making.services.accept_file": _DRAFT,
    "making.services.begin_draft": _DRAFT,
    "making.services.begin_questionnaire": _DRAFT,
    "making.services.bring_file": _DRAFT,
    "making.services.change_draft": _DRAFT,
    "making.services.leave_draft": _DRAFT,
    "making.services.refuse_file": _DRAFT,
    "reading.publishing.publish_revision": "whoever calls it says what was published",
    "reading.publishing.save_revision": _DRAFT,
    "writing.services.begin_reading": _DRAFT,
    "writing.services.bring_in": _DRAFT,
    "writing.services.place_reading": "in which order readings stand; every saving of a text is kept",
    "writing.services.rename_reading": "only what is not up gets another address",
    "writing.services.restore_revision": _DRAFT,
    "writing.services.save_draft": _DRAFT,
    "writing.services.throw_away": _DRAFT,
}

READING_WHAT_IS_PUBLISHED = {
    "consent.services.shipped_documents",
    "reading.publishing.last_position",
    "reading.publishing.newest_revision",
    "reading.publishing.taken_slugs",
    "reading.publishing.words_of",
}

# Each of them changes a part of a draft.
_PARTS_OF_A_DRAFT = (
    "add",
    "add_lamp",
    "add_list",
    "add_score",
    "duplicate",
    "end_lamp",
    "end_list",
    "end_score",
    "move",
    "put_back",
    "put_out",
    "renew",
    "say",
    "say_about",
    "say_conditions",
    "say_lamp",
    "say_list",
    "say_score",
    "say_wide_lamp",
    "share",
    "take_out",
)
ROUTES_OF_PUBLISHING = {
    **{f"making.{each}": "making.services.change_draft" for each in _PARTS_OF_A_DRAFT},
    "agreements_desk.add": "consent.services.add_document",
    "agreements_desk.discard": "consent.services.discard_draft",
    "agreements_desk.publish": "consent.services.publish_draft",
    "agreements_desk.retire": "consent.services.retire_document",
    "agreements_desk.save": "consent.services.save_draft",
    "agreements_desk.take_shipped": "consent.services.import_documents",
    "bringing.bring": "writing.services.bring_in",
    "making.accept": "making.services.accept_file",
    "making.begin": "making.services.begin_questionnaire",
    "making.bring": "making.services.bring_file",
    "making.draw_up": "making.services.begin_draft",
    "making.leave": "making.services.leave_draft",
    "making.publish": "making.services.publish_draft",
    "making.refuse": "making.services.refuse_file",
    "making.retire_it": "intake.giving.retire",
    "making.say_given": "intake.giving.give",
    "making.take_up": "intake.giving.bring_back",
    "revisions.restore": "writing.services.restore_revision",
    "writing.begin": "writing.services.begin_reading",
    "writing.place": "writing.services.place_reading",
    "writing.publish": "writing.services.publish_draft",
    "writing.remove": "writing.services.throw_away",
    "writing.rename": "writing.services.rename_reading",
    "writing.save": "writing.services.save_draft",
    "writing.withdraw": "writing.services.withdraw_reading",
}
