"""What a client sent, taken out as a file that other programs read."""

from __future__ import annotations

from flask import Response

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.looking import note_opening
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, zone_of
from portal.database import current_db
from portal.errors import NotFound
from portal.intake.fhir_response import response
from portal.intake.sent import sent_answers
from portal.journal.lines import What
from portal.review.desk import blueprint
from portal.web.download import as_json


@blueprint.get("/clients/<string:reference>/answers/<string:sent>/fhir")
@therapist_only
def answers_as_fhir(therapist: Therapist, reference: str, sent: str) -> Response:
    """A FHIR R4 QuestionnaireResponse, in the clear; that it was taken out is written down (P4)."""
    db = current_db()
    client = client_of(db, therapist, reference)
    found = sent_answers(db, sent)
    if found.client.id != client.id or found.reference != sent:
        raise NotFound
    note_opening(What.RECORD_SAVED, therapist, client)
    made = response(found.copy, found.questionnaire, reference=sent, zone=zone_of(client))
    day = clock.now().astimezone(zone_of(therapist)).date()
    return as_json(made, f"document-{day:%Y-%m-%d}.json")
