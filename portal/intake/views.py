"""The questionnaire as a client answers it, checks it and sends it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.accounts.queries import looks_at, zone_of
from portal.database import current_db, transaction
from portal.intake.forms import AnswerForm, SendForm
from portal.intake.path import Path, needed
from portal.intake.queries import (
    AlreadySent,
    Answering,
    NotBegun,
    answering_of,
    overview_of,
    sent_intake_of,
)
from portal.intake.questionnaire import Item, Question, lamp_of
from portal.intake.replies import (
    Reply,
    Unreadable,
    Way,
    can_be_joined,
    in_words,
    lights,
    typed_as,
)
from portal.intake.sent_copy import PASSED_BY, rows_of
from portal.intake.services import (
    AnsweredElsewhere,
    AnswerMissing,
    ChangedSinceSeen,
    Saved,
    begin_intake,
    save_answer,
    send_intake,
)
from portal.web.formatting import at_or_on

blueprint = Blueprint("intake", __name__)


@blueprint.get("/questions")
@client_only
def begin(client: Client) -> ResponseReturnValue:
    overview = overview_of(current_db(), client)
    if overview.progress.sent_at is not None:
        raise AlreadySent
    return render_template(
        "intake/begin.html",
        overview=overview,
        goes_on_at=_place_to_go_on(overview.path) if overview.path else None,
        saved=_saved_line(overview.progress.saved_at, client),
        therapist=client.therapist,
    )


@blueprint.post("/questions")
@client_only
def start(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        begin_intake(db, client, now=clock.now())
    return redirect(_place_to_go_on(answering_of(current_db(), client).path), code=303)


@blueprint.get("/questions/<string:link_id>")
@client_only
def ask(client: Client, link_id: str) -> ResponseReturnValue:
    answering = answering_of(current_db(), client)
    item = answering.item(link_id)
    if link_id not in answering.path:
        return redirect(_place_after(answering.path, link_id), code=303)
    if item.kind == "note" or item.read_only:
        return render_template(
            "intake/note.html",
            note=item,
            headings=answering.path.headings(item),
            shown=_brought_along(item),
            back=_place_before(answering.path, item),
            onward=_place_after(answering.path, link_id),
        )
    return _question_page(client, answering, item, AnswerForm())


def _brought_along(item: Item) -> list[str]:
    """The answer that stands there for good, where nobody can change it."""
    if item.kind == "note" or item.initial is None:
        return []
    return in_words(item, item.initial)


@blueprint.post("/questions/<string:link_id>")
@client_only
def save(client: Client, link_id: str) -> ResponseReturnValue:
    form = AnswerForm()
    if form.keep.data == "theirs":
        return redirect(_place_after(answering_of(current_db(), client).path, link_id), code=303)
    if form.validate_on_submit():
        try:
            with transaction() as db:
                saved = save_answer(db, client, link_id, form.posted, now=clock.now())
            return redirect(_place_once_saved(saved, link_id, form), code=303)
        except Unreadable as problem:
            form.refuse(form.answer, str(problem))
        except AnsweredElsewhere as clash:
            return _both_page(client, clash, form), 409
        except AlreadySent:
            return render_template("intake/too_late.html", typed=form.answer.data), 409
    answering = answering_of(current_db(), client)
    return _question_page(client, answering, answering.question(link_id), form)


@blueprint.post("/questions/<string:link_id>/draft")
@client_only
def keep_draft(client: Client, link_id: str) -> ResponseReturnValue:
    """For the script that saves while typing pauses. Its lines are read out to the client."""
    try:
        with transaction() as db:
            posted = replace(AnswerForm().posted, way=Way.DRAFT)
            saved = save_answer(db, client, link_id, posted, now=clock.now())
    except Unreadable as problem:
        return jsonify(line=f"Not saved yet. {problem}."), 422
    except AnsweredElsewhere:
        return jsonify(line="This was changed in another window too. Continue shows you both."), 409
    except AlreadySent:
        return jsonify(line="Your answers were sent meanwhile, so this is not saved."), 409
    lit = saved.reply is not None and lights(saved.question, saved.reply)
    return jsonify(line=_saved_line(saved.intake.saved_at, client), lit=lit)


@blueprint.get("/questions/check")
@client_only
def check(client: Client) -> ResponseReturnValue:
    answering = answering_of(current_db(), client)
    path = answering.path
    return render_template(
        "intake/check.html",
        shown={"rows": rows_of(path)},
        kept_back=any(each.value is not None and each.given is None for each in path.replies.values()),
        adds_up=bool(path.questionnaire.scales),
        lit=path.lit(),
        told=_told(client),
        seen=answering.intake.version,
        back=_place_of(path.items[-1]) if path.items else url_for("intake.begin"),
        saved=_saved_line(answering.intake.saved_at, client),
        therapist=client.therapist,
        form=SendForm(),
    )


@blueprint.post("/questions/check")
@client_only
def send(client: Client) -> ResponseReturnValue:
    try:
        with transaction() as db:
            send_intake(db, client, seen=SendForm().version_seen, now=clock.now())
    except AnswerMissing as missing:
        flash("This is the one question that needs an answer before you send.")
        return redirect(_place_of(missing.question, from_check=True), code=303)
    except ChangedSinceSeen:
        flash("Something has changed since this page was opened. Look once more, then send.")
        return redirect(url_for("intake.check"), code=303)
    return redirect(url_for("intake.copy"), code=303)


@blueprint.get("/questions/sent")
@client_only
def copy(client: Client) -> ResponseReturnValue:
    sent = sent_intake_of(current_db(), client)
    if sent is None:
        raise NotBegun
    return render_template(
        "intake/copy.html",
        sent=sent,
        zone=zone_of(client),
        therapist=client.therapist,
        looks=looks_at(current_db(), client),
    )


@blueprint.errorhandler(NotBegun)
def _to_the_beginning(_refusal: NotBegun) -> ResponseReturnValue:
    return redirect(url_for("intake.begin"), code=303)


@blueprint.errorhandler(AlreadySent)
def _to_the_copy(_refusal: AlreadySent) -> ResponseReturnValue:
    return redirect(url_for("intake.copy"), code=303)


def _question_page(client: Client, answering: Answering, question: Question, form: AnswerForm) -> str:
    path, reply = answering.path, answering.path.replies.get(question.link_id)
    answer = answering.answers.get(question.link_id)
    as_posted = bool(form.errors)
    return render_template(
        "intake/ask.html",
        question=question,
        number=path.number_of(question),
        total=path.total,
        typed=form.answer.data if as_posted else _typed(question, reply),
        headings=path.headings(question),
        hints=path.hints(question),
        needed=needed(question),
        # A page that comes back with an error is still drawn from what it was drawn from before.
        based_on=form.posted.based_on if as_posted else (answer.revision if answer else 0),
        page=form.posted.page if as_posted else secrets.token_hex(8),
        turn=form.posted.turn,
        passed_by=reply.state.value if reply and reply.given is None else None,
        keeps_something=reply is not None and reply.value is not None,
        lit=path.lit(upto=question) if question.link_id in path else [],
        lamp=lamp_of(question),
        told=_told(client),
        saved=_saved_line(answering.intake.saved_at, client) if answering.answers else None,
        back=_place_before(path, question),
        action=_place_of(question, from_check=_is_from_check()),
        form=form,
    )


def _typed(question: Question, reply: Reply | None) -> list[str]:
    """What stands in the field: what was said so far, else what the question begins with."""
    return typed_as(question, reply.value if reply else question.initial)


def _told(client: Client) -> str | None:
    """Who is told when a lamp is lit; nobody, where the practice has no therapist yet."""
    return client.therapist.name if client.therapist else None


def _both_page(client: Client, clash: AnsweredElsewhere, form: AnswerForm) -> str:
    return render_template(
        "intake/both.html",
        clash=clash,
        stored=in_words(clash.question, clash.stored.value) if clash.stored.value is not None else [],
        stored_way=PASSED_BY.get(clash.stored.state),
        mine=in_words(clash.question, clash.value),
        can_be_joined=can_be_joined(clash.question) and clash.stored.value is not None,
        saved=_saved_line(clash.answer.saved_at, client),
        action=_place_of(clash.question, from_check=_is_from_check()),
        form=form,
    )


def _place_once_saved(saved: Saved, link_id: str, form: AnswerForm) -> str:
    """After two answers were joined the client reads what became of them; else the way goes on."""
    if form.posted.join:
        return _place_of(saved.question, from_check=_is_from_check())
    return _place_after(saved.path, link_id)


def _place_after(path: Path, link_id: str) -> str:
    """The next item; for who came from the check, what a change has opened, and then the check again."""
    item = path.newly_opened if _is_from_check() else path.after(link_id)
    return _place_of(item, from_check=_is_from_check()) if item else url_for("intake.check")


def _place_before(path: Path, item: Item) -> str:
    if _is_from_check():
        return url_for("intake.check")
    earlier = path.before(item.link_id) if item.link_id in path else None
    return _place_of(earlier) if earlier else url_for("intake.begin")


def _place_to_go_on(path: Path) -> str:
    """The first question that was neither answered nor passed by, or the check."""
    if not path.replies and path.items:
        return _place_of(path.items[0])
    return _place_of(path.first_untouched) if path.first_untouched else url_for("intake.check")


def _place_of(item: Item, *, from_check: bool = False) -> str:
    query: dict[str, Any] = {"from": "check"} if from_check else {}
    return url_for("intake.ask", link_id=item.link_id, **query)


def _is_from_check() -> bool:
    return request.args.get("from") == "check"


def _saved_line(moment: datetime | None, client: Client) -> str | None:
    """For example: Saved at 14:02; of another day, that day too."""
    return None if moment is None else f"Saved {at_or_on(moment, zone_of(client), clock.now())}"
