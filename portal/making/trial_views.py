"""A draft tried as a client would meet it: the client's own pages over made-up answers. Nothing is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import Environment
from markupsafe import Markup

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db
from portal.intake.asking import AnswerForm, SectionForm, brought_along, question_shown, section_shown
from portal.intake.lamp_queries import Told
from portal.intake.models import Intake
from portal.intake.path import Path, Stop, needed, passed_by, progress
from portal.intake.queries import Answering, Overview
from portal.intake.questionnaire import ADDITION, Item, Note, Question, Questionnaire, Section
from portal.intake.replies import ROUND, AnswerState, Reply, Unreadable, Way, field_value, reply_after
from portal.intake.sent_copy import Amended, rows_of
from portal.making.desk import blueprint
from portal.making.looking import look_at
from portal.making.trying import from_an_address, in_an_address, parts_from_an_address, parts_in_an_address
from portal.practice.facts import current_practice
from portal.web.audience import Audience, audience_of

_CHECK, _START = "check", "start"
_NOT_SAVED = "A preview: nothing is saved"
# What a client's page does while it is filled in has no place in a preview.
_SCRIPTS = frozenset({"leave.js"})


@dataclass(frozen=True)
class Trial:
    """One page of a preview: of which draft, with what said and chosen so far, how wide."""

    name: str
    questionnaire: Questionnaire
    # What was said, without what follows from a part that was passed by.
    said: Mapping[str, Reply]
    parts: Mapping[str, AnswerState]
    more: bool
    # Of the draft, those items that are not finished and left out.
    left_out: int
    on_a_phone: bool
    # As `places.came_from` has it: the check, or a part that was passed by and is asked after all.
    came_from: str | None

    @property
    def path(self) -> Path:
        return Path(self.questionnaire, passed_by(self.questionnaire, self.said, self.parts), self.more)

    @property
    def answering(self) -> Answering:
        """The same for the client's pages, which ask an intake: this one is never stored."""
        parts = json.dumps({part: state.value for part, state in self.parts.items()})
        return Answering(
            intake=Intake(says_more=self.more, passed_parts=parts),
            number=0,
            definition_hash="",
            given_id=None,
            path=self.path,
            answers={},
        )

    def address(self, place: str, *, came_from: str | None = None, do: str | None = None) -> str:
        """`do` is what a button there does beside going on."""
        query: dict[str, Any] = {
            "said": in_an_address(self.questionnaire, self.said) if self.said else None,
            "passed": parts_in_an_address(self.parts) or None,
            "depth": "more" if self.more else None,
            "width": "phone" if self.on_a_phone else None,
            "from": came_from,
            "do": do,
        }
        return url_for("making.try_page", name=self.name, place=place, **query)

    def other_width(self, place: str) -> str:
        return replace(self, on_a_phone=not self.on_a_phone).address(place, came_from=self.came_from)

    def place_of(self, stop: Stop | None, *, came_from: str | None = None) -> str:
        return self.address(stop.link_id, came_from=came_from) if stop else self.address(_CHECK)

    def after(self, link_id: str) -> str:
        """The next page; for who came from the check, what has been opened, and then the check again."""
        if self.came_from is None:
            return self.place_of(self.path.after(link_id))
        part = self.questionnaire.by_link_id.get(self.came_from)
        left = self.path.untouched_in(part) if isinstance(part, Section) else None
        if left is not None:
            return self.place_of(self.path.stop_of(left), came_from=self.came_from)
        opened = self.path.newly_opened
        return self.place_of(self.path.stop_of(opened) if opened else None, came_from=_CHECK)

    def before(self, stop: Stop) -> str:
        if self.came_from:
            return self.address(_CHECK)
        earlier = self.path.before(stop.link_id)
        return self.place_of(earlier) if earlier else self.address(_START)


@blueprint.get("/<string:name>/preview")
@therapist_only
def try_it(_therapist: Therapist, name: str) -> ResponseReturnValue:
    width = "phone" if request.args.get("width") == "phone" else None
    return redirect(url_for("making.try_page", name=name, place=_START, width=width))


@blueprint.get("/<string:name>/preview/<string:place>")
@therapist_only
def try_page(therapist: Therapist, name: str, place: str) -> ResponseReturnValue:
    trial = _trial(name)
    if trial is None:
        flash("There is nothing to try yet: write a question first.")
        return redirect(url_for("making.sheet", name=name), code=303)
    if place == _START:
        return _begin_page(therapist, trial)
    if place == _CHECK:
        return _check_page(therapist, trial)
    stop = trial.answering.stop(place)
    if not trial.answering.leads_to(stop):
        return redirect(trial.after(place), code=303)
    if isinstance(stop, Section):
        return _section_page(therapist, trial, stop, SectionForm(formdata=None))
    if isinstance(stop, Note) or stop.read_only:
        return _note_page(trial, stop)
    return _question_page(therapist, trial, stop, AnswerForm(formdata=None))


