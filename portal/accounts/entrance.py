"""The blueprint of the pages about getting in and staying in, and what their views share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app

from portal import clock
from portal.accounts import cookie, passwords
from portal.accounts.begun import Begun, finish_step
from portal.accounts.forms import SAY_WHEN_AGAIN
from portal.accounts.models import Step
from portal.accounts.queries import Person
from portal.database import transaction
from portal.web.form import PortalForm
from portal.web.limits import MustWait

blueprint = Blueprint("accounts", __name__)


def cost() -> passwords.Cost:
    return passwords.Cost(*current_app.config["ARGON2"])


def is_right(password: str, person: Person | None) -> bool:
    return passwords.is_right(password, person.password_hash if person else None, cost=cost())


def hashed(password: str) -> str:
    return passwords.hash_password(password, cost=cost())


def finished(step: Step) -> Begun:
    """What this browser had begun: over from now on, whatever comes of it. Raises StepGone."""
    with transaction() as db:
        return finish_step(db, step, token_hash=cookie.begun(step), now=clock.now())


def as_json(text: str) -> Response:
    return current_app.response_class(text, mimetype="application/json")


def refuse_to_hurry(form: PortalForm, field: Any, wait: MustWait) -> None:
    """Say at the field when it can be tried again."""
    form.refuse(field, SAY_WHEN_AGAIN.format(wait.in_words))
