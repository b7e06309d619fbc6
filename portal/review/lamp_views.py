"""The lamps on the desk: looked at, noted on, closed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.looking import note_opening
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.lamp_lifecycle import LampMoveNotAllowed, LampStatus
from portal.intake.lamp_queries import lamp_on_desk, lamp_shown, person_of
from portal.intake.lamps import close_lamp, note_on_lamp, reopen_lamp, see_lamp
from portal.intake.models import Lamp
from portal.journal.lines import What
from portal.review.desk import blueprint, zone_of
from portal.review.forms import LampNoteForm


@blueprint.get("/lamps/<string:reference>")
@therapist_only
def lamp(therapist: Therapist, reference: str) -> str:
    return _lamp_page(
        therapist, lamp_on_desk(current_db(), therapist, reference), LampNoteForm(formdata=None)
    )


@blueprint.post("/lamps/<string:reference>/sight")
@therapist_only
def see_one(therapist: Therapist, reference: str) -> ResponseReturnValue:
    return _made(therapist, reference, see_lamp)


@blueprint.post("/lamps/<string:reference>/notes")
@therapist_only
def note(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form = LampNoteForm()
    if not form.validate_on_submit():
        return _lamp_page(therapist, lamp_on_desk(current_db(), therapist, reference), form)
    return _made(therapist, reference, note_on_lamp, note=form.note.data)


@blueprint.post("/lamps/<string:reference>/closing")
@therapist_only
def close(therapist: Therapist, reference: str) -> ResponseReturnValue:
    return _made(therapist, reference, close_lamp)


@blueprint.post("/lamps/<string:reference>/reopening")
@therapist_only
def reopen(therapist: Therapist, reference: str) -> ResponseReturnValue:
    return _made(therapist, reference, reopen_lamp)


def _made(
    therapist: Therapist, reference: str, service: Callable[..., None], **more: Any
) -> ResponseReturnValue:
    """Do it, and go back to where the lamp is shown; what another desk has done already is done."""
    found = lamp_on_desk(current_db(), therapist, reference)
    with contextlib.suppress(LampMoveNotAllowed), transaction() as db:
        service(db, found, by=therapist, now=clock.now(), **more)
    return redirect(_place_of(found, therapist), code=303)


def _place_of(found: Lamp, therapist: Therapist) -> str:
    """Where it is shown: among all else of the therapist's own client, or by itself."""
    if found.client.therapist_id == therapist.id:
        mark = f"lamp-{found.reference}"
        return url_for("review.person", reference=found.client.reference, _anchor=mark)
    if found.status is LampStatus.CLOSED:
        # Who stands in sees what is open, and no more.
        return url_for("review.today")
    return url_for("review.lamp", reference=found.reference)


def _lamp_page(therapist: Therapist, found: Lamp, form: LampNoteForm) -> str:
    db = current_db()
    note_opening(What.LAMP_OPENED, therapist, found.client, subject=found.reference)
    return render_template(
        "review/lamp.html",
        shown=lamp_shown(db, found.client, found),
        client=found.client,
        name=person_of(db, found),
        is_own=found.client.therapist_id == therapist.id,
        form=form,
        zone=zone_of(therapist),
        now=clock.now(),
    )