@blueprint.post("/<string:name>/preview/<string:place>")
@therapist_only
def go_on(therapist: Therapist, name: str, place: str) -> ResponseReturnValue:
    trial = _trial(name)
    if trial is None:
        return redirect(url_for("making.sheet", name=name), code=303)
    if request.args.get("do") in _CHOICES:
        return redirect(_CHOICES[request.args["do"]](trial, place), code=303)
    if place == _START:
        chosen = replace(trial, more=request.form.get("depth") == "more")
        return redirect(chosen.place_of(next(iter(chosen.path.stops), None)), code=303)
    if place == _CHECK:
        flash("Here it would be sent. In a preview nothing is.")
        return redirect(url_for("making.sheet", name=name), code=303)
    stop = trial.answering.stop(place)
    if isinstance(stop, Section):
        return _answered_section(therapist, trial, stop)
    if isinstance(stop, Note) or stop.read_only:
        return redirect(trial.after(place), code=303)
    return _answered(therapist, trial, stop)


def _pass_part(trial: Trial, section: str) -> str:
    state = AnswerState.IN_PERSON if request.form.get("way") == Way.IN_PERSON else AnswerState.SKIPPED
    link_id = trial.answering.part(section).link_id
    return replace(trial, parts={**trial.parts, link_id: state}).after(link_id)


def _take_up_part(trial: Trial, section: str) -> str:
    link_id = trial.answering.part(section).link_id
    parts = {part: state for part, state in trial.parts.items() if part != link_id}
    return replace(trial, parts=parts, came_from=link_id).after(link_id)


def _choose_depth(trial: Trial, place: str) -> str:
    return replace(trial, more=request.form.get("depth") == "more").address(place)


_CHOICES = {"pass": _pass_part, "return": _take_up_part, "depth": _choose_depth}


def _answered(therapist: Therapist, trial: Trial, question: Question) -> ResponseReturnValue:
    form = AnswerForm()
    try:
        said = _said(trial, question, form)
    except Unreadable as problem:
        form.refuse(form.answer, str(problem))
        return _question_page(therapist, trial, question, form)
    return _gone_on(replace(trial, said=said), question, more=form.more)


def _answered_section(therapist: Therapist, trial: Trial, section: Section) -> ResponseReturnValue:
    form, refused = SectionForm(), dict[str, AnswerForm]()
    for question in trial.path.asked_in(section):
        own = form.of(question.link_id)
        try:
            trial = replace(trial, said=_said(trial, question, own))
        except Unreadable as problem:
            own.refuse(own.answer, str(problem))
            refused[question.link_id] = own
    if refused:
        return _section_page(therapist, trial, section, form, refused)
    return _gone_on(trial, section, more=form.more)


def _said(trial: Trial, question: Question, form: AnswerForm) -> dict[str, Reply]:
    """With what this form says to the question. Raises Unreadable."""
    posted = form.posted
    held_to = needed(question) and posted.way in ROUND
    way = Way.CONTINUE if held_to else posted.way
    reply = reply_after(trial.path.replies.get(question.link_id), way, field_value(question, posted))
    return dict(trial.said) | ({question.link_id: reply} if reply else {})


def _gone_on(trial: Trial, stop: Stop, *, more: bool | None) -> ResponseReturnValue:
    """Who has chosen another depth is where they were; else the way goes on."""
    if more is not None:
        return redirect(replace(trial, more=more).place_of(stop, came_from=trial.came_from), code=303)
    return redirect(trial.after(stop.link_id), code=303)


def _trial(name: str) -> Trial | None:
    """The draft as far as it is fit; None if none of it is. Raises NotFound."""
    look = look_at(current_db(), name)
    fit = look.judged.fit
    if fit is None:
        return None
    trial = Trial(
        name=name,
        questionnaire=fit,
        said=from_an_address(fit, request.args.get("said", "")),
        parts=parts_from_an_address(fit, request.args.get("passed", "")),
        more=request.args.get("depth") == "more",
        left_out=len(look.judged.left_out),
        on_a_phone=request.args.get("width") == "phone",
        came_from=request.args.get("from"),
    )
    g.trial = trial
    return trial


