"""The therapist offers other times, with a few words of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import name_of
from portal.database import current_db, transaction
from portal.diary.clocks import by_day, minute_of, moment_of
from portal.diary.queries import rules_of
from portal.errors import Overtaken
from portal.practice.facts import current_practice
from portal.review.calendar import moment_at
from portal.review.desk import blueprint, zone_of
from portal.review.forms import PhraseForm, ProposeForm, day_in
from portal.scheduling.holding import SlotNotOffered
from portal.scheduling.lifecycle import MoveNotAllowed, Status
from portal.scheduling.models import Consultation
from portal.scheduling.objections import AgainstTheRules, OffTheSteps, TimeTaken
from portal.scheduling.phrases import TooManyPhrases, add_phrase, remove_phrase
from portal.scheduling.proposing import (
    MOST_ALTERNATIVES,
    AnswerFirst,
    NothingFree,
    TimesOverlap,
    TooSoonToChoose,
    free_starts,
    kind_of_another,
    propose_times,
    propose_to_follow,
)
from portal.scheduling.queries import consultation_of, phrases_of
from portal.scheduling.slots import nearest
from portal.web.formatting import day_and_time
from portal.web.instants import posted

_DAYS_SHOWN = timedelta(days=14)
_GONE = "{} is taken meanwhile. Below are the nearest free times; your words are kept"
_OVERLAP = "Two of these times overlap. Choose times that can take place beside one another"
_TOO_SOON = "One of these times is so near that they could hardly answer before it. Choose later ones"


@dataclass(frozen=True)
class _Free:
    """Free times of some days as chips, what is ticked among them, and where earlier and later ones begin."""

    days: Sequence[tuple[date, Sequence[tuple[str, str]]]]
    earlier: str | None
    later: str | None


@blueprint.route("/consultations/<string:reference>/other-times", methods=["GET", "POST"])
@therapist_only
def propose(therapist: Therapist, reference: str) -> ResponseReturnValue:
    consultation = consultation_of(current_db(), therapist, reference)
    form = ProposeForm()
    if not form.validate_on_submit():
        return _propose_page(therapist, consultation, form)
    _add_typed_time(form, zone_of(therapist))
    if form.errors or not _is_final():
        _add_phrase(therapist, form)
        return _propose_page(therapist, consultation, form)
    if not 0 < len(form.chosen) <= MOST_ALTERNATIVES:
        form.refuse(form.starts, "Choose two or three times; one will do if there is no other")
        return _propose_page(therapist, consultation, form)
    return _propose(therapist, consultation, form)


@blueprint.post("/consultations/<string:reference>/follow-up")
@therapist_only
def follow_up(therapist: Therapist, reference: str) -> ResponseReturnValue:
    consultation, now = consultation_of(current_db(), therapist, reference), clock.now()
    promised = current_practice().answering.answer_by(now)
    try:
        with transaction() as db:
            proposal = propose_to_follow(db, consultation, now=now, promised=promised)
    except (NothingFree, TooSoonToChoose):
        flash("There is no free time near the same hour. Choose others here.")
        return redirect(url_for("review.propose", reference=reference), code=303)
    except AnswerFirst as waiting:
        flash("Something of theirs waits already: this is it.")
        proposal = waiting.reference
    else:
        flash("Offered. A mail with the times is on its way.")
    return redirect(url_for("review.show", reference=proposal), code=303)


@blueprint.route("/phrases", methods=["GET", "POST"])
@therapist_only
def phrases(therapist: Therapist) -> ResponseReturnValue:
    form = PhraseForm()
    if form.validate_on_submit():
        try:
            with transaction() as db:
                add_phrase(db, therapist, form.words.data or "")
        except TooManyPhrases:
            form.refuse(form.words, "There are thirty already. Remove one that you no longer need")
        else:
            flash("Kept.")
            return redirect(url_for("review.phrases"), code=303)
    return render_template("review/phrases.html", form=form, phrases=phrases_of(current_db(), therapist))


@blueprint.post("/phrases/<string:reference>/removal")
@therapist_only
def remove_words(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        remove_phrase(db, therapist, reference)
    flash("Removed. Where it was sent before, it stays.")
    return redirect(url_for("review.phrases"), code=303)


def _is_final() -> bool:
    """Whether the button was the one that sends; the others only change what the page shows."""
    return not {"add", "from", "phrase"} & request.form.keys()


def _propose(therapist: Therapist, consultation: Consultation, form: ProposeForm) -> ResponseReturnValue:
    now, zone = clock.now(), zone_of(therapist)
    promised = current_practice().answering.answer_by(now)
    try:
        with transaction() as db:
            proposal = propose_times(
                db,
                consultation,
                starts=form.chosen,
                now=now,
                promised=promised,
                words=form.words.data or None,
                despite=form.warned_of,
                version=form.version.data,
            )
    except AgainstTheRules as against:
        return _propose_page(therapist, consultation, form, against=against)
    except (TimeTaken, SlotNotOffered) as gone:
        form.refuse(form.starts, _GONE.format(day_and_time(gone.starts_at, zone)))
        return _propose_page(therapist, consultation, form, gone_at=gone.starts_at), 409
    except (TimesOverlap, TooSoonToChoose, OffTheSteps) as unfit:
        form.refuse(form.starts, _OVERLAP if isinstance(unfit, TimesOverlap) else _TOO_SOON)
        return _propose_page(therapist, consultation, form)
    except AnswerFirst as waiting:
        flash("Something of theirs waits already. Nothing was sent: this is it.")
        return redirect(url_for("review.show", reference=waiting.reference), code=303)
    except (Overtaken, MoveNotAllowed):
        current_db().expire_all()
        consultation = consultation_of(current_db(), therapist, consultation.reference)
        return _propose_page(therapist, consultation, form, overtaken=True), 409
    flash("Offered. A mail with the times is on its way.")
    return redirect(url_for("review.show", reference=proposal), code=303)


def _propose_page(
    therapist: Therapist,
    consultation: Consultation,
    form: ProposeForm,
    *,
    against: AgainstTheRules | None = None,
    gone_at: datetime | None = None,
    overtaken: bool = False,
) -> str:
    db, now, zone = current_db(), clock.now(), zone_of(therapist)
    rules = rules_of(db, therapist.id)
    kind = kind_of_another(rules, consultation, now=now)
    giving_up = {consultation.id} if consultation.status is Status.REQUESTED else set()
    free = free_starts(db, rules, kind, therapist.id, now=now, moving=giving_up)
    begins = day_in(request.form.get("from")) or _first_day(free, consultation, gone_at, zone, now)
    form.version.data = consultation.version
    chosen = [moment for moment in form.chosen if moment != gone_at]
    broken = {rule for rules in (against.objections if against else {}).values() for rule in rules}
    return render_template(
        "review/propose.html",
        form=form,
        consultation=consultation,
        name=name_of(db, consultation.client),
        kind=kind,
        chosen=sorted(chosen),
        free=_free(free, begins, zone, chosen),
        near=[moment_of(start) for start in nearest(free, minute_of(gone_at), most=4)] if gone_at else [],
        against=sorted(against.objections.items()) if against else [],
        despite=sorted({*form.warned_of, *broken}),
        promised=current_practice().answering.answer_by(now),
        overtaken=overtaken,
        phrases=phrases_of(db, therapist),
        instant=posted,
        zone=zone,
        now=now,
    )


def _first_day(
    free: Sequence[int], consultation: Consultation, gone_at: datetime | None, zone: ZoneInfo, now: datetime
) -> date:
    """Around the time that is spoken of, if that is still to come; else where there is something free."""
    wanted = gone_at or consultation.starts_at
    if wanted > now:
        return max(now, wanted - timedelta(days=2)).astimezone(zone).date()
    return moment_of(free[0] if free else minute_of(now)).astimezone(zone).date()


def _free(free: Sequence[int], begins: date, zone: ZoneInfo, chosen: Sequence[datetime]) -> _Free:
    days = by_day(free, str(zone))
    ends, ticked = begins + _DAYS_SHOWN, set(chosen)
    shown = [
        (
            day,
            [
                (posted(moment_of(start)), f"{minute // 60:02}:{minute % 60:02}")
                for start, minute in times
                if moment_of(start) not in ticked
            ],
        )
        for day, times in days.items()
        if begins <= day < ends
    ]
    earlier = [day for day in days if day < begins]
    later = [day for day in days if day >= ends]
    return _Free(
        [each for each in shown if each[1]],
        max(earlier[0], earlier[-1] - _DAYS_SHOWN + timedelta(days=1)).isoformat() if earlier else None,
        later[0].isoformat() if later else None,
    )


def _add_typed_time(form: ProposeForm, zone: ZoneInfo) -> None:
    """A date and a clock time become one of the times that are ticked."""
    if form.day.data is None and form.clock.data is None:
        return
    if form.day.data is None or form.clock.data is None:
        form.refuse(form.day, "Say both the day and the time")
        return
    moment = moment_at(form.day.data, form.clock.data, zone)
    problem = _unfit(moment, form.clock.data)
    if moment is None or problem:
        form.refuse(form.day, problem or "The clocks skip this time on that day. Choose another")
        return
    form.starts.data = list(dict.fromkeys([*(form.starts.data or ()), posted(moment)]))
    form.day.data = form.clock.data = None
    form.day.raw_data = form.clock.raw_data = None


def _unfit(moment: datetime | None, shown: time) -> str | None:
    if shown.minute % 5:
        return "Use a time on five minutes, for example 10:05"
    if moment is not None and moment <= clock.now():
        return "Choose a time that is still to come"
    return None


def _add_phrase(therapist: Therapist, form: ProposeForm) -> None:
    """Put a phrase under what is written already, for the therapist to go on with."""
    for phrase in phrases_of(current_db(), therapist):
        if phrase.reference == request.form.get("phrase"):
            form.words.data = "\n\n".join(filter(None, (form.words.data, phrase.words)))
