"""The pages of the record: a client's own, and the practice's journal on the desk."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts.access import client_only, therapist_only
from portal.accounts.looking import ONCE_WITHIN
from portal.accounts.models import Client, Therapist
from portal.accounts.queries import looks_at, zone_of
from portal.database import current_db
from portal.privacy.forms import JournalForm
from portal.privacy.records import journal_for, record_of
from portal.review.queries import clients_by_name

blueprint = Blueprint("record", __name__)


@blueprint.get("/account/record")
@client_only
def show(client: Client) -> str:
    db, before = current_db(), _before()
    return render_template(
        "privacy/record.html",
        page=record_of(db, client, before=before),
        looks=looks_at(db, client) if before is None else [],
        is_first=before is None,
        once_within=int(ONCE_WITHIN.total_seconds() // 60),
        me=client.reference,
        zone=zone_of(client),
    )


@blueprint.get("/desk/journal")
@therapist_only
def journal(therapist: Therapist) -> ResponseReturnValue:
    db = current_db()
    form = JournalForm(request.args, clients=clients_by_name(db, therapist))
    if not form.validate():
        abort(400)
    about, group = form.about.data or None, form.group.data or None
    return render_template(
        "privacy/journal.html",
        page=journal_for(db, therapist, about=about, group=group, before=_before()),
        form=form,
        chosen={"about": about, "group": group},
        is_first=_before() is None,
        me=therapist.reference,
        zone=zone_of(therapist),
    )


def _before() -> int | None:
    """Before which line the address goes on; none for what is no number."""
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else None
