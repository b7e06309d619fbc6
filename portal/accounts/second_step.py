"""The second step of signing in: an authenticator app, and the codes for who has lost it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import emails
from portal.accounts.codes import new_recovery_codes, new_secret, recovery_hash, step_of
from portal.accounts.models import AuthenticatorApp, Passkey, RecoveryCode
from portal.accounts.places import end_all_places
from portal.accounts.queries import Person, owner_of, theirs, ways_in
from portal.accounts.services import LastWayIn, forget_idle_codes, own_key
from portal.errors import NotFound, Refused
from portal.vault.words import seal, unseal


class CodeRefused(Refused):
    """Not the code of this half minute, or used already, or no recovery code that still works."""


def begin_app(db: Session, person: Person, *, now: datetime) -> None:
    """A secret for an app that is being set up. One that is in use stays in use until the new one has shown a
    code; one that was begun before is forgotten.
    """
    key = own_key(db, person, now=now)
    db.refresh(person, ["password_hash"], with_for_update=True)
    _forget_apps(db, person, active=False)
    app = AuthenticatorApp(sealed_secret=b"", added_at=now, **owner_of(person))
    db.add(app)
    db.flush()
    app.sealed_secret = seal(db, key, new_secret(), of=_secret_row(app))


def secret_to_set_up(db: Session, person: Person, *, now: datetime) -> str:
    """The secret of the app that is being set up, for its owner's eyes. Raises NotFound."""
    app = _app_of(db, person, active=False)
    if app is None:
        raise NotFound
    return _secret(db, person, app, now)


def confirm_app(db: Session, person: Person, typed: str, *, now: datetime) -> Sequence[str]:
    """The app shows the right code, so it is in use from now on, in place of an older one.

    Returns recovery codes to be shown once, unless the person has some. Raises NotFound and CodeRefused.
    """
    db.refresh(person, ["password_hash"], with_for_update=True)
    app = _app_of(db, person, active=False)
    if app is None:
        raise NotFound
    step = step_of(typed, _secret(db, person, app, now), now=now, after=0)
    if step is None:
        raise CodeRefused
    _forget_apps(db, person, active=True)
    app.is_active, app.last_step, app.added_at = True, step, now
    emails.tell_of_a_change(db, "app-added", to=person.email, now=now)
    return first_recovery_codes(db, person, now=now)


def use_code(db: Session, person: Person, typed: str, *, now: datetime) -> None:
    """The code of the app, or a recovery code: each works once, also where two are sent at once.

    Raises CodeRefused.
    """
    app = _app_of(db, person, active=True)
    step = step_of(typed, _secret(db, person, app, now), now=now, after=app.last_step) if app else None
    if app is None or step is None:
        return _use_recovery_code(db, person, typed, now=now)
    noted = db.scalar(
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app.id, AuthenticatorApp.last_step < step)
        .values(last_step=step)
        .returning(AuthenticatorApp.id)
        .execution_options(synchronize_session=False)
    )
    if noted is None:
        raise CodeRefused
    return None


def first_recovery_codes(db: Session, person: Person, *, now: datetime) -> Sequence[str]:
    """Recovery codes for who has none yet; nothing for who has."""
    db.flush()
    return [] if ways_in(db, person).recovery_codes else replace_recovery_codes(db, person, now=now)


def replace_recovery_codes(db: Session, person: Person, *, now: datetime) -> Sequence[str]:
    """A new set, to be shown once. None of the older ones works any more; the person is told by mail."""
    db.refresh(person, ["password_hash"], with_for_update=True)
    db.execute(delete(RecoveryCode).where(theirs(RecoveryCode, person)))
    codes = new_recovery_codes()
    for code in codes:
        hashed = recovery_hash(code, whose=person.reference)
        db.add(RecoveryCode(code_hash=hashed, made_at=now, **owner_of(person)))
    emails.tell_of_a_change(db, "recovery-codes-made", to=person.email, now=now)
    return codes


def remove_app(db: Session, person: Person, *, owes_second_step: bool, now: datetime) -> None:
    """The person signs in without it from now on. Raises NotFound, and LastWayIn as for a passkey."""
    db.refresh(person, ["password_hash"], with_for_update=True)
    ways = ways_in(db, person)
    if not ways.has_app:
        raise NotFound
    if owes_second_step and not ways.passkeys:
        raise LastWayIn
    _forget_apps(db, person, active=True)
    forget_idle_codes(db, person)
    emails.tell_of_a_change(db, "app-removed", to=person.email, now=now)


def reset_second_step(db: Session, person: Person, *, now: datetime) -> None:
    """The practice has made sure who they are: app, passkeys and recovery codes are gone, and all places end.

    A password, or a link to a new one, is then their way in. They are told by mail.
    """
    db.refresh(person, ["password_hash"], with_for_update=True)
    for table in (AuthenticatorApp, Passkey, RecoveryCode):
        db.execute(delete(table).where(theirs(table, person)).execution_options(synchronize_session=False))
    end_all_places(db, person)
    emails.tell_of_a_change(db, "second-step-reset", to=person.email, now=now)


def _use_recovery_code(db: Session, person: Person, typed: str, *, now: datetime) -> None:
    used = db.scalar(
        update(RecoveryCode)
        .where(
            theirs(RecoveryCode, person),
            RecoveryCode.code_hash == recovery_hash(typed, whose=person.reference),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        raise CodeRefused
    emails.tell_of_a_change(db, "recovery-code-used", to=person.email, now=now)


def _app_of(db: Session, person: Person, *, active: bool) -> AuthenticatorApp | None:
    return db.scalar(
        select(AuthenticatorApp)
        .where(theirs(AuthenticatorApp, person), AuthenticatorApp.is_active == active)
        .execution_options(populate_existing=True)
    )


def _forget_apps(db: Session, person: Person, *, active: bool) -> None:
    db.execute(
        delete(AuthenticatorApp)
        .where(theirs(AuthenticatorApp, person), AuthenticatorApp.is_active == active)
        .execution_options(synchronize_session=False)
    )


def _secret(db: Session, person: Person, app: AuthenticatorApp, now: datetime) -> str:
    return unseal(db, own_key(db, person, now=now), app.sealed_secret, of=_secret_row(app))


def _secret_row(app: AuthenticatorApp) -> str:
    return f"authenticator_app.secret:{app.reference}"
