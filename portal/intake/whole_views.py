"""What a client chooses for their questions as a whole: how deep, past which parts, and on which version."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.intake.choices import NoSuchVersion, choose_depth, move_to_newer, pass_part, take_up_part
from portal.intake.forms import WholeForm
from portal.intake.moving import moving
from portal.intake.places import (
    blueprint,
    place_after,
    place_of_question,
    place_to_check,
    place_to_go_on,
    saved_line,
)
from portal.intake.queries import answering_of, newer_version
from portal.intake.questionnaire import Section
from portal.intake.replies import ROUND, AnswerState, Way
from portal.intake.sent_copy import rows_of


@blueprint.post("/questions/check/depth")
@client_only
def choose(client: Client) -> ResponseReturnValue:
    more = bool(WholeForm().more)
    with transaction() as db:
        path = choose_depth(db, client, more=more, now=clock.now())
    flash(
        "You are asked a little more from here on. You can change back at any time."
        if more
        else "It is the short form again. What you said beyond it stays here, for you alone, and is not sent."
    )
    return redirect(place_to_check(path) if request.args.get("from") else place_to_go_on(path), code=303)


@blueprint.post("/questions/<string:link_id>/passing")
@client_only
def pass_by(client: Client, link_id: str) -> ResponseReturnValue:
    way = WholeForm().way.data
    state = ROUND[Way.IN_PERSON] if way == Way.IN_PERSON else AnswerState.SKIPPED
    with transaction() as db:
        path = pass_part(db, client, link_id, state, now=clock.now())
    flash(
        "That part is kept for your conversation. You can still answer any of it."
        if state is AnswerState.IN_PERSON
        else "That part is skipped for now. You can come back to it before you send."
    )
    return redirect(place_after(path, link_id), code=303)


@blueprint.post("/questions/<string:link_id>/return")
@client_only
def take_up(client: Client, link_id: str) -> ResponseReturnValue:
    with transaction() as db:
        path = take_up_part(db, client, link_id, now=clock.now())
    part = path.questionnaire.by_link_id[link_id]
    untouched = path.untouched_in(part) if isinstance(part, Section) else None
    if untouched is None:
        return redirect(url_for("intake.check"), code=303)
    return redirect(place_of_question(path, untouched, came_from=link_id), code=303)


@blueprint.get("/questions/check/newer")
@client_only
def newer(client: Client) -> ResponseReturnValue:
    db = current_db()
    answering = answering_of(db, client)
    found = newer_version(db, answering)
    if found is None:
        return redirect(url_for("intake.check"), code=303)
    said = {link_id: answering.path.replies[link_id] for link_id in answering.answers}
    return render_template(
        "intake/newer.html",
        move=moving(answering.path.questionnaire, found.questionnaire, said),
        said={row.link_id: row for row in rows_of(answering.path)},
        new=found.questionnaire,
        to=found.definition_hash,
        saved=saved_line(answering.intake.saved_at, client),
    )


@blueprint.post("/questions/check/newer")
@client_only
def move(client: Client) -> ResponseReturnValue:
    try:
        with transaction() as db:
            move_to_newer(db, client, seen=WholeForm().to.data, now=clock.now())
    except NoSuchVersion:
        flash("The questions have changed once more since this page was opened. Look at the list again.")
        return redirect(url_for("intake.newer"), code=303)
    flash("You have moved to the newer questions. What came along is as you left it.")
    return redirect(place_to_go_on(answering_of(current_db(), client).path), code=303)