def _begin_page(therapist: Therapist, trial: Trial) -> str:
    overview = Overview(
        questionnaire=trial.questionnaire,
        path=trial.path,
        progress=progress(trial.path, begun=False),
    )
    return _as_client(
        "intake/begin.html",
        trial,
        _START,
        overview=overview,
        goes_on_at=None,
        saved=None,
        therapist=therapist,
    )


def _note_page(trial: Trial, item: Item) -> str:
    part = item.before if isinstance(item, Note) else None
    return _as_client(
        "intake/note.html",
        trial,
        item.link_id,
        note=item,
        part=part,
        passed_by=trial.parts.get(part or ""),
        headings=trial.path.headings(item),
        shown=brought_along(item),
        back=trial.before(item),
        onward=trial.after(item.link_id),
    )


def _question_page(therapist: Therapist, trial: Trial, question: Question, form: AnswerForm) -> str:
    return _as_client(
        "intake/ask.html",
        trial,
        question.link_id,
        **question_shown(trial.answering, question, form),
        **_to_client(therapist),
        back=trial.before(question),
        action=trial.address(question.link_id, came_from=trial.came_from),
    )


def _section_page(
    therapist: Therapist,
    trial: Trial,
    section: Section,
    form: SectionForm,
    refused: Mapping[str, AnswerForm] | None = None,
) -> str:
    return _as_client(
        "intake/section.html",
        trial,
        section.link_id,
        **section_shown(trial.answering, section, form, refused or {}),
        **_to_client(therapist),
        back=trial.before(section),
        action=trial.address(section.link_id, came_from=trial.came_from),
    )


def _check_page(therapist: Therapist, trial: Trial) -> str:
    path = trial.path
    return _as_client(
        "intake/check.html",
        trial,
        _CHECK,
        shown=Amended(rows=rows_of(path), left_out=[]),
        amends=False,
        addition=ADDITION,
        parts=trial.answering.parts_passed_by,
        earlier=[],
        newer=None,
        has_more=bool(trial.questionnaire.beyond),
        says_more=trial.more,
        kept_back=any(each.value is not None and each.given is None for each in path.replies.values()),
        adds_up=bool(trial.questionnaire.scales),
        lit=path.lit(),
        **_to_client(therapist),
        seen=0,
        back=trial.place_of(path.stops[-1]) if path.stops else trial.address(_START),
        therapist=therapist,
    )


def _to_client(therapist: Therapist) -> dict[str, Any]:
    """Who would be told, were it real."""
    return {
        "told": Told(who=[therapist.name]),
        "zone": current_practice().zone,
        "now": clock.now(),
        "saved": _NOT_SAVED,
    }


def _as_client(template: str, trial: Trial, place: str, **shown: Any) -> str:
    """The client's own template, with all that leads on from it leading on in the preview."""
    context: dict[str, Any] = {**shown, "preview": {"trial": trial, "other_width": trial.other_width(place)}}
    current_app.update_template_context(context)
    return _client_pages().get_template(template).render(context)


def _client_pages() -> Environment:
    """The portal's templates, for somebody who is no client: made once for an application."""
    pages: Environment | None = current_app.extensions.get("making.client_pages")
    if pages is None:
        real = current_app.jinja_env
        script: Any = real.globals["script"]
        pages = real.overlay()
        pages.globals = {
            **real.globals,
            "url_for": _address,
            "visitor_kind": lambda: Audience.CLIENT.value,
            "script": lambda name: script(name) if name in _SCRIPTS else Markup(""),
        }
        current_app.extensions["making.client_pages"] = pages
    return pages


def _address(endpoint: str, **values: Any) -> str:
    """Where this would lead a client, in the preview; what is open to everybody is where it is."""
    trial: Trial = g.trial
    if endpoint == "intake.ask":
        return _place_of_question(trial, values["link_id"], came_from=values.get("from"))
    if endpoint in {"intake.check", "intake.send"}:
        return trial.address(_CHECK)
    if endpoint in _DOES:
        place = values.get("link_id") or (_CHECK if values.get("from") else _START)
        return trial.address(place, came_from=trial.came_from, do=_DOES[endpoint])
    if audience_of(current_app.view_functions[endpoint]) is Audience.CLIENT:
        return trial.address(_START)
    return url_for(endpoint, **values)


_DOES = {"intake.pass_by": "pass", "intake.take_up": "return", "intake.choose": "depth"}


def _place_of_question(trial: Trial, link_id: str, *, came_from: str | None) -> str:
    """Alone, or among the others of its section."""
    return trial.address(trial.questionnaire.page_of.get(link_id, link_id), came_from=came_from)
