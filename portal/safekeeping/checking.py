"""What is not safe yet in a running copy: each check is one question, with the way to mend what it finds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import CompoundSelect, func, select, text, union
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import schema
from portal.accounts.models import AuthenticatorApp, Invitation, Passkey, Therapist
from portal.database import current_db
from portal.jobs.heartbeat import is_any_worker_alive
from portal.jobs.models import Job
from portal.journal.keeping import anchors
from portal.journal.lines import Chain, What
from portal.journal.queries import head_of, last_noted, lines_from_the_first
from portal.mail.outbox import DELIVERY
from portal.practice.facts import practice_facts
from portal.safekeeping.advisories import Advisory, UnfitReport, known_against, read_report, rely_on
from portal.safekeeping.backups import backup_keyring
from portal.safekeeping.front import NotReached, NotTrusted, certificate_ends_at
from portal.safekeeping.keyfile import NoKeyFile, keys_in, path_in
from portal.safekeeping.libraries import (
    LOCKED_ON,
    Other,
    are_old,
    installed,
    libraries_in_use,
    locked,
    other_than_locked,
)
from portal.vault.keyring import CannotBeOpened, Keyring
from portal.vault.models import DataKey
from portal.vault.words import is_locked

_BACKED_UP_WITHIN = timedelta(days=2)
_CONFIRMED_WITHIN = timedelta(days=365)
_LATE = timedelta(hours=1)
# Authorities renew a month before the end; half of it is left to see that they did.
_RENEWED_BEFORE = timedelta(days=14)
_LEAST_FREE = 500_000_000
_OTHERS = 0o077
_DEMONSTRATION = "@foyer.example"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    words: str
    mend: str
    serious: bool = True


Check = Callable[[Session, datetime], Finding | None]


def findings(*, now: datetime) -> Iterator[Finding]:
    """What the checks of this copy find, the features' own too. Without a database that is all there is."""
    try:
        db = current_db()
        behind = not schema.is_up_to_date(current_app.extensions["engine"])
    except SQLAlchemyError:
        yield Finding("The database does not answer.", "Look at PORTAL_DATABASE_URL, and whether it runs.")
        return
    if behind:
        yield Finding("The tables are not those of this version.", "Run: db upgrade")
        return
    for check in current_app.extensions["checks"]:
        found = check(db, now)
        if found is not None:
            yield found


def _in_development(_db: Session, _now: datetime) -> Finding | None:
    if current_app.config["DEVELOPMENT"] or current_app.debug:
        return Finding(
            "It runs as for developing: mail stays on this machine, and its mailbox is open to everybody.",
            "Set PORTAL_ENV=production, and the settings that the README lists.",
        )
    return None


def _without_tls(_db: Session, _now: datetime) -> Finding | None:
    if not current_app.config["BASE_URL"].startswith("https://"):
        return Finding(
            "Its address begins with http://, so everybody on the way can read along.",
            "Put a proxy with TLS before it, and set PORTAL_BASE_URL to its https:// address.",
        )
    return None


def _certificate(_db: Session, now: datetime) -> Finding | None:
    """As a browser meets it; where it cannot be looked at from here, that is said."""
    base_url = current_app.config["BASE_URL"]
    if current_app.config["DEVELOPMENT"] or not base_url.startswith("https://"):
        return None
    try:
        ends_at = certificate_ends_at(base_url)
    except NotTrusted as problem:
        return Finding(
            f"No browser trusts the certificate of {base_url}: {problem}.",
            "Have the front show one of a public authority for this name, with the whole chain.",
        )
    except NotReached:
        return Finding(
            f"Nobody answers at {base_url} as seen from this machine, so its certificate was not looked at.",
            "See that the front runs; if this machine cannot reach its own name, open it in a browser.",
            serious=False,
        )
    if ends_at - now < _RENEWED_BEFORE:
        return Finding(
            f"The certificate of {base_url} is good until {ends_at:%Y-%m-%d} only.",
            "See that it is renewed by itself, and that the front reads it anew when it is.",
        )
    return None


