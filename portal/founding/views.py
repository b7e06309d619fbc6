"""The practice at one glance, the first start, and the pages that need nothing but a form."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import ways_in
from portal.accounts.services import move_therapist, rename_therapist
from portal.database import current_db, transaction
from portal.diary.countries import country_names
from portal.diary.queries import rules_of
from portal.diary.week import days_written
from portal.founding.desk import blueprint, forget_facts, note_page, on_from, page_shown
from portal.founding.first_pages import Page
from portal.founding.forms import AboutForm, AnswersForm, ConfirmForm, NameForm, PlaceForm, TherapistForm
from portal.founding.standing import has_hours, left_for, mail_goes_by
from portal.mail.telling import telling_words
from portal.practice.facts import practice_facts
from portal.practice.services import (
    end_first_start,
    name_practice,
    open_sign_up,
    place_practice,
    say_about,
    say_when_answered,
)

_SAVED = "Saved."


@blueprint.get("")
@therapist_only
def overview(therapist: Therapist) -> str:
    db, now = current_db(), clock.now()
    facts = practice_facts(db)
    return render_template(
        "founding/overview.html",
        facts=facts,
        left=left_for(db, therapist, now=now),
        country=country_names().get(facts.country, facts.country),
        has_hours=has_hours(db, therapist),
        goes_by=mail_goes_by(),
    )


@blueprint.get("/first-start")
@therapist_only
def first_start(therapist: Therapist) -> str:
    """Where each of the eight pages stands, and the first that is left."""
    db, now = current_db(), clock.now()
    undone = {each.page for each in left_for(db, therapist, now=now)}
    facts = practice_facts(db)
    done = {page for page in Page if page not in undone and _is_settled(page, facts.settled, facts.is_named)}
    return render_template(
        "founding/first_start.html",
        pages=list(Page),
        done=done,
        next_page=next((page for page in Page if page not in done), None),
    )


@blueprint.post("/first-start/end")
@therapist_only
def end(therapist: Therapist) -> ResponseReturnValue:
    with transaction() as db:
        end_first_start(db)
    forget_facts()
    return redirect(url_for("founding.overview"), code=303)


@blueprint.route("/name", methods=["GET", "POST"])
@therapist_only
def name(therapist: Therapist) -> ResponseReturnValue:
    facts = practice_facts(current_db())
    form = NameForm(data={"name": facts.name if facts.is_named else ""})
    if form.validate_on_submit():
        with transaction() as db:
            name_practice(db, form.name.data or "", by=therapist)
            note_page(db, Page.NAME)
        return on_from(Page.NAME, _SAVED)
    return page_shown("name", Page.NAME, form=form, telling=telling_words(form.name.data or ""))


@blueprint.route("/therapist", methods=["GET", "POST"], endpoint="therapist")
@therapist_only
def about_therapist(therapist: Therapist) -> ResponseReturnValue:
    form = TherapistForm(data={"name": therapist.name})
    if form.validate_on_submit():
        with transaction() as db:
            rename_therapist(db, therapist, form.name.data or "")
            note_page(db, Page.THERAPIST)
        return on_from(Page.THERAPIST, _SAVED)
    ways = ways_in(current_db(), therapist)
    return page_shown("therapist", Page.THERAPIST, form=form, therapist=therapist, ways=ways)


@blueprint.route("/place", methods=["GET", "POST"])
@therapist_only
def place(therapist: Therapist) -> ResponseReturnValue:
    facts = practice_facts(current_db())
    form = PlaceForm(data={"country": facts.country, "time_zone": facts.time_zone})
    # Also one for which no holidays are known, if the practice is there.
    elsewhere = {facts.country: facts.country} if facts.country not in country_names() else {}
    form.offer(dict(country_names()) | {code: name for code, name in elsewhere.items() if code})
    if form.validate_on_submit():
        with transaction() as db:
            place_practice(
                db, country=form.country.data or "", time_zone=form.time_zone.data or "", by=therapist
            )
            if therapist.time_zone == facts.time_zone:
                move_therapist(db, therapist, zone=form.time_zone.data or "")
            note_page(db, Page.PLACE)
        return on_from(Page.PLACE, _SAVED)
    return page_shown("place", Page.PLACE, form=form)


@blueprint.route("/hours", methods=["GET", "POST"])
@therapist_only
def hours(therapist: Therapist) -> ResponseReturnValue:
    """The hours are the diary's; here is said that they are right for a beginning."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with transaction() as db:
            note_page(db, Page.HOURS)
        return on_from(Page.HOURS, _SAVED)
    rules, today = rules_of(current_db(), therapist.id), clock.now().date()
    return page_shown(
        "hours", Page.HOURS, form=form, week=days_written(rules.hours.get(None, ()), since=today), rules=rules
    )


@blueprint.route("/answers", methods=["GET", "POST"])
@therapist_only
def answers(therapist: Therapist) -> ResponseReturnValue:
    facts = practice_facts(current_db())
    form = AnswersForm(
        data={
            "days": list(facts.answering_days),
            "within_days": facts.answers_within_days,
            "by_hour": facts.answers_by_hour,
        }
    )
    if form.validate_on_submit():
        with transaction() as db:
            say_when_answered(
                db,
                by=therapist,
                days=form.days.data or (),
                within_days=form.within_days.data or 0,
                by_hour=form.by_hour.data,
            )
            note_page(db, Page.ANSWERS)
        return on_from(Page.ANSWERS, "Saved. Whoever has asked already was promised what was so then.")
    return page_shown("answers", Page.ANSWERS, form=form, facts=facts)


@blueprint.route("/about", methods=["GET", "POST"])
@therapist_only
def about(therapist: Therapist) -> ResponseReturnValue:
    facts = practice_facts(current_db())
    who = "everybody" if facts.self_sign_up else "invited"
    form = AboutForm(data={"about": facts.about, "reached_by": facts.reached_by, "who": who})
    if form.validate_on_submit():
        with transaction() as db:
            say_about(db, about=form.about.data or "", reached_by=form.reached_by.data or "", by=therapist)
            open_sign_up(db, to_everybody=form.who.data == "everybody", by=therapist)
            note_page(db, Page.ABOUT)
        return on_from(Page.ABOUT, _SAVED)
    return page_shown("about", Page.ABOUT, form=form, facts=facts)


def _is_settled(page: Page, settled: frozenset[str], is_described: bool) -> bool:
    """Where a practice was described at a terminal, nobody has gone through its pages."""
    return page in settled or (is_described and not settled)
