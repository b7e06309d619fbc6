"""A section that is asked on one page: each of its answers is saved by itself, and none waits for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import redirect, render_template
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.intake.asking import ASKED_OTHERWISE, clash_of, section_page
from portal.intake.forms import AnswerForm, SectionForm
from portal.intake.path import Path
from portal.intake.places import blueprint, came_from, place_after, place_of, place_of_answers
from portal.intake.queries import AlreadySent, answering_of
from portal.intake.questionnaire import MOST_ITEMS, Section
from portal.intake.replies import ROUND, Posted, Way
from portal.intake.saving import AskedOtherwise
from portal.intake.services import SavedPage, save_page

_PRESSED_AT_ONE = {*ROUND, Way.GIVE}


@blueprint.post("/questions/<string:link_id>/answers")
@client_only
def save_section(client: Client, link_id: str) -> ResponseReturnValue:
    form = SectionForm()
    forms = {name: form.of(name) for name in form.asked.data[:MOST_ITEMS]}
    refused = forms
    if form.validate_on_submit():
        try:
            with transaction() as db:
                saved = save_page(db, client, _posted(form, forms), more=form.more, now=clock.now())
        except AskedOtherwise:
            form.refuse(form.asked, ASKED_OTHERWISE)
        except AlreadySent:
            typed = [text for each in forms.values() for text in each.answer.data]
            return render_template("intake/too_late.html", typed=typed), 409
        else:
            refused = _refused(forms, saved)
            section = _section(saved.path, link_id)
            if saved.clashes:
                return _both_page(client, section, forms, saved), 409
            if not refused:
                return redirect(_place_once_saved(saved.path, section, form, forms), code=303)
    answering = answering_of(current_db(), client)
    return section_page(client, answering, _section(answering.path, link_id), form, refused)


def _posted(form: SectionForm, forms: Mapping[str, AnswerForm]) -> dict[str, Posted]:
    """What is to be kept of it. What was pressed below one question does not finish the others."""
    posted = {name: each.posted for name, each in forms.items() if each.keep.data != "theirs"}
    if form.more is None and _pressed_at(forms) is None:
        return posted
    return {
        name: each if each.way in _PRESSED_AT_ONE else replace(each, way=Way.DRAFT)
        for name, each in posted.items()
    }


def _pressed_at(forms: Mapping[str, AnswerForm]) -> str | None:
    """The question below which something was pressed, if it was not the button for all of them."""
    return next((name for name, each in forms.items() if each.posted.way in _PRESSED_AT_ONE), None)


def _refused(forms: Mapping[str, AnswerForm], saved: SavedPage) -> dict[str, AnswerForm]:
    for name, problem in saved.unreadable.items():
        forms[name].refuse(forms[name].answer, problem)
    return {name: forms[name] for name in saved.unreadable}


def _section(path: Path, link_id: str) -> Section:
    section = path.questionnaire.by_link_id.get(link_id)
    if not isinstance(section, Section) or path.questionnaire.page_of.get(link_id) != link_id:
        raise NotFound
    return section


def _both_page(client: Client, section: Section, forms: Mapping[str, AnswerForm], saved: SavedPage) -> str:
    """With all that could not be saved otherwise: it comes back with the choice."""
    return render_template(
        "intake/both_of_several.html",
        clashes=[clash_of(client, clash, forms[clash.question.link_id]) for clash in saved.clashes],
        others=[forms[name] for name in saved.unreadable],
        action=place_of_answers(section),
        form=SectionForm(formdata=None),
    )


def _place_once_saved(
    path: Path, section: Section, form: SectionForm, forms: Mapping[str, AnswerForm]
) -> str:
    """The same page again, where something on it is to be looked at or was opened; else the way goes on."""
    pressed = _pressed_at(forms) or next((name for name, each in forms.items() if each.posted.join), None)
    asked = path.asked_in(section)
    opened = next((each for each in asked if each.link_id not in {**forms, **path.replies}), None)
    at = opened or next((each for each in asked if each.link_id == pressed), None)
    if at is not None or (asked and form.more is not None):
        return place_of(section, came_from=came_from(), at=at)
    return place_after(path, section.link_id)
