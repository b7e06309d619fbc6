"""A draft tried as a client would meet it: the client's own pages over made-up answers. Nothing is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import Environment
from markupsafe import Markup
from wtforms import StringField

from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db
from portal.errors import NotFound
from portal.intake.path import Path, needed, progress
from portal.intake.queries import Overview
from portal.intake.questionnaire import Item, Note, Question, Questionnaire, lamp_of
from portal.intake.replies import (
    ROUND,
    AnswerState,
    Posted,
    Reply,
    Unreadable,
    Way,
    field_value,
    in_words,
    reply_after,
    typed_as,
)
from portal.intake.sent_copy import rows_of
from portal.making.desk import blueprint
from portal.making.looking import look_at
from portal.making.trying import from_an_address, in_an_address
from portal.web.audience import Audience, audience_of
from portal.web.form import PortalForm

_CHECK, _START = "check", "start"
_NOT_SAVED = "A preview: nothing is saved"
# What a client's page does while it is filled in has no place in a preview.
_SCRIPTS = frozenset({"leave.js"})


class TrialForm(PortalForm):
    answer = StringField("Your answer")


@dataclass(frozen=True)
class Trial:
    """One page of a preview: of which draft, with what said so far, how wide."""

    name: str
    questionnaire: Questionnaire
    path: Path
    # Of the draft, those that are not finished and left out.
    left_out: int
    on_a_phone: bool
    from_check: bool

    def address(
        self, place: str, *, replies: dict[str, Reply] | None = None, from_check: bool = False
    ) -> str:
        said = in_an_address(self.questionnaire, self.path.replies if replies is None else replies)
        return self._address(place, said, on_a_phone=self.on_a_phone, from_check=from_check)

    def _address(self, place: str, said: str, *, on_a_phone: bool, from_check: bool) -> str:
        query: dict[str, Any] = {"said": said} if said else {}
        query |= {"width": "phone"} if on_a_phone else {}
        query |= {"from": "check"} if from_check else {}
        return url_for("making.try_page", name=self.name, place=place, **query)

    def other_width(self, place: str) -> str:
        said = in_an_address(self.questionnaire, self.path.replies)
        return self._address(place, said, on_a_phone=not self.on_a_phone, from_check=self.from_check)


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
    item = _item(trial.questionnaire, place)
    if place not in trial.path:
        return redirect(_after(trial, trial.path, place), code=303)
    if isinstance(item, Note) or item.read_only:
        return _note_page(trial, item)
    return _question_page(therapist, trial, item, TrialForm(formdata=None))


@blueprint.post("/<string:name>/preview/<string:place>")
@therapist_only
def go_on(therapist: Therapist, name: str, place: str) -> ResponseReturnValue:
    trial = _trial(name)
    if trial is None:
        return redirect(url_for("making.sheet", name=name), code=303)
    if place == _START:
        first = trial.path.items[0].link_id if trial.path.items else _CHECK
        return redirect(trial.address(first), code=303)
    if place == _CHECK:
        flash("Here it would be sent. In a preview nothing is.")
        return redirect(url_for("making.sheet", name=name), code=303)
    item = _item(trial.questionnaire, place)
    if isinstance(item, Note) or item.read_only:
        return redirect(_after(trial, trial.path, place), code=303)
    return _answered(therapist, trial, item)


def _answered(therapist: Therapist, trial: Trial, question: Question) -> ResponseReturnValue:
    form, way = TrialForm(), request.form.get("way", "")
    posted = Posted(typed=request.form.getlist("answer"), way=Way(way) if way in set(Way) else Way.CONTINUE)
    earlier = trial.path.replies.get(question.link_id)
    try:
        value = field_value(question, posted)
    except Unreadable as problem:
        form.refuse(form.answer, str(problem))
        return _question_page(therapist, trial, question, form, typed=list(posted.typed))
    held_to = needed(question) and posted.way in ROUND
    reply = reply_after(earlier, Way.CONTINUE if held_to else posted.way, value)
    replies = dict(trial.path.replies) | ({question.link_id: reply} if reply else {})
    return redirect(_after(trial, Path(trial.questionnaire, replies), question.link_id), code=303)


def _trial(name: str) -> Trial | None:
    """The draft as far as it is fit; None if none of it is. Raises NotFound."""
    look = look_at(current_db(), name)
    fit = look.judged.fit
    if fit is None:
        return None
    replies = from_an_address(fit, request.args.get("said", ""))
    trial = Trial(
        name,
        fit,
        Path(fit, replies),
        len(look.judged.left_out),
        request.args.get("width") == "phone",
        request.args.get("from") == "check",
    )
    g.trial = trial
    return trial


def _item(questionnaire: Questionnaire, link_id: str) -> Item:
    item = questionnaire.by_link_id.get(link_id)
    if item is None or item.kind == "section" or link_id in questionnaire.out_of_sight:
        raise NotFound
    return item


def _after(trial: Trial, path: Path, link_id: str) -> str:
    """The next item; for who came from the check, what a change has opened, and then the check again."""
    item = path.newly_opened if trial.from_check else path.after(link_id)
    place = item.link_id if item else _CHECK
    return trial.address(place, replies=dict(path.replies), from_check=trial.from_check and item is not None)


def _before(trial: Trial, item: Item) -> str:
    earlier = None if trial.from_check else trial.path.before(item.link_id)
    return trial.address(earlier.link_id if earlier else _CHECK if trial.from_check else _START)


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
    shown = in_words(item, item.initial) if isinstance(item, Question) and item.initial is not None else []
    return _as_client(
        "intake/note.html",
        trial,
        item.link_id,
        note=item,
        headings=trial.path.headings(item),
        shown=shown,
        back=_before(trial, item),
        onward=_after(trial, trial.path, item.link_id),
    )


def _question_page(
    therapist: Therapist, trial: Trial, question: Question, form: TrialForm, typed: list[str] | None = None
) -> str:
    path, reply = trial.path, trial.path.replies.get(question.link_id)
    return _as_client(
        "intake/ask.html",
        trial,
        question.link_id,
        question=question,
        number=path.number_of(question),
        total=path.total,
        typed=typed_as(question, reply.value if reply else question.initial) if typed is None else typed,
        headings=path.headings(question),
        hints=path.hints(question),
        needed=needed(question),
        based_on=0,
        page="",
        turn=0,
        passed_by=reply.state.value if reply and reply.state is not AnswerState.ANSWERED else None,
        keeps_something=reply is not None and reply.value is not None,
        lit=path.lit(upto=question),
        lamp=lamp_of(question),
        told=therapist.name,
        saved=_NOT_SAVED,
        back=_before(trial, question),
        action=trial.address(question.link_id, from_check=trial.from_check),
        form=form,
    )


def _check_page(therapist: Therapist, trial: Trial) -> str:
    path = trial.path
    return _as_client(
        "intake/check.html",
        trial,
        _CHECK,
        shown={"rows": rows_of(path)},
        kept_back=any(each.value is not None and each.given is None for each in path.replies.values()),
        adds_up=bool(trial.questionnaire.scales),
        lit=path.lit(),
        told=therapist.name,
        seen=0,
        back=trial.address(path.items[-1].link_id if path.items else _START),
        saved=_NOT_SAVED,
        therapist=therapist,
        form=TrialForm(formdata=None),
    )


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
        return trial.address(values["link_id"], from_check=values.get("from") == "check")
    if endpoint in {"intake.check", "intake.send"}:
        return trial.address(_CHECK)
    if audience_of(current_app.view_functions[endpoint]) is Audience.CLIENT:
        return trial.address(_START)
    return url_for(endpoint, **values)
