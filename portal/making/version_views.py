"""Versions: a draft is published, versions are compared, one of them is given, a questionnaire is retired."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.intake.changes import changes_between
from portal.intake.giving import IsGiven, IsRetired, bring_back, give, retire
from portal.intake.models import QuestionnaireVersion
from portal.intake.queries import definitions_called, version_called
from portal.intake.questionnaire import Questionnaire
from portal.making.desk import blueprint, zone_of
from portal.making.fields import KINDS
from portal.making.forms import GivenForm, PublishForm
from portal.making.item_forms import choices
from portal.making.looking import Look, look_at
from portal.making.queries import (
    Shown,
    answered_warnings,
    earlier_answers,
    given_now,
    has_draft,
    questionnaire_called,
    questionnaires,
)
from portal.making.services import ChangedMeanwhile, NotFit, Unanswered, publish_draft
from portal.making.sheet import texts_of


@blueprint.get("/all/given")
@therapist_only
def choose(therapist: Therapist) -> str:
    return _given_page(therapist, _given_form())


@blueprint.post("/all/given")
@therapist_only
def say_given(therapist: Therapist) -> ResponseReturnValue:
    form = _given_form()
    if not form.validate_on_submit():
        return _given_page(therapist, form)
    try:
        with transaction() as db:
            name, _, number = form.given.data.rpartition("/")
            version = version_called(db, name, int(number)) if name else None
            give(db, version, by=therapist, now=clock.now())
    except IsRetired:
        form.refuse(form.given, "This one was retired meanwhile. Choose another")
        return _given_page(therapist, form)
    flash("Saved. Who has begun already stays on what they began.")
    return redirect(url_for("making.index"), code=303)


def _given_form() -> GivenForm:
    """The latest version of each, and the one that is given if it is an older one."""
    form, pairs = GivenForm(), []
    for each in questionnaires(current_db()):
        lines = {line.number: line for line in (each.given, each.latest) if line and not each.is_retired}
        pairs += [(f"{each.name}/{number}", f"{each.title}, version {number}") for number in sorted(lines)]
    form.given.choices = choices([*pairs, ("/", "No questions: they go on without any")])
    if not form.is_submitted():
        given = given_now(current_db())
        form.given.data = f"{given.name}/{given.number}" if given and given.name else "/"
    return form


def _given_page(therapist: Therapist, form: GivenForm) -> str:
    return render_template(
        "making/given.html", form=form, given=given_now(current_db()), zone=zone_of(therapist)
    )


@blueprint.get("/<string:name>/versions/<int:number>")
@therapist_only
def version(therapist: Therapist, name: str, number: int) -> str:
    db = current_db()
    shown = questionnaire_called(db, name)
    line = next((each for each in shown.versions if each.number == number), None) or abort(404)
    found = version_called(db, name, number)
    definition = definitions_called(db, name)[number]
    return render_template(
        "making/version.html",
        shown=shown,
        line=line,
        definition=definition,
        digest=found.definition_hash,
        kinds=KINDS,
        answered=answered_warnings(db, name, number),
        zone=zone_of(therapist),
    )


@blueprint.get("/<string:name>/comparison")
@therapist_only
def compare(_therapist: Therapist, name: str) -> str:
    shown = questionnaire_called(current_db(), name)
    known = _known(name, shown)
    old, new = (request.args.get(each, "") for each in ("old", "new"))
    old, new = (
        each if each in known else other for each, other in zip((old, new), _usual(known), strict=True)
    )
    changes = changes_between(known[old], known[new]) if old in known and new in known else None
    return render_template(
        "making/compare.html", shown=shown, known=list(known), old=old, new=new, changes=changes, kinds=KINDS
    )


def _known(name: str, shown: Shown) -> dict[str, Questionnaire]:
    """What can be compared: the versions by their numbers, and the draft as far as it is fit."""
    known = {str(number): each for number, each in definitions_called(current_db(), name).items()}
    if shown.draft is not None:
        fit = look_at(current_db(), name).judged.fit
        known |= {"draft": fit} if fit else {}
    return known


def _usual(known: dict[str, Questionnaire]) -> tuple[str, str]:
    """The last two."""
    names = list(known)
    return (names[-2] if len(names) > 1 else "", names[-1] if names else "")


@blueprint.post("/<string:name>/retirement")
@therapist_only
def retire_it(therapist: Therapist, name: str) -> ResponseReturnValue:
    try:
        with transaction() as db:
            retire(db, name, by=therapist, now=clock.now())
    except IsGiven:
        flash("New clients are given these questions. Choose first what they are given instead.")
        return redirect(url_for("making.choose"), code=303)
    flash("Retired. Nobody begins it any more; who has begun can finish, and what was sent stays.")
    return redirect(url_for("making.show", name=name), code=303)


@blueprint.post("/<string:name>/return")
@therapist_only
def take_up(therapist: Therapist, name: str) -> ResponseReturnValue:
    with transaction() as db:
        bring_back(db, name, by=therapist)
    flash("It can be given again.")
    return redirect(url_for("making.show", name=name), code=303)


@blueprint.get("/<string:name>/publishing")
@therapist_only
def ask_to_publish(_therapist: Therapist, name: str) -> str:
    look = look_at(current_db(), name)
    given = given_now(current_db())
    form = PublishForm(formdata=None, data={"given": given is None or given.name in {None, name}})
    return _publishing_page(name, look, form)


@blueprint.post("/<string:name>/publishing")
@therapist_only
def publish(therapist: Therapist, name: str) -> ResponseReturnValue:
    form = PublishForm()
    if not has_draft(current_db(), name):
        # Whoever presses twice has published it once.
        return redirect(url_for("making.show", name=name), code=303)
    valid, overtaken, code = form.validate_on_submit(), False, 200
    try:
        if valid:
            with transaction() as db:
                made = publish_draft(
                    db,
                    name,
                    seen=form.revision,
                    answers=form.answered,
                    given=form.given.data,
                    by=therapist,
                    now=clock.now(),
                )
            flash(_published_words(made, given=form.given.data))
            return redirect(url_for("making.show", name=name), code=303)
    except ChangedMeanwhile:
        overtaken, code = True, 409
    except NotFit:
        code = 409
    except Unanswered as refusal:
        return _publishing_page(name, look_at(current_db(), name), form, unanswered=refusal.rules)
    return _publishing_page(name, look_at(current_db(), name), form, overtaken=overtaken), code


def _published_words(version: QuestionnaireVersion, *, given: bool) -> str:
    whom = "New clients are given it from now on" if given else "What new clients are given stays as it was"
    return f"Version {version.number} it is. {whom}."


def _publishing_page(
    name: str, look: Look, form: PublishForm, *, overtaken: bool = False, unanswered: Sequence[str] = ()
) -> str:
    db = current_db()
    form.seen.data = str(look.draft.revision)
    rules = list(dict.fromkeys(each.rule for each in look.warnings))
    form.ask(rules, earlier_answers(db, name))
    if unanswered:
        form.refuse_unanswered(unanswered)
    latest = max(look.published, default=None)
    fit = look.judged.fit
    return render_template(
        "making/publish.html",
        name=name,
        look=look,
        form=form,
        shown=questionnaire_called(db, name),
        given=given_now(db),
        latest=latest,
        changes=changes_between(look.published[latest], fit) if latest and fit else None,
        same_as=next(
            (number for number, known in look.published.items() if known == look.judged.definition), None
        ),
        texts=texts_of(look.sheet),
        keys={item["link_id"]: item["key"] for item in look.sheet["items"]},
        overtaken=overtaken,
    )