def _old_libraries(_db: Session, now: datetime) -> Finding | None:
    if are_old(now.date()):
        return Finding(
            f"Its libraries are those of {LOCKED_ON}; newer ones may mend what is known to be used.",
            "Bring this copy up to date, then: db upgrade, and start it anew.",
        )
    return None


def _unreported(_db: Session, now: datetime) -> Finding | None:
    """The portal asks nobody what is known against its libraries: it has to be told, and lately."""
    path: Path = current_app.config["ADVISORIES"]
    if current_app.config["DEVELOPMENT"]:
        return None
    try:
        rely_on(read_report(path), libraries_in_use(), now=now)
    except UnfitReport as unfit:
        return Finding(
            f"Whether anything is known against its libraries cannot be told: {path} {unfit}.",
            "Have a timer run pip-audit each day, and once after each update, as the README says;"
            " see why it did not.",
        )
    return None


def _known_against_libraries(_db: Session, _now: datetime) -> Finding | None:
    """Serious from the first day, so that the shortest of the times to mend something is kept for all."""
    if current_app.config["DEVELOPMENT"]:
        return None
    try:
        report = read_report(current_app.config["ADVISORIES"])
    except UnfitReport:
        # The check before says so.
        return None
    known = [
        f"{name} {at} ({', '.join(map(_mended, all_of_it))})"
        for name, at, all_of_it in known_against(report, libraries_in_use())
    ]
    if known:
        return Finding(
            f"Something is known against its libraries: {'; '.join(known)}.",
            "Bring this copy up to date; where no newer version mends it, read the advisory of that name,"
            " and decide whether the portal can stay open.",
        )
    return None


def _mended(advisory: Advisory) -> str:
    versions = " or ".join(advisory.fix_versions)
    return f"{advisory.id}, mended in {versions}" if versions else f"{advisory.id}, not mended in any yet"


def _other_libraries(_db: Session, _now: datetime) -> Finding | None:
    """What the lock says is of no use where something else is installed."""
    if current_app.config["DEVELOPMENT"]:
        return None
    others = [_installed_instead(each) for each in other_than_locked(locked(), installed())]
    if others:
        return Finding(
            f"Other libraries are installed than requirements.lock has: {'; '.join(others)}.",
            "Take .venv away, then run: python3 -m portal check, which installs what the lock has;"
            " run all of the portal with that.",
        )
    return None


def _installed_instead(other: Other) -> str:
    if other.installed is None:
        return f"{other.name} {other.locked} is missing"
    return f"{other.name} {other.installed} instead of {other.locked}"


def _behind_a_proxy(_db: Session, _now: datetime) -> Finding | None:
    here = current_app.config["LISTENS_AT"][0] in {"127.0.0.1", "::1", "localhost"}
    if not current_app.config["DEVELOPMENT"] and here and not current_app.config["TRUSTED_PROXIES"]:
        return Finding(
            "No proxy is trusted, so every visitor seems to come from the same place.",
            "Set PORTAL_TRUSTED_PROXIES to the number of proxies before it, usually 1.",
        )
    return None


def _without_worker(db: Session, now: datetime) -> Finding | None:
    if not is_any_worker_alive(db, now=now):
        return Finding(
            "No worker is alive: no mail goes out, no request expires, nothing is erased.",
            "Start it under a supervisor: work",
        )
    return None


def _locked_keys(db: Session, _now: datetime) -> Finding | None:
    if is_locked(db):
        return Finding(
            "Some of what is kept is sealed under a master key that is not here.",
            "Put that key among PORTAL_MASTER_KEYS, after the newest.",
        )
    return None


def _older_keys(db: Session, _now: datetime) -> Finding | None:
    keyring: Keyring = db.info["keyring"]
    sealed = db.scalars(select(DataKey.sealed_key).where(DataKey.destroyed_at.is_(None)))
    if any(keyring.knows(each[:5]) and not keyring.is_newest(each) for each in sealed):
        return Finding(
            "Some data keys are still sealed under an older master key.", "Run: keys rotate", serious=False
        )
    return None


