"""The questionnaire as a client answers it, one question after another, checks it and sends it."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, get_template_attribute, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.intake.asking import (
    ASKED_OTHERWISE,
    brought_along,
    clash_of,
    question_page,
    section_page,
)
from portal.intake.forms import AnswerForm, SectionForm, SendForm, WholeForm
from portal.intake.lamp_queries import told_of_lamps
from portal.intake.lamp_rules import lit_by
from portal.intake.places import (
    CHECK,
    blueprint,
    came_from,
    place_after,
    place_before,
    place_of,
    place_to_go_on,
    saved_line,
)
from portal.intake.queries import (
    AlreadySent,
    Answering,
    NotBegun,
    answering_of,
    earlier_answers,
    newer_version,
    overview_of,
)
from portal.intake.questionnaire import ADDITION, LampRule, Note, Section
from portal.intake.replies import Unreadable, Way
from portal.intake.saving import AnsweredElsewhere, AskedOtherwise
from portal.intake.sent import amended_copy
from portal.intake.sent_copy import Amended, amended, rows_of
from portal.intake.services import (
    AnswerMissing,
    ChangedSinceSeen,
    NothingChanged,
    Saved,
    begin_intake,
    save_answer,
    send_intake,
)


@blueprint.get("/questions")
@client_only
def begin(client: Client) -> ResponseReturnValue:
    overview = overview_of(current_db(), client)
    if overview.progress.sent_at is not None:
        raise AlreadySent
    return render_template(
        "intake/begin.html",
        overview=overview,
        goes_on_at=place_to_go_on(overview.path) if overview.path else None,
        saved=saved_line(overview.progress.saved_at, client),
        therapist=client.therapist,
    )


@blueprint.post("/questions")
@client_only
def start(client: Client) -> ResponseReturnValue:
    with transaction() as db:
        begin_intake(db, client, more=bool(WholeForm().more), now=clock.now())
    return redirect(place_to_go_on(answering_of(current_db(), client).path), code=303)


@blueprint.get("/questions/<string:link_id>")
@client_only
def ask(client: Client, link_id: str) -> ResponseReturnValue:
    answering = answering_of(current_db(), client)
    stop = answering.stop(link_id)
    if not answering.leads_to(stop):
        return redirect(place_after(answering.path, link_id), code=303)
    if isinstance(stop, Section):
        return section_page(client, answering, stop, SectionForm())
    if isinstance(stop, Note) or stop.read_only:
        return render_template(
            "intake/note.html",
            note=stop,
            part=stop.before if isinstance(stop, Note) else None,
            passed_by=answering.parts.get(stop.before or "") if isinstance(stop, Note) else None,
            headings=answering.path.headings(stop),
            shown=brought_along(stop),
            back=place_before(answering.path, stop),
            onward=place_after(answering.path, link_id),
        )
    return question_page(client, answering, stop, AnswerForm())


@blueprint.post("/questions/<string:link_id>")
@client_only
def save(client: Client, link_id: str) -> ResponseReturnValue:
    form = AnswerForm()
    if form.keep.data == "theirs":
        return redirect(place_after(answering_of(current_db(), client).path, link_id), code=303)
    if form.validate_on_submit():
        try:
            with transaction() as db:
                saved = save_answer(db, client, link_id, form.posted, more=form.more, now=clock.now())
            return redirect(_place_once_saved(saved, link_id, form), code=303)
        except Unreadable as problem:
            form.refuse(form.answer, str(problem))
        except AskedOtherwise:
            form.refuse(form.answer, ASKED_OTHERWISE)
        except AnsweredElsewhere as clash:
            return _both_page(client, clash, form), 409
        except AlreadySent:
            return render_template("intake/too_late.html", typed=form.answer.data), 409
    answering = answering_of(current_db(), client)
    return question_page(client, answering, answering.question(link_id), form)


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
    except AskedOtherwise:
        return jsonify(line=f"Not saved yet. {ASKED_OTHERWISE}: Continue shows you how."), 409
    except AnsweredElsewhere:
        return jsonify(line="This was changed in another window too. Continue shows you both."), 409
    except AlreadySent:
        return jsonify(line="Your answers were sent meanwhile, so this is not saved."), 409
    line = saved_line(saved.intake.saved_at, client)
    rule = lit_by(saved.path.questionnaire, saved.question, saved.reply)
    if rule is None:
        return jsonify(line=line, lit=False)
    return jsonify(line=line, lit=True, told=_told_line(client, saved, rule))


@blueprint.get("/questions/check")
@client_only
def check(client: Client) -> ResponseReturnValue:
    db = current_db()
    answering = answering_of(db, client)
    path = answering.path
    return render_template(
        "intake/check.html",
        shown=_as_it_would_be_sent(client, answering),
        amends=answering.intake.amends_id is not None,
        addition=ADDITION,
        parts=answering.parts_passed_by,
        earlier=earlier_answers(db, client, answering.intake),
        newer=newer_version(db, answering),
        has_more=bool(path.questionnaire.beyond),
        says_more=path.more,
        kept_back=any(each.value is not None and each.given is None for each in path.replies.values()),
        adds_up=bool(path.questionnaire.scales),
        lit=path.lit(),
        told=told_of_lamps(db, client, lit=True) if path.lit() else None,
        zone=zone_of(client),
        now=clock.now(),
        seen=answering.intake.version,
        back=_place_before_check(answering),
        saved=saved_line(answering.intake.saved_at, client),
        therapist=client.therapist,
    )


@blueprint.post("/questions/check")
@client_only
def send(client: Client) -> ResponseReturnValue:
    try:
        with transaction() as db:
            send_intake(db, client, seen=SendForm().version_seen, now=clock.now())
    except AnswerMissing as missing:
        flash("This is the one question that needs an answer before you send.")
        return redirect(place_of(missing.question, came_from=CHECK), code=303)
    except ChangedSinceSeen:
        flash("Something has changed since this page was opened. Look once more, then send.")
        return redirect(url_for("intake.check"), code=303)
    except NothingChanged:
        flash("Nothing is different yet from what you sent, so there is nothing to send.")
        return redirect(url_for("intake.check"), code=303)
    return redirect(url_for("intake.copy"), code=303)


@blueprint.errorhandler(NotBegun)
def _to_the_beginning(_refusal: NotBegun) -> ResponseReturnValue:
    return redirect(url_for("intake.begin"), code=303)


@blueprint.errorhandler(AlreadySent)
def _to_the_copy(_refusal: AlreadySent) -> ResponseReturnValue:
    return redirect(url_for("intake.copy"), code=303)


def _place_before_check(answering: Answering) -> str:
    """The last question; who corrects something came from what they had sent."""
    if answering.intake.amends_id is not None:
        return url_for("intake.copy")
    stops = answering.path.stops
    return place_of(stops[-1]) if stops else url_for("intake.begin")


def _as_it_would_be_sent(client: Client, answering: Answering) -> Amended:
    """Every row; those of an amendment against what it amends."""
    rows, before = rows_of(answering.path), amended_copy(current_db(), client, answering.intake)
    return amended(rows, before.rows) if before else Amended(rows=rows, left_out=[])


def _told_line(client: Client, saved: Saved, rule: LampRule) -> str:
    """What the page says of it, for the script that shows it there."""
    told = told_of_lamps(current_db(), client, lit=True)
    line = get_template_attribute("intake/_lamp.html", "told_line")
    words: str = line(rule, told, saved.question.link_id, zone_of(client), clock.now())
    return " ".join(Markup(words).striptags().split())


def _both_page(client: Client, clash: AnsweredElsewhere, form: AnswerForm) -> str:
    return render_template(
        "intake/both.html",
        clash=clash_of(client, clash, form),
        action=place_of(clash.question, came_from=came_from()),
        form=form,
    )


def _place_once_saved(saved: Saved, link_id: str, form: AnswerForm) -> str:
    """Whoever has joined two answers or chosen another depth is where they were; else the way goes on."""
    if form.keep.data == "both" or form.more is not None:
        return place_of(saved.question, came_from=came_from())
    return place_after(saved.path, link_id)
