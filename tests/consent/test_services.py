"""Texts and agreements as the database sees them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.accounts.models import Client
from portal.consent.lifecycle import AgreementStatus, NotPossible, TextStatus
from portal.consent.models import Agreement, ConsentDocument, ConsentVersion
from portal.consent.queries import document_on_desk, documents_for, documents_on_desk, version_for
from portal.consent.services import (
    NewerText,
    NothingChanged,
    StillMarkedAsDraft,
    add_document,
    agree,
    discard_draft,
    import_documents,
    publish_draft,
    reject,
    retire_document,
    save_draft,
    shipped_documents,
    withdraw,
)
from portal.consent.telling import TELLING, tell_of_text
from portal.consent.wording import unmarked
from portal.database import transaction
from portal.errors import NotFound, Overtaken
from portal.jobs.models import Job
from portal.journal.lines import Hand
from portal.mail.models import OutgoingEmail
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")


@pytest.fixture
def sam(db):
    return make.client(db, therapist=make.therapist(db))


@pytest.fixture
def text(db):
    return make.agreement_text(db)


def again(db, client: Client) -> Client:
    """The client as a request would find them: with key and therapist, in this session."""
    loaded = (joinedload(Client.data_key), joinedload(Client.therapist))
    return db.scalars(select(Client).where(Client.id == client.id).options(*loaded)).one()


def say(service, client, version, now, **more):
    with transaction() as db:
        person = again(db, client)
        reference = db.get_one(ConsentDocument, version.document_id).reference
        return service(db, person, version_for(db, person, reference, version.number), now=now, **more)


def said(db, client):
    """What the client said to each text, the latest first."""
    db.expire_all()
    return [
        (shown.version.number, each.status.value, each.name, each.said_at, each.ended_at)
        for document in documents_for(db, again(db, client))
        for shown in document.versions
        for each in shown.said
    ]


def publish(db, document_id, now, *, title="What stays between us", markdown, tell=False):
    with transaction() as writing:
        document = writing.get_one(ConsentDocument, document_id)
        draft = save_draft(writing, document, title=title, markdown=markdown, seen=None, now=now)
        writing.flush()
        version = publish_draft(writing, document, seen=draft.version, tell=tell, by=Hand.OPERATOR, now=now)
    db.expire_all()
    return db.get_one(ConsentVersion, version.id)


# The practice


def test_a_text_is_a_draft_until_it_is_published_and_then_stays_as_it_is(db, now):
    with transaction() as writing:
        draft = add_document(writing, title="Title", markdown="One.", now=now)
        document = draft.document
        assert draft.status is TextStatus.DRAFT
        publish_draft(writing, document, seen=draft.version, tell=False, by=Hand.OPERATOR, now=now)

    version = db.scalars(select(ConsentVersion)).one()
    assert (version.status, version.number, version.published_at) == (TextStatus.PUBLISHED, 1, now)
    assert version.text_hash

    later = publish(db, document.id, now + timedelta(days=1), markdown="Two.")
    texts = db.execute(
        select(ConsentVersion.number, ConsentVersion.status, ConsentVersion.markdown).order_by(
            ConsentVersion.number
        )
    ).all()
    assert texts == [(1, TextStatus.REPLACED, "One."), (2, TextStatus.PUBLISHED, "Two.")]
    assert later.number == 2


def test_a_text_that_still_says_that_it_is_a_draft_is_not_published(db, now):
    with transaction() as writing:
        draft = import_documents(writing, shipped_documents(), now=now)[0]
        with pytest.raises(StillMarkedAsDraft):
            publish_draft(writing, draft.document, seen=draft.version, tell=False, by=Hand.OPERATOR, now=now)

    assert set(db.scalars(select(ConsentVersion.status))) == {TextStatus.DRAFT}


def test_the_same_words_are_not_published_twice(db, text, now):
    with pytest.raises(NothingChanged):
        publish(db, text.document_id, now, markdown=text.markdown)


def test_the_shipped_drafts_come_in_their_order_and_again_only_as_drafts(db, now):
    with transaction() as writing:
        import_documents(writing, shipped_documents(), now=now)
    with transaction() as writing:
        import_documents(writing, shipped_documents(), now=now)

    on_desk = documents_on_desk(db)
    assert [each.document.slug for each in on_desk] == ["confidentiality", "data-protection", "cancellation"]
    assert all(each.draft and not each.versions for each in on_desk)


def test_a_file_whose_slug_is_known_becomes_the_draft_of_the_next_version(db, now):
    with transaction() as writing:
        draft = import_documents(writing, shipped_documents()[:1], now=now)[0]
        document = draft.document
        text = unmarked(draft.markdown)
        save_draft(writing, document, title="Own", markdown=text, seen=draft.version, now=now)
        writing.flush()
        publish_draft(writing, document, seen=draft.version, tell=False, by=Hand.OPERATOR, now=now)
    with transaction() as writing:
        import_documents(writing, shipped_documents()[:1], now=now)

    (on_desk,) = documents_on_desk(db)
    assert on_desk.published.title == "Own"
    assert on_desk.draft.title != "Own"


def test_what_another_desk_has_saved_since_is_not_overwritten(db, text, now):
    with transaction() as writing:
        document = writing.get_one(ConsentDocument, text.document_id)
        save_draft(writing, document, title="Theirs", markdown="Theirs.", seen=None, now=now)

    with pytest.raises(Overtaken), transaction() as writing:
        save_draft(writing, document, title="Mine", markdown="Mine.", seen=None, now=now)
    with pytest.raises(Overtaken), transaction() as writing:
        publish_draft(writing, document, seen=99, tell=False, by=Hand.OPERATOR, now=now)

    assert db.scalars(select(ConsentVersion.title).where(ConsentVersion.number.is_(None))).one() == "Theirs"


@pytest.mark.parametrize("status", [TextStatus.PUBLISHED, TextStatus.DRAFT])
def test_the_database_itself_keeps_one_draft_and_one_published_text(db, status):
    document = make.agreement_text(db, status=status).document

    with pytest.raises(IntegrityError):
        make.agreement_text(db, status=status, document=document, number=2)


def test_a_draft_that_is_thrown_away_leaves_what_is_published(db, text, now):
    with transaction() as writing:
        document = writing.get_one(ConsentDocument, text.document_id)
        save_draft(writing, document, title="New", markdown="New.", seen=None, now=now)
        other = add_document(writing, title="Other", markdown="Other.", now=now).document
    with transaction() as writing:
        discard_draft(writing, document)
        discard_draft(writing, other)
    with pytest.raises(NotFound), transaction() as writing:
        discard_draft(writing, document)

    (left,) = documents_on_desk(db)
    assert (left.title, left.draft) == (text.title, None)


def test_a_retired_text_is_asked_about_no_more(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    other = make.client(db)
    with transaction() as writing:
        retire_document(
            writing, writing.get_one(ConsentDocument, text.document_id), by=Hand.OPERATOR, now=now
        )

    db.expire_all()
    assert documents_for(db, again(db, other)) == []
    (shown,) = documents_for(db, again(db, sam))
    assert shown.asked is None
    say(withdraw, sam, text, now)
    assert said(db, sam)[0][1] == "inactive"
    # Nor does its own reader sign it once more.
    assert documents_for(db, again(db, sam))[0].versions[0].moves == frozenset()


# The client


def test_agreeing_keeps_the_name_sealed_with_its_time(db, sam, text, now):
    say(agree, sam, text, now, name="Samuel Reed")

    assert said(db, sam) == [(1, "active", "Samuel Reed", now, None)]
    sealed = db.scalars(select(Agreement.sealed_signature)).one()
    assert b"Samuel" not in sealed
    assert document_on_desk(db, text.document.reference).agreed == {text.id: 1}


def test_a_text_that_is_altered_afterwards_is_not_the_one_that_was_signed(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    reference = text.document.reference

    def is_intact():
        db.expire_all()
        return version_for(db, again(db, sam), reference, 1).said[0].is_intact

    assert is_intact()
    text.markdown = "Other words."
    db.flush()
    assert not is_intact()


def test_taking_it_back_ends_it_and_leaves_what_was(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    say(withdraw, sam, text, now + timedelta(days=1))
    say(agree, sam, text, now + timedelta(days=2), name="S. Reed")

    assert said(db, sam) == [
        (1, "active", "S. Reed", now + timedelta(days=2), None),
        (1, "inactive", "Sam Reed", now, now + timedelta(days=1)),
    ]


def test_who_takes_it_back_has_their_therapist_told_that_there_is_something_new(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    assert db.scalars(select(OutgoingEmail)).all() == []

    say(withdraw, sam, text, now)

    mail = db.scalars(select(OutgoingEmail)).one()
    assert (mail.recipient, mail.subject) == (sam.therapist.email, "Something new on your desk")
    assert "agree" not in mail.body


def test_who_does_not_agree_may_later(db, sam, text, now):
    say(reject, sam, text, now)
    say(agree, sam, text, now + timedelta(days=1), name="Sam Reed")

    assert said(db, sam) == [
        (1, "active", "Sam Reed", now + timedelta(days=1), None),
        (1, "rejected", None, now, now + timedelta(days=1)),
    ]


def test_what_is_said_already_is_not_said_twice(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")

    for service, more in ((agree, {"name": "Sam"}), (reject, {})):
        with pytest.raises(NotPossible):
            say(service, sam, text, now, **more)
    say(withdraw, sam, text, now)
    with pytest.raises(NotPossible):
        say(withdraw, sam, text, now)

    assert len(said(db, sam)) == 1


def test_a_newer_version_asks_again_and_what_was_agreed_to_stands(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    newer = publish(db, text.document_id, now + timedelta(days=1), markdown="Other words.")

    (shown,) = documents_for(db, again(db, sam))
    assert shown.asked.version.id == newer.id
    assert shown.asked.status is AgreementStatus.PROPOSED
    assert shown.earlier.version.id == text.id
    assert said(db, sam) == [(1, "active", "Sam Reed", now, None)]
    say(withdraw, sam, text, now + timedelta(days=2))
    with pytest.raises(NewerText):
        say(agree, sam, text, now, name="Sam Reed")


def test_nobody_sees_what_another_said(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")
    kit = make.client(db)

    assert said(db, kit) == []
    say(agree, kit, text, now, name="Kit Lowe")
    assert [line[2] for line in said(db, sam)] == ["Sam Reed"]


def test_eight_windows_that_agree_at_once_agree_once(app, db, sam, text, now):
    outcomes: list[str] = []

    def press() -> None:
        with app.app_context():
            try:
                say(agree, sam, text, now, name="Sam Reed")
                outcomes.append("agreed")
            except (NotPossible, Overtaken):
                outcomes.append("said already")

    windows = [threading.Thread(target=press) for _ in range(8)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert sorted(outcomes) == ["agreed"] + ["said already"] * 7
    assert len(said(db, sam)) == 1


def test_three_texts_cost_the_same_queries_as_one(db, sam, text, now, queries):
    def cost():
        client = again(db, sam)
        with queries() as client_s:
            documents_for(db, client)
        with queries() as desk_s:
            documents_on_desk(db)
        return len(client_s), len(desk_s)

    say(agree, sam, text, now, name="Sam Reed")
    one = cost()
    for title in ("Two", "Three"):
        say(agree, sam, make.agreement_text(db, title=title), now, name="Sam Reed")

    assert cost() == one == (1, 3)


# Telling


def tell(now) -> None:
    while True:
        with transaction() as db:
            job = db.scalar(select(Job).where(Job.kind == TELLING, Job.done_at.is_(None)).limit(1))
            if job is None:
                return
            tell_of_text(db, job.subject, now=now)
            job.done_at = now


def told(db) -> list[str]:
    return sorted(db.scalars(select(OutgoingEmail.recipient)))


def test_those_who_agree_to_an_earlier_version_are_told_once_and_nobody_else(db, sam, text, now):
    kit, robin, alex = (make.client(db) for _ in range(3))
    for person in (sam, kit, robin):
        say(agree, person, text, now, name="Somebody")
    say(withdraw, robin, text, now)
    say(reject, alex, text, now)
    db.execute(OutgoingEmail.__table__.delete())

    publish(db, text.document_id, now, markdown="Other words.", tell=True)
    tell(now)

    assert told(db) == sorted([sam.email, kit.email])
    with transaction() as writing:
        # A worker that was killed before it closed the job does it again, and tells nobody twice.
        reference = writing.scalars(select(Job.subject).where(Job.kind == TELLING)).first()
        tell_of_text(writing, reference, now=now)
    assert told(db) == sorted([sam.email, kit.email])


def test_more_than_a_hundred_are_told_in_turns(db, sam, text, now):
    people = [make.client(db) for _ in range(101)]
    for person in people:
        db.add(Agreement(client_id=person.id, version_id=text.id, status=AgreementStatus.ACTIVE, said_at=now))
    db.flush()

    publish(db, text.document_id, now, markdown="Other words.", tell=True)
    tell(now)

    assert told(db) == sorted(person.email for person in people)


def test_the_mail_says_only_that_there_is_something_to_read(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")

    publish(db, text.document_id, now, markdown="Other words.", tell=True)
    tell(now)

    mail = db.scalars(select(OutgoingEmail)).one()
    assert mail.subject == "Something to read, whenever you like"
    assert "https://portal.test/next" in mail.body
    for word in ("agree", "consent", "sign", "between", "Sam", "therap"):
        assert word not in mail.subject + mail.body


def test_without_the_wish_to_tell_nobody_is_told(db, sam, text, now):
    say(agree, sam, text, now, name="Sam Reed")

    publish(db, text.document_id, now, markdown="Other words.")
    tell(now)

    assert told(db) == []