def _open_to_others(_db: Session, _now: datetime) -> Finding | None:
    """Nobody else on this machine may read keys, the database, mail or backups."""
    instance: Path = current_app.config["INSTANCE"]
    url = current_app.extensions["engine"].url
    places = [instance, *instance.glob("*.key"), current_app.config["BACKUPS"]]
    if url.get_backend_name() == "sqlite":
        database = Path(url.database or "")
        places += [database, *database.parent.glob(f"{database.name}-*")]
    loose = sorted(str(place) for place in places if place.exists() and _is_loose(place, instance))
    if loose:
        return Finding(f"Others on this machine may read: {', '.join(loose)}.", "Run: chmod go-rwx on them")
    return None


def _is_loose(place: Path, instance: Path) -> bool:
    if place.is_relative_to(instance) and place != instance and not instance.stat().st_mode & _OTHERS:
        # Nobody else gets past the folder.
        return False
    return bool(place.stat().st_mode & _OTHERS)


def _without_backup_key(_db: Session, _now: datetime) -> Finding | None:
    if not current_app.config["BACKUP_KEYS"]:
        return Finding(
            "There is no key for backups, so none can be made.",
            "Set PORTAL_BACKUP_KEY, and keep a copy of it apart from the backups.",
        )
    return None


def _without_backup(db: Session, now: datetime) -> Finding | None:
    last = last_noted(db, What.BACKED_UP)
    if last is None or now - last > _BACKED_UP_WITHIN:
        when = "has ever been made" if last is None else f"was made since {last:%Y-%m-%d}"
        return Finding(f"No backup {when}.", "Have a timer run, each night: backup create")
    return None


def _key_file(db: Session, _now: datetime) -> Finding | None:
    """It must not hold what was destroyed since, nor be of no use."""
    folder: Path = current_app.config["BACKUPS"]
    if not current_app.config["BACKUP_KEYS"] or last_noted(db, What.BACKED_UP) is None:
        return None
    try:
        keys = keys_in(path_in(folder), backup_keyring())
    except (NoKeyFile, CannotBeOpened):
        return Finding(
            f"{path_in(folder)} is missing or of another key: no backup can be read.", "Run: backup create"
        )
    gone = set(db.scalars(select(DataKey.reference).where(DataKey.destroyed_at.is_not(None))))
    if gone & keys.sealed.keys():
        return Finding(f"{path_in(folder)} still holds keys of people who were erased.", "Run: backup create")
    return None


def _unconfirmed_help(db: Session, now: datetime) -> Finding | None:
    day = practice_facts(db).help_lines_confirmed_on
    if day is None or now.date() - day > _CONFIRMED_WITHIN:
        return Finding(
            "Nobody of the practice has checked the help lines within a year.",
            "Call them or look them up, then run: practice confirm-help-lines",
        )
    return None


def _nobody_described(db: Session, _now: datetime) -> Finding | None:
    if not practice_facts(db).country:
        return Finding("The practice has no name and country yet.", "Run: practice describe")
    if db.scalar(select(func.count()).select_from(Therapist)) == 0:
        return Finding("There is no therapist yet.", "Run: therapist add", serious=False)
    return None


def _one_factor(db: Session, _now: datetime) -> Finding | None:
    """Until they have a second step, whoever has the password could set one up in their place."""
    without = db.scalar(select(func.count()).where(Therapist.id.not_in(_with_a_second_step())))
    if without:
        return Finding(
            f"{without} of the therapists have no second step yet: neither a passkey nor an app.",
            "Have them sign in and set one up; production asks for it at once.",
            serious=False,
        )
    return None


