"""Which version new clients are given is said once, and stays so until it is said otherwise."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, select, text

from portal.errors import NotFound
from portal.intake.giving import IsGiven, IsRetired, bring_back, give, retire
from portal.intake.models import GivenVersion, QuestionnaireVersion
from portal.intake.queries import given_questionnaire, given_version_id, overview_of
from portal.intake.services import NothingPublished, begin_intake, publish
from portal.journal.lines import Hand
from tests import make
from tests.intake.definitions import item, questionnaire


@pytest.fixture
def db(app):
    """One transaction, as a view has it; nothing of it stays."""
    with app.extensions["database"]() as db:
        db.connection(execution_options={"write": True})
        yield db
        db.rollback()


ONE, TWO = (questionnaire(item(name)) for name in ("a", "b"))
OTHER = TWO.model_copy(update={"name": "other"})


def test_what_is_published_is_given_unless_it_is_said_otherwise(db, now):
    first = publish(db, ONE, now=now)
    second = publish(db, TWO, now=now, given=False)
    assert given_version_id(db) == first.id

    third = publish(db, OTHER, now=now)

    assert given_version_id(db) == third.id
    # A definition that was published before is not published twice, nor given by that.
    assert publish(db, TWO, now=now) is second
    assert given_version_id(db) == third.id


def test_who_begins_is_given_what_is_given_then_and_stays_on_it(db, now):
    ada, sam, kit = make.therapist(db), make.client(db), make.client(db)
    older, newer = (make.questionnaire_version(db, each, given=False) for each in (ONE, TWO))
    give(db, older, by=ada, now=now)
    begun = begin_intake(db, sam, now=now)

    give(db, newer, by=ada, now=now)

    assert begin_intake(db, kit, now=now).version_id == newer.id
    assert begin_intake(db, sam, now=now).version_id == begun.version_id == older.id
    assert given_questionnaire(db) == TWO
    history = db.scalars(select(GivenVersion).order_by(GivenVersion.id)).all()
    assert [(each.version_id, each.therapist_id) for each in history] == [
        (older.id, ada.id),
        (newer.id, ada.id),
    ]


def test_saying_it_again_says_nothing_new(db, now):
    version = make.questionnaire_version(db, given=False)

    first, second = (give(db, version, by=None, now=now) for _ in range(2))

    assert first is second


def test_where_nothing_is_given_nobody_begins_and_who_has_begun_goes_on(db, now):
    sam, kit = make.client(db), make.client(db)
    make.intake(db, client=sam, version=make.questionnaire_version(db, ONE))

    give(db, None, by=None, now=now)

    with pytest.raises(NothingPublished):
        begin_intake(db, kit, now=now)
    assert overview_of(db, kit).questionnaire is None
    assert overview_of(db, sam).questionnaire == ONE
    assert given_questionnaire(db) is None


def test_what_is_given_cannot_be_retired_and_what_is_retired_cannot_be_given(db, now):
    one, two = make.questionnaire_version(db, ONE), make.questionnaire_version(db, OTHER, given=False)
    with pytest.raises(IsGiven):
        retire(db, "test", by=Hand.OPERATOR, now=now)

    retire(db, "other", by=Hand.OPERATOR, now=now)

    assert two.retired_at == now
    with pytest.raises(IsRetired):
        give(db, two, by=None, now=now)
    bring_back(db, "other", by=Hand.OPERATOR)
    give(db, two, by=None, now=now)
    assert (given_version_id(db), one.retired_at, two.retired_at) == (two.id, None, None)
    for name in ("gone", "nothing"):
        with pytest.raises(NotFound):
            retire(db, name, by=Hand.OPERATOR, now=now)


def test_all_versions_are_retired_together_and_the_next_one_is_not(db, now):
    make.questionnaire_version(db, ONE, given=False, number=1)
    make.questionnaire_version(db, TWO, given=False, number=2)
    retire(db, "test", by=Hand.OPERATOR, now=now)

    publish(db, questionnaire(item("c")), now=now, given=False)

    retired = db.scalars(select(QuestionnaireVersion.retired_at).order_by(QuestionnaireVersion.number)).all()
    assert retired == [now, now, None]


def test_before_it_was_said_it_was_whichever_came_last(tmp_path, alembic_at):
    """The migration keeps what was so."""
    engine = create_engine(f"sqlite:///{tmp_path}/old.db")
    with engine.connect() as connection:
        alembic_at(connection, "0003")
        for number, name in enumerate(("first", "second"), start=1):
            connection.execute(
                text(
                    "INSERT INTO questionnaire_version (id, name, number, definition, definition_hash,"
                    " published_at) VALUES (:id, :name, 1, '{}', :name, '2027-01-01 00:00:00')"
                ),
                {"id": number, "name": name},
            )
        alembic_at(connection, "head")
        given = connection.execute(text("SELECT version_id, therapist_id FROM given_version")).all()
        connection.rollback()
    engine.dispose()

    assert given == [(2, None)]
