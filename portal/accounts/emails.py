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
