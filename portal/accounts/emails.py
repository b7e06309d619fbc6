"""What people are told by mail about their account. None of it says what the portal is for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.mail.outbox import post


def ask_to_prove_address(db: Session, *, to: str, token: str, now: datetime) -> None:
    post(db, "address-to-prove", to=to, now=now, token=token)


def tell_of_the_account_they_have(db: Session, *, to: str, now: datetime) -> None:
    post(db, "address-already-known", to=to, now=now)


def send_new_password_link(db: Session, *, to: str, token: str, now: datetime) -> None:
    post(db, "new-password-asked", to=to, now=now, token=token)


def tell_of_no_account(db: Session, *, to: str, now: datetime) -> None:
    post(db, "address-unknown", to=to, now=now)


def tell_of_new_password(db: Session, *, to: str, now: datetime) -> None:
    post(db, "password-changed", to=to, now=now)


def tell_of_a_change(db: Session, what: str, *, to: str, now: datetime) -> None:
    """Something about how they sign in has changed; the template has the sentence for each `what`."""
    post(db, "sign-in-changed", to=to, now=now, what=what)


def tell_of_a_new_place(db: Session, *, to: str, device: str, now: datetime) -> None:
    post(db, "signed-in-somewhere-new", to=to, now=now, device=device, at=now)


def ask_new_address(db: Session, *, to: str, token: str, now: datetime) -> None:
    post(db, "address-wanted", to=to, now=now, token=token)


def tell_of_a_taken_address(db: Session, *, to: str, now: datetime) -> None:
    post(db, "address-wanted-but-taken", to=to, now=now)


def tell_old_address(db: Session, *, to: str, token: str, until: datetime, now: datetime) -> None:
    post(db, "address-to-change", to=to, now=now, token=token, until=until)


def tell_of_kept_address(db: Session, *, to: str, now: datetime) -> None:
    post(db, "address-kept", to=to, now=now)


def invite(db: Session, *, to: str, token: str, until: datetime, now: datetime) -> None:
    post(db, "invited", to=to, now=now, token=token, until=until)
