"""Passing a client on, putting them away, and who leads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts.leading import NotTheLead, make_lead
from portal.accounts.models import Client, Therapist
from portal.clients.services import (
    CanBeUndone,
    HoldsTime,
    LampLit,
    archive_client,
    assign_client,
    bring_back,
)
from portal.database import transaction
from portal.errors import NotFound
from portal.intake.models import Lamp
from portal.mail.models import OutgoingEmail
from portal.scheduling.holding import WithAnother
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation
from portal.scheduling.services import request_consultation
from portal.waiting.models import EarlierWish
from tests import make


@pytest.fixture
def do(scene):
    """`do(service, therapist, …)` as a page of the therapist's does it."""

    def doing(service, therapist, *said, **more):
        with scene.request(), transaction() as db:
            return service(db, db.get(Therapist, therapist.id), *said, **more)

    return doing


def test_a_client_who_is_passed_on_is_the_colleagues(db, do, ada, bea, sam, now):
    db.add(EarlierWish(client_id=sam.id, therapist_id=ada.id, wished_at=now))
    db.flush()

    do(assign_client, ada, sam.reference, to=bea.reference, now=now)

    db.expire_all()
    assert db.get(Client, sam.id).therapist_id == bea.id
    assert db.scalars(select(EarlierWish)).all() == []
    mails = db.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id)).all()
    assert [mail.recipient for mail in mails] == [sam.email, bea.email]
    with pytest.raises(NotFound):
        do(assign_client, ada, sam.reference, to=bea.reference, now=now)


@pytest.mark.parametrize("status", [Status.KEPT, Status.REQUESTED, Status.PROPOSED, Status.CONFIRMED])
@pytest.mark.parametrize("service", [assign_client, archive_client])
def test_nobody_is_passed_on_or_put_away_while_time_is_held(db, do, ada, bea, sam, now, ten, status, service):
    make.consultation(db, client=sam, therapist=ada, starts_at=ten, status=status)
    to = {"to": bea.reference} if service is assign_client else {}

    with pytest.raises(HoldsTime):
        do(service, ada, sam.reference, now=now, **to)

    assert db.get(Client, sam.id).therapist_id == ada.id


def test_what_can_still_be_taken_back_keeps_a_client_where_they_are(do, scene, ada, bea, sam, now, ten):
    asked = scene.ask(sam, ten)
    scene.cancel(asked, by=Party.CLIENT)

    with pytest.raises(CanBeUndone):
        do(assign_client, ada, sam.reference, to=bea.reference, now=now + timedelta(minutes=9))
    do(assign_client, ada, sam.reference, to=bea.reference, now=now + timedelta(minutes=11))


def test_a_request_from_a_page_drawn_before_holds_nobodys_time(db, do, scene, ada, bea, sam, now, ten):
    """The second of two tabs, a moment after the client was passed on."""
    do(assign_client, ada, sam.reference, to=bea.reference, now=now)

    with pytest.raises(WithAnother), scene.request(), transaction() as writing:
        request_consultation(
            writing,
            client=writing.get(Client, sam.id),
            therapist=writing.get(Therapist, ada.id),
            starts=[ten],
            now=now,
            answer_by=now + timedelta(days=2),
        )

    assert db.scalars(select(Consultation)).all() == []


def test_an_answer_to_look_at_is_looked_at_before_anybody_is_put_away(db, do, ada, sam, now):
    begun = make.intake(db, client=sam)
    db.add(Lamp(client_id=sam.id, intake_id=begun.id, link_id="right-now", lit_at=now))
    db.flush()

    with pytest.raises(LampLit):
        do(archive_client, ada, sam.reference, now=now)


def test_whoever_is_brought_back_stands_where_they_stood(db, do, ada, sam, now, stage_of):
    make.intake(db, client=sam, sent_at=now)
    do(archive_client, ada, sam.reference, now=now)
    away = stage_of(sam)

    do(bring_back, ada, sam.reference)

    assert (away, stage_of(sam)) == ("archived", "sent")


def test_another_therapists_client_is_nobody_to_put_away(do, bea, sam, now):
    with pytest.raises(NotFound):
        do(archive_client, bea, sam.reference, now=now)
    with pytest.raises(NotFound):
        do(bring_back, bea, sam.reference)


def test_one_leads_and_hands_it_over(db, do, ada, bea):
    do(lambda db, by: make_lead(db, db.get(Therapist, bea.id), by=by), ada)

    leading = db.scalars(select(Therapist.name).where(Therapist.is_lead)).all()
    assert leading == ["Bea Moor"]
    with pytest.raises(NotTheLead):
        do(lambda db, by: make_lead(db, by, by=by), ada)
