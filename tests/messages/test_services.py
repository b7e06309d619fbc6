"""What can be done with messages, and what is told of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.database import transaction
from portal.errors import NotFound
from portal.mail.models import OutgoingEmail
from portal.messages import services
from portal.messages.models import Message, MessagesOff, Writer
from portal.messages.queries import conversation_of, conversation_with, unread_for
from portal.messages.services import (
    AlreadyRead,
    Pair,
    SwitchedOff,
    TooManyToday,
    mark_read,
    send_message,
    switch_for,
    take_back,
)
from tests import make

pytestmark = pytest.mark.usefixtures("inside_app")


@pytest.fixture
def ada(db):
    return make.therapist(db)


@pytest.fixture
def sam(db, ada):
    return make.client(db, therapist=ada)


@pytest.fixture
def sams(ada, sam):
    return Pair(client=sam, therapist=ada, by=Writer.CLIENT)


@pytest.fixture
def adas(ada, sam):
    return Pair(client=sam, therapist=ada, by=Writer.THERAPIST)


@pytest.fixture
def send(now):
    def send(pair, words="A heron.", *, key=None, on=True, at=now):
        key = key or f"key-{next(make._number)}"
        with transaction() as db:
            return send_message(db, pair, words, form_key=key, practice_takes_them=on, now=at).reference

    return send


def read(pair, upto, now):
    with transaction() as db:
        mark_read(db, pair, upto=upto, now=now)


def told(db):
    return db.scalars(select(OutgoingEmail.recipient).order_by(OutgoingEmail.id)).all()


def said(db, sam):
    return [each.words for each in conversation_of(db, sam).messages]


def test_words_are_sealed_and_come_back_as_they_were(db, sam, sams, send):
    send(sams, "Ёж 🦢,\nand a heron.")

    assert said(db, sam) == ["Ёж 🦢,\nand a heron."]
    assert b"heron" not in db.scalars(select(Message.sealed_words)).one()


def test_a_form_that_arrives_twice_is_one_message_and_with_other_words_two(db, sam, sams, send):
    first = send(sams, "One.", key="a")

    assert send(sams, "One.", key="a") == first
    send(sams, "Two.", key="a")
    send(sams, "One.", key="b")

    assert said(db, sam) == ["One.", "Two.", "One."]


def test_a_key_is_its_clients_own(db, ada, sams, send):
    kit = make.client(db, therapist=ada)

    send(sams, "One.", key="a")
    send(Pair(client=kit, therapist=ada, by=Writer.CLIENT), "One.", key="a")

    assert db.scalar(select(func.count()).select_from(Message)) == 2


def test_one_mail_until_it_is_read(db, ada, sam, sams, adas, send, now):
    send(sams)
    last = send(sams)
    assert told(db) == [ada.email]

    read(adas, last, now)
    send(sams)
    send(adas)
    send(adas)

    assert told(db) == [ada.email, ada.email, sam.email]


def test_taking_back_is_no_way_to_send_one_mail_after_another(db, ada, sams, send, now):
    for hour in range(3):
        with transaction() as changing:
            at = now + timedelta(hours=hour)
            message = send_message(
                changing, sams, "Words.", form_key=str(hour), practice_takes_them=True, now=at
            )
            take_back(changing, sams, message.reference, now=at)
    assert told(db) == [ada.email]

    send(sams, at=now + timedelta(days=2))

    assert told(db) == [ada.email, ada.email]


def test_no_mail_says_what_was_written_or_by_whom(db, sams, adas, send):
    send(sams, "The heron.")
    send(adas, "The swan.")

    for subject, body in db.execute(select(OutgoingEmail.subject, OutgoingEmail.body)):
        assert not any(word in subject + body for word in ("heron", "swan", "Sam", "Reed", "client"))


def test_marking_as_read_reaches_to_what_the_page_showed(db, sam, sams, adas, send, now):
    first = send(sams, "One.")
    send(sams, "Two.")

    read(adas, first, now + timedelta(hours=1))

    assert [each.read_at for each in conversation_of(db, sam).messages] == [now + timedelta(hours=1), None]


def test_what_was_read_keeps_its_time_and_ones_own_words_are_never_marked(db, sam, sams, adas, send, now):
    mine, answer = send(sams, "One."), send(adas, "Two.")

    for hour in (1, 2):
        read(adas, answer, now + timedelta(hours=hour))

    assert {each.reference: each.read_at for each in conversation_of(db, sam).messages} == {
        mine: now + timedelta(hours=1),
        answer: None,
    }


def test_marking_up_to_nothing_marks_nothing(db, ada, sams, adas, send, now):
    send(sams)
    kit = make.client(db, therapist=ada)
    others = make.message(db, client=kit, therapist=ada)

    for upto in ("", "nobody", others.reference):
        read(adas, upto, now)

    assert [unread.number for unread in unread_for(db, ada)] == [1, 1]


def test_a_message_is_taken_back_until_it_is_read(db, ada, sam, sams, adas, send, now):
    first, second = send(sams, "One."), send(sams, "Two.")
    read(adas, first, now)

    with pytest.raises(AlreadyRead), transaction() as changing:
        take_back(changing, sams, first, now=now)
    for _ in range(2):
        with transaction() as changing:
            take_back(changing, sams, second, now=now)

    assert said(db, sam) == ["One."]
    assert [each.words for each in conversation_with(db, sam, ada).messages] == ["One."]
    assert unread_for(db, ada) == []
    sealed = select(Message.sealed_words).where(Message.reference == second)
    assert db.scalars(sealed).all() == [None]


def test_nobody_takes_back_what_another_wrote(db, ada, sams, adas, send, now):
    mine, answer = send(sams), send(adas)
    kit = make.client(db, therapist=ada)

    for pair, reference in (
        (adas, mine),
        (sams, answer),
        (Pair(client=kit, therapist=ada, by=Writer.CLIENT), mine),
    ):
        with pytest.raises(NotFound), transaction() as changing:
            take_back(changing, pair, reference, now=now)


def test_switched_off_nobody_writes_and_what_was_written_stays(db, ada, sam, sams, adas, send, now):
    send(sams, "One.", key="a")
    with pytest.raises(SwitchedOff):
        send(sams, on=False)

    for _ in range(2):
        with transaction() as changing:
            switch_for(changing, sam, ada, on=False, now=now)
    for pair in (sams, adas):
        with pytest.raises(SwitchedOff):
            send(pair)
    # It has arrived before, and is said to have.
    send(sams, "One.", key="a", on=False)

    assert said(db, sam) == ["One."]
    assert conversation_of(db, sam).is_off
    for _ in range(2):
        with transaction() as changing:
            switch_for(changing, sam, ada, on=True, now=now)
    assert db.scalars(select(MessagesOff)).all() == []
    send(sams, "Two.")


def test_so_many_in_a_day_and_no_more_taken_back_or_not(db, sams, adas, send, now, monkeypatch):
    monkeypatch.setattr(services, "MOST_A_DAY", 2)
    reference = send(sams)
    with transaction() as changing:
        take_back(changing, sams, reference, now=now)
    send(sams)

    with pytest.raises(TooManyToday):
        send(sams, at=now + timedelta(hours=23))
    send(adas)
    send(sams, at=now + timedelta(hours=25))


def test_another_therapist_later_does_not_read_what_was_written_to_this_one(db, ada, sam, sams, send):
    send(sams, "For Ada.")
    bea = make.therapist(db, name="Bea Holm")

    assert conversation_with(db, sam, bea).messages == []
    assert said(db, sam) == ["For Ada."]


def test_whoever_waits_longest_comes_first(db, ada, sam, now):
    kit = make.client(db, name="Kit Lowe", therapist=ada)
    for client, hour in ((kit, 1), (sam, 2), (kit, 3)):
        make.message(db, client=client, therapist=ada, sent_at=now + timedelta(hours=hour))
    make.message(db, client=sam, therapist=ada, by=Writer.THERAPIST)

    assert [(each.name, each.number, each.since) for each in unread_for(db, ada)] == [
        ("Kit Lowe", 2, now + timedelta(hours=1)),
        ("Sam Reed", 1, now + timedelta(hours=2)),
    ]


def test_what_waits_for_a_therapist_is_of_their_own_clients(db, ada, sam):
    bea = make.therapist(db, name="Bea Holm")
    make.message(db, client=sam, therapist=ada)

    sam.therapist_id = bea.id
    db.flush()

    assert unread_for(db, ada) == unread_for(db, bea) == []


def test_a_long_conversation_comes_a_page_at_a_time(db, ada, sam):
    sent = [make.message(db, client=sam, therapist=ada, words=str(number)) for number in range(65)]
    make.message(db, client=make.client(db, therapist=ada), therapist=ada, words="another's")

    newest = conversation_of(db, sam)
    middle = conversation_of(db, sam, before=newest.messages[0].reference)
    oldest = conversation_with(db, sam, ada, before=middle.messages[0].reference)

    pages = [[each.words for each in page.messages] for page in (oldest, middle, newest)]
    assert [word for page in pages for word in page] == [str(number) for number in range(65)]
    assert [page.goes_back for page in (oldest, middle, newest)] == [False, True, True]
    assert conversation_of(db, sam, before=sent[0].reference).messages == []
    for reference in ("nobody", ""):
        with pytest.raises(NotFound):
            conversation_of(db, sam, before=reference)
