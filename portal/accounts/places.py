"""Where people are signed in, and in which browsers they have been before."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts.lasting import DESK, OWN, SHARED, Lasting
from portal.accounts.models import Client, KnownBrowser, Proof, SignedInPlace, Therapist
from portal.accounts.queries import Person, owner_of, theirs
from portal.accounts.recording import record, record_of
from portal.database import new_reference
from portal.errors import NotFound
from portal.journal.lines import Hand, What
from portal.statements import carry_out, rows

# A browser in which nobody came back for so long is a new one.
_KNOWN_FOR = timedelta(days=400)
# Prebuilt, past the session's bookkeeping: signing in is to cost little beside checking a password.
_OPEN, _KNOW = insert(SignedInPlace), insert(KnownBrowser)
_SEE = update(KnownBrowser).where(KnownBrowser.id == bindparam("known")).values(seen_at=bindparam("now"))
_KNOWN = {
    Client: select(KnownBrowser.id, KnownBrowser.token_hash).where(
        KnownBrowser.client_id == bindparam("person")
    ),
    Therapist: select(KnownBrowser.id, KnownBrowser.token_hash).where(
        KnownBrowser.therapist_id == bindparam("person")
    ),
}


def open_place(
    db: Session,
    person: Person,
    *,
    token_hash: str,
    now: datetime,
    device: str = "",
    is_own: bool = False,
    is_strong: bool = False,
    by: Proof | None = None,
) -> None:
    """Remember where the person is signed in.

    `by` is what they have just proved with who they are; none where they only followed a mailed link.
    """
    place = {
        "reference": new_reference(),
        "token_hash": token_hash,
        "device": device,
        "is_own": is_own,
        "is_strong": is_strong,
        "signed_in_at": now,
        "last_used_at": now,
        "confirmed_at": now if by else None,
        "confirmed_by": by,
    }
    carry_out(db, _OPEN, place | owner_of(person))
    record(db, What.SIGNED_IN, person)


def touch_place(db: Session, *, token_hash: str, now: datetime) -> None:
    """The place is in use; nothing happens if it was signed out meanwhile."""
    db.execute(update(SignedInPlace).where(SignedInPlace.token_hash == token_hash).values(last_used_at=now))


def confirm_place(
    db: Session, *, token_hash: str, new_hash: str, by: Proof, is_strong: bool, now: datetime
) -> None:
    """The person has just proved here who they are: the place goes on under a new token (ASVS 7.2.4).

    Raises NotFound if it was signed out meanwhile.
    """
    values: dict[str, object] = {"token_hash": new_hash, "confirmed_at": now, "confirmed_by": by}
    if is_strong:
        values["is_strong"] = True
    found = db.scalar(
        update(SignedInPlace)
        .where(SignedInPlace.token_hash == token_hash)
        .values(**values, last_used_at=now)
        .returning(SignedInPlace.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise NotFound


def end_place(db: Session, *, token_hash: str) -> None:
    """Sign this browser out; nothing happens if it was signed out already."""
    db.execute(delete(SignedInPlace).where(SignedInPlace.token_hash == token_hash))


def end_place_called(db: Session, person: Person, reference: str) -> None:
    """Sign the person out at one of their places. Raises NotFound, for another's place too."""
    ended = db.scalar(
        delete(SignedInPlace)
        .where(theirs(SignedInPlace, person), SignedInPlace.reference == reference)
        .returning(SignedInPlace.id)
        .execution_options(synchronize_session=False)
    )
    if ended is None:
        raise NotFound
    record(db, What.SIGNED_OUT_THERE, person)


def leave_all_places(db: Session, person: Person) -> None:
    """The person wants to be signed out everywhere (ASVS 7.5.2)."""
    end_all_places(db, person)
    record(db, What.SIGNED_OUT_EVERYWHERE, person)


def put_out(db: Session, person: Person | None) -> None:
    """The practice has the person signed out everywhere, or everybody if it is nobody's in particular."""
    if person is not None:
        end_all_places(db, person)
    else:
        db.execute(delete(SignedInPlace))
    record_of(db, What.PUT_OUT, person, by=Hand.OPERATOR)


def end_all_places(db: Session, person: Person) -> None:
    """Sign the person out everywhere, as part of something else: a new password, say (ASVS 7.4.3)."""
    db.execute(delete(SignedInPlace).where(theirs(SignedInPlace, person)))


def end_other_places(db: Session, person: Person, *, token_hash: str) -> None:
    """Sign the person out everywhere but here: they sign in differently from now on (ASVS 7.4.3)."""
    db.execute(
        delete(SignedInPlace).where(theirs(SignedInPlace, person), SignedInPlace.token_hash != token_hash)
    )


def know_browser(db: Session, person: Person, *, token_hash: str, now: datetime) -> bool:
    """Remember that the person has been in this browser. False where they had been in others only."""
    found = rows(db, _KNOWN[type(person)], {"person": person.id})
    known = {each.token_hash: each.id for each in found}
    if token_hash in known:
        carry_out(db, _SEE, {"known": known[token_hash], "now": now})
        return True
    carry_out(db, _KNOW, {"token_hash": token_hash, "seen_at": now, **owner_of(person)})
    return not known


def forget_what_is_over(db: Session, *, now: datetime) -> None:
    """Nobody needs to know any more where somebody was signed in once."""
    db.execute(delete(SignedInPlace).where(_is_over(now)))
    db.execute(delete(KnownBrowser).where(KnownBrowser.seen_at < now - _KNOWN_FOR))


def _is_over(now: datetime) -> ColumnElement[bool]:
    at_the_desk = SignedInPlace.client_id.is_(None)
    return or_(
        and_(at_the_desk, _past(DESK, now)),
        and_(~at_the_desk, SignedInPlace.is_own, _past(OWN, now)),
        and_(~at_the_desk, ~SignedInPlace.is_own, _past(SHARED, now)),
    )


def _past(lasting: Lasting, now: datetime) -> ColumnElement[bool]:
    return or_(
        SignedInPlace.last_used_at < now - lasting.idle, SignedInPlace.signed_in_at < now - lasting.at_most
    )
