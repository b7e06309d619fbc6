"""The pages that ask: one question, or a section at once; and an answer that was written in two places."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import render_template

from portal import clock
from portal.accounts.models import Client
from portal.accounts.queries import zone_of
from portal.database import current_db
from portal.intake.forms import AnswerForm as AnswerForm
from portal.intake.forms import SectionForm as SectionForm
from portal.intake.lamp_queries import told_of_lamps
from portal.intake.lamp_rules import lights
from portal.intake.path import Stop, needed
from portal.intake.places import came_from, place_before, place_of, place_of_answers, saved_line
from portal.intake.queries import Answering, Earlier, earlier_answers
from portal.intake.questionnaire import Addition, LampRule, Note, Part, Question, Section
from portal.intake.replies import Reply, Unreadable, can_be_joined, in_words, read, typed_as
from portal.intake.saving import AnsweredElsewhere
from portal.intake.sent_copy import PASSED_BY

ASKED_OTHERWISE = "The questions were changed in another window since this page was opened. Look once more"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question as a page shows it."""

    question: Question
    # Names its fields, and holds what is wrong with them.
    form: AnswerForm
    typed: list[str]
    hints: list[str]
    needed: bool
    lamp: LampRule | None
    is_lit: bool
    # What the page sends back to tell how old it is.
    based_on: int
    page: str
    turn: int
    passed_by: str | None
    keeps_something: bool
    # What was said when it was asked otherwise.
    earlier: list[Earlier]
    # Whether nobody asks it, and it is room for the client's own words.
    is_added: bool


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something to read between the questions of a page."""

    wording: str
    is_heading: bool
    # The answer that stands there for good, where nobody can change it.
    words: list[str]


@dataclass(frozen=True, kw_only=True)
class Clash:
    """An answer that was written in two places, both as people read them."""

    question: Question
    form: AnswerForm
    revision: int
    stored: list[str]
    # How the stored one was passed by, if it was.
    stored_way: str | None
    saved: str | None
    mine: list[str]
    can_be_joined: bool
    problem: str | None


def question_page(client: Client, answering: Answering, question: Question, form: AnswerForm) -> str:
    """The page of one question; with what was typed, if the form was refused."""
    earlier = earlier_answers(current_db(), client, answering.intake)
    return render_template(
        "intake/ask.html",
        **question_shown(answering, question, form, earlier=earlier),
        **_of_client(client, answering, question),
        back=place_before(answering.path, question),
        action=place_of(question, came_from=came_from()),
    )


def section_page(
    client: Client,
    answering: Answering,
    section: Section,
    form: SectionForm,
    refused: Mapping[str, AnswerForm] | None = None,
) -> str:
    """All that is open in a section; `refused` are the questions that come back as they were typed."""
    earlier = earlier_answers(current_db(), client, answering.intake)
    return render_template(
        "intake/section.html",
        **section_shown(answering, section, form, refused or {}, earlier=earlier),
        **_of_client(client, answering, section),
        back=place_before(answering.path, section),
        action=place_of_answers(section),
    )


def question_shown(
    answering: Answering, question: Question, form: AnswerForm, *, earlier: Sequence[Earlier] = ()
) -> dict[str, object]:
    """What the page of one question shows, whoever reads it and wherever it leads."""
    return {
        "asked": _asked(answering, question, form, as_posted=bool(form.errors), earlier=earlier),
        "number": answering.path.number_of(question),
        "headings": answering.path.headings(question),
        "form": form,
        **_whole(answering, question),
    }


def section_shown(
    answering: Answering,
    section: Section,
    form: SectionForm,
    refused: Mapping[str, AnswerForm],
    *,
    earlier: Sequence[Earlier] = (),
) -> dict[str, object]:
    """The same of a section that is asked on one page."""
    path = answering.path
    asked = path.asked_in(section)
    numbers = [number for each in asked if (number := path.number_of(each))]
    return {
        "section": section,
        "parts": list(_parts(answering, section, form, refused, earlier)),
        "first": min(numbers, default=None),
        "last": max(numbers, default=None),
        "headings": path.headings(section),
        # What was typed for questions that are not on the page any more.
        "homeless": [
            text
            for name, each in refused.items()
            if name not in {question.link_id for question in asked}
            for text in each.answer.data
        ],
        "form": form,
        **_whole(answering, section),
    }


def clash_of(client: Client, clash: AnsweredElsewhere, form: AnswerForm) -> Clash:
    stored = clash.stored.value
    return Clash(
        question=clash.question,
        form=form,
        revision=clash.answer.revision,
        stored=in_words(clash.question, stored) if stored is not None else [],
        stored_way=PASSED_BY.get(clash.stored.state),
        saved=saved_line(clash.answer.saved_at, client),
        mine=in_words(clash.question, clash.value),
        can_be_joined=can_be_joined(clash.question) and stored is not None,
        problem=clash.problem,
    )


def brought_along(part: Part) -> list[str]:
    """The answer that stands there for good, where nobody can change it."""
    if not isinstance(part, Question) or part.initial is None:
        return []
    return in_words(part, part.initial)


def _whole(answering: Answering, stop: Stop) -> dict[str, object]:
    """What every page that asks says of the whole, and of the lamps that were lit before it."""
    path, own = answering.path, _asked_on(answering, stop)
    return {
        "total": path.total,
        "asked_on": answering.asked_on,
        "has_more": bool(path.questionnaire.beyond),
        "says_more": answering.intake.says_more,
        "lit": {link_id: rule for link_id, rule in path.lit(upto=stop).items() if link_id not in own},
    }


def _of_client(client: Client, answering: Answering, stop: Stop) -> dict[str, object]:
    """What a page says to this client: what is saved, and who is told of a lamp, if it speaks of any."""
    lit, own = answering.path.lit(upto=stop), _asked_on(answering, stop)
    speaks = lit or any(answering.path.questionnaire.lamp_on(link_id) for link_id in own)
    return {
        "saved": saved_line(answering.intake.saved_at, client) if answering.answers else None,
        "told": told_of_lamps(current_db(), client, lit=bool(lit)) if speaks else None,
        "zone": zone_of(client),
        "now": clock.now(),
    }


def _asked_on(answering: Answering, stop: Stop) -> set[str]:
    asked = answering.path.asked_in(stop) if isinstance(stop, Section) else [stop]
    return {each.link_id for each in asked}


def _parts(
    answering: Answering,
    section: Section,
    form: SectionForm,
    refused: Mapping[str, AnswerForm],
    earlier: Sequence[Earlier],
) -> Iterator[Asked | Told]:
    page = secrets.token_hex(8)
    for part in answering.path.met_in(section):
        if isinstance(part, Note | Section) or not part.asked:
            yield Told(wording=part.wording, is_heading=isinstance(part, Section), words=brought_along(part))
            continue
        posted = refused.get(part.link_id)
        own = posted or form.of(part.link_id)
        yield _asked(answering, part, own, as_posted=posted is not None, page=page, earlier=earlier)


def _asked(
    answering: Answering,
    question: Question,
    form: AnswerForm,
    *,
    as_posted: bool,
    page: str | None = None,
    earlier: Sequence[Earlier] = (),
) -> Asked:
    link_id = question.link_id
    reply, answer = answering.path.replies.get(link_id), answering.answers.get(link_id)
    lamp = answering.path.questionnaire.lamp_on(link_id)
    before = [each for each in earlier if each.link_id == link_id]
    return Asked(
        question=question,
        form=form,
        typed=form.answer.data if as_posted else _typed(question, reply, before),
        hints=answering.path.hints(question),
        needed=needed(question),
        lamp=lamp,
        is_lit=link_id in answering.path and lights(lamp, question, reply),
        # A page that comes back with an error is still drawn from what it was drawn from before.
        based_on=form.posted.based_on if as_posted else (answer.revision if answer else 0),
        page=form.posted.page if as_posted else page or secrets.token_hex(8),
        turn=form.posted.turn if as_posted else 0,
        passed_by=reply.state.value if reply and reply.given is None else None,
        keeps_something=reply is not None and reply.value is not None,
        earlier=before if reply is None or reply.given is None else [],
        is_added=isinstance(question, Addition),
    )


def _typed(question: Question, reply: Reply | None, before: Sequence[Earlier]) -> list[str]:
    """In the field: what was said so far, or when it was asked otherwise, or what it begins with."""
    if reply is not None:
        return typed_as(question, reply.value)
    return next(
        (each.typed for each in before if _fits(question, each.typed)), typed_as(question, question.initial)
    )


def _fits(question: Question, typed: Sequence[str]) -> bool:
    try:
        return read(question, typed) is not None
    except Unreadable:
        return False
