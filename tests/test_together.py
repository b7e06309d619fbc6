"""Several statements asked as one find what each of them would have found."""

from __future__ import annotations

from sqlalchemy import bindparam, literal, select

from portal.accounts.models import Client, Therapist
from portal.together import Together
from tests import make

OF_ONE = select(Client.id, Client.joined_at, Client.reference).where(Client.id == bindparam("id"))
NEWEST = select(Client.id, Client.time_zone).order_by(Client.id.desc()).limit(2)
NOBODY = select(Therapist.id, Therapist.is_lead, Therapist.data_key_id).where(Therapist.id == bindparam("id"))
ALWAYS = select(literal(7).label("seven"))


def test_each_part_comes_by_itself_in_its_own_types_and_order(db):
    ada = make.therapist(db)
    zones = ("Europe/London", "Asia/Tokyo", "Asia/Seoul")
    people = [make.client(db, therapist=ada, time_zone=zone) for zone in zones]

    one, newest, nobody, always = Together(OF_ONE, NEWEST, NOBODY, ALWAYS).of(db, {"id": people[-1].id})

    assert [tuple(each) for each in one] == [(people[-1].id, people[-1].joined_at, people[-1].reference)]
    assert [each[1] for each in newest] == ["Asia/Seoul", "Asia/Tokyo"]
    assert nobody == []
    assert [tuple(each) for each in always] == [(7,)]


def test_what_finds_nothing_is_empty(db):
    assert Together(NOBODY, NEWEST).of(db, {"id": 0}) == [[], []]
