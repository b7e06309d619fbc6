"""How far a practice has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import current_app
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.accounts.queries import ways_in
from portal.diary.models import WorkingHours
from portal.founding.leftover import Left, Standing, left_to_do
from portal.mail.telling import telling_words
from portal.practice.facts import Facts, current_practice, practice_facts
from portal.practice.proving import way_of_mail


def left_for(db: Session, therapist: Therapist, *, now: datetime) -> Sequence[Left]:
    """All that is left for this therapist's practice, as it is stored now."""
    ways = ways_in(db, therapist)
    return left_to_do(
        _standing(
            practice_facts(db),
            now,
            has_second_step=ways.passkeys > 0 or ways.has_app,
            has_hours=has_hours(db, therapist),
        )
    )


def serious_left(now: datetime, *, has_hours: bool) -> Sequence[Left]:
    """What is left that clients would be worse off for, by what is remembered: it asks for nothing.

    Whether somebody came in without a second step is said elsewhere.
    """
    standing = _standing(current_practice(), now, has_second_step=True, has_hours=has_hours)
    return [each for each in left_to_do(standing) if each.is_serious]


def has_hours(db: Session, therapist: Therapist) -> bool:
    """Whether anybody can ever ask for a time."""
    return bool(db.scalar(select(exists().where(WorkingHours.therapist_id == therapist.id))))


def mail_goes_by() -> str:
    """From which address and by which server mail goes now."""
    return way_of_mail(current_app.config["MAIL_FROM"], current_app.config["MAIL_URL"])


def _standing(facts: Facts, now: datetime, *, has_second_step: bool, has_hours: bool) -> Standing:
    return Standing(
        is_named=facts.is_named,
        name_tells=bool(telling_words(facts.name)),
        has_second_step=has_second_step,
        has_country=bool(facts.country),
        has_help_lines=current_app.extensions["help_for"](facts) is not None,
        help_lines_confirmed_on=facts.help_lines_confirmed_on,
        today=now.astimezone(facts.zone).date(),
        has_hours=has_hours,
        mail_arrives=facts.mail_proved_as == mail_goes_by(),
        settled=facts.settled,
    )
