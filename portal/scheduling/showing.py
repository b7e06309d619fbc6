"""The page of one consultation, as its client sees it: what is so, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db
from portal.diary.clocks import last_change
from portal.scheduling.forms import NoteForm, RefusalForm
from portal.scheduling.lifecycle import Beside, Move, Party, Status, can_be_undone, is_settled_beside
from portal.scheduling.models import Consultation
from portal.scheduling.queries import Held, consultations_of, last_event_of, reminders_of
from portal.scheduling.words import note_of, offer_of, refusal_taken_back, reply_of, words_of
from portal.waiting.queries import wishes_earlier


def its_page(
    client: Client,
    consultation: Consultation,
    *,
    problem: str | None = None,
    refusal_form: RefusalForm | None = None,
    note_form: NoteForm | None = None,
) -> ResponseReturnValue:
    """One consultation; `problem` is why the last press changed nothing."""
    db, now, zone = current_db(), clock.now(), zone_of(client)
    own = consultations_of(db, client)
    times = times_of(consultation, own)
    to_come = now < max(times)
    # What was asked for instead of it, or has replaced it.
    other = next((other for other in own if other.replaces_id == consultation.id), None)
    page = render_template(
        "scheduling/show.html",
        consultation=consultation,
        times=times,
        other=other,
        now=now,
        to_come=to_come,
        zone=zone,
        clocks_change_at=last_change(str(zone), now, max(times)),
        problem=problem,
        refusal_form=refusal_form or _refusal_form(consultation),
        note_form=note_form or NoteForm(formdata=None),
        reminded=bool(reminders_of(client)),
        **_what_can_be_done(client, consultation, other, to_come, now),
        **_what_was_said(consultation),
    )
    return page, 409 if problem else 200


def _refusal_form(consultation: Consultation) -> RefusalForm:
    return RefusalForm(formdata=None, data={"words": refusal_taken_back(current_db(), consultation)})


def _what_can_be_done(
    client: Client, consultation: Consultation, other: Held | None, to_come: bool, now: datetime
) -> dict[str, Any]:
    settled = to_come and consultation.status is Status.CONFIRMED
    return {
        "may_cancel": to_come and may_cancel(consultation, now=now),
        "too_late": settled and now >= consultation.changes_until,
        **_how_it_ended(consultation, other, now),
        "wishes_earlier": settled and wishes_earlier(current_db(), client),
    }


def _what_was_said(consultation: Consultation) -> dict[str, Any]:
    db = current_db()
    return {
        "words": words_of(db, consultation),
        "reply": reply_of(db, consultation),
        "offered_with": offer_of(db, consultation),
        "note": note_of(db, consultation),
    }


def times_of(consultation: Consultation, own: Sequence[Held]) -> Sequence[datetime]:
    """The times that it holds, the most wanted first; the one that it was about, if it holds none."""
    held = next((held for held in own if held.id == consultation.id), None)
    return [starts_at for starts_at, _ in held.times] if held else [consultation.starts_at]


def may_cancel(consultation: Consultation, *, now: datetime) -> bool:
    """Whether its client may give it back by themselves; `kind` is loaded."""
    late = consultation.status is Status.CONFIRMED and now >= consultation.changes_until
    return not late and Move.CANCEL in consultation.moves_open_to(Party.CLIENT)


def _how_it_ended(consultation: Consultation, other: Held | None, now: datetime) -> dict[str, Any]:
    """How it stood before its end, and whether the client has just given it back and can take that back."""
    if consultation.status not in {Status.CANCELLED, Status.DECLINED, Status.EXPIRED}:
        return {"stood": None, "may_undo": False, "given_back": False}
    line = last_event_of(current_db(), consultation)
    if line is None:
        return {"stood": Status.REQUESTED, "may_undo": False, "given_back": False}
    fresh = can_be_undone(line.move, by=Party.CLIENT, made_by=line.party, made_at=line.happened_at, now=now)
    stood = line.status_before or Status.REQUESTED
    settled = other and is_settled_beside(stood, other.status, beside=Beside.INSTEAD_OF_IT)
    return {
        "stood": stood,
        "may_undo": fresh and not settled and now < consultation.starts_at,
        "given_back": line.party is Party.CLIENT,
    }