def _with_a_second_step() -> CompoundSelect[int | None]:
    passkeys = select(Passkey.therapist_id).where(Passkey.therapist_id.is_not(None))
    apps = select(AuthenticatorApp.therapist_id).where(
        AuthenticatorApp.therapist_id.is_not(None), AuthenticatorApp.is_active.is_(True)
    )
    return union(passkeys, apps)


def _idle_invitations(db: Session, now: datetime) -> Finding | None:
    ran_out = db.scalar(
        select(func.count()).where(
            Invitation.expires_at <= now, Invitation.joined_at.is_(None), Invitation.revoked_at.is_(None)
        )
    )
    if ran_out:
        return Finding(
            f"{ran_out} invitations ran out before anybody followed them; what was written for them is kept.",
            "Send them again or take them back, on the page of invitations; else they go by themselves.",
            serious=False,
        )
    return None


def _demonstration(db: Session, _now: datetime) -> Finding | None:
    known = select(Therapist.id).where(Therapist.email.endswith(_DEMONSTRATION)).limit(1)
    if db.scalar(known) is not None:
        return Finding(
            "The demonstration's people are in it, whose password everybody knows.",
            "Begin with an empty database: they are never made in production.",
            serious=not current_app.config["DEVELOPMENT"],
        )
    return None


def _undelivered(db: Session, now: datetime) -> Finding | None:
    given_up = select(func.count()).where(Job.kind == DELIVERY, Job.gave_up_at.is_not(None))
    late = select(func.count()).where(
        Job.kind == DELIVERY, Job.done_at.is_(None), Job.gave_up_at.is_(None), Job.due_at < now - _LATE
    )
    lost, waiting = db.scalar(given_up) or 0, db.scalar(late) or 0
    if lost or waiting:
        return Finding(
            f"{lost} messages could not be delivered, and {waiting} have been waiting for an hour.",
            "Look at PORTAL_MAIL_URL and the worker's log; the people may not know of their times.",
        )
    return None


def _given_up(db: Session, _now: datetime) -> Finding | None:
    count = db.scalar(select(func.count()).where(Job.kind != DELIVERY, Job.gave_up_at.is_not(None)))
    if count:
        return Finding(f"{count} pieces of work were given up.", "Look at the worker's log.", serious=False)
    return None


def _full_disk(_db: Session, _now: datetime) -> Finding | None:
    instance: Path = current_app.config["INSTANCE"]
    free = shutil.disk_usage(instance if instance.exists() else instance.parent).free
    if free < _LEAST_FREE:
        return Finding(f"Only {free // 1_000_000} MB are free on its disk.", "Make room, or move it.")
    return None


def _altered_journal(db: Session, _now: datetime) -> Finding | None:
    chain, head = Chain(anchors(db)), head_of(db)
    for some in lines_from_the_first(db):
        chain.read(some)
    chain.end(head.sealed)
    if chain.problem:
        return Finding(
            f"The journal is not what it was, at line {chain.problem.number}: {chain.problem.words}.",
            "Find out who can write to the database; compare with a backup; then: journal accept",
        )
    return None


def _above_the_triggers(db: Session, _now: datetime) -> Finding | None:
    """Who may do everything in the database may switch off what keeps the journal from being altered."""
    if db.get_bind().dialect.name != "postgresql":
        return None
    if db.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        return Finding(
            "The portal uses the database as its superuser.",
            "Make a role that owns this one database and no more, and name it in PORTAL_DATABASE_URL.",
            serious=False,
        )
    return None


CHECKS: tuple[Check, ...] = (
    _in_development,
    _without_tls,
    _certificate,
    _old_libraries,
    _unreported,
    _known_against_libraries,
    _other_libraries,
    _behind_a_proxy,
    _without_worker,
    _locked_keys,
    _older_keys,
    _open_to_others,
    _without_backup_key,
    _without_backup,
    _key_file,
    _unconfirmed_help,
    _nobody_described,
    _one_factor,
    _idle_invitations,
    _demonstration,
    _undelivered,
    _given_up,
    _full_disk,
    _altered_journal,
    _above_the_triggers,
)
