"""Taking a message out of the outbox and handing it to a mail server, or to the development mailbox."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app, render_template
from sqlalchemy import select

from portal import clock
from portal.database import transaction
from portal.jobs.queue import GiveUp
from portal.mail import mailbox
from portal.mail.message import UnfitForAHeader, compose
from portal.mail.models import OutgoingEmail

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TLS_PORT, _SUBMISSION_PORT, _RELAY_PORT = 465, 587, 25
# RFC 5321 §4.2.1: from here on a refusal is for good.
_FOR_GOOD = 500


def deliver(reference: str) -> None:
    """Deliver the message of this reference: a job's handler.

    No database connection is kept while a mail server thinks. Raises GiveUp when another attempt would be
    refused as well, and whatever else happened when it might not be.
    """
    with current_app.extensions["database"]() as db:
        email = db.scalar(select(OutgoingEmail).where(OutgoingEmail.reference == reference))
    if email is None or email.sent_at is not None:
        return
    try:
        message = compose(
            email,
            sender=current_app.config["MAIL_FROM"],
            sender_name=" ".join(render_template("mail/sender.txt").split()),
        )
    except UnfitForAHeader as problem:
        raise GiveUp from problem
    if current_app.config["MAIL_URL"]:
        send(message, current_app.config["MAIL_URL"], timeout_seconds=current_app.config["MAIL_TIMEOUT"])
    else:
        mailbox.keep(current_app.config["INSTANCE"], email, message)
    _note_that_it_was_sent(reference)


def send(message: EmailMessage, url: str, *, timeout_seconds: float) -> None:
    """Hand the message to the server of `smtp://` or `smtps://`.

    Raises GiveUp where the server refuses recipient or message for good; refusing us, or our password, is for
    the operator to mend, and is tried again.
    """
    try:
        with _connection(urlsplit(url), message, timeout_seconds) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refusal:
        if all(code >= _FOR_GOOD for code, _words in refusal.recipients.values()):
            raise GiveUp from refusal
        raise
    except smtplib.SMTPDataError as refusal:
        if refusal.smtp_code >= _FOR_GOOD:
            raise GiveUp from refusal
        raise


@contextlib.contextmanager
def _connection(parts: SplitResult, message: EmailMessage, timeout_seconds: float) -> Iterator[smtplib.SMTP]:
    """A connection for a password or a message: encrypted, unless it stays on this machine."""
    server = _server(parts, message["From"].addresses[0].domain, timeout_seconds)
    try:
        if parts.scheme == "smtp" and (parts.username or parts.hostname not in _LOOPBACK):
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
        # What was taken is taken, whatever the server says to the farewell.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _server(parts: SplitResult, own_name: str, timeout_seconds: float) -> smtplib.SMTP:
    """Greets with the portal's name, since the machine's is nobody's business."""
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "smtps":
        verified = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port or _TLS_PORT, own_name, timeout=timeout_seconds, context=verified)
    usual_port = _SUBMISSION_PORT if parts.username else _RELAY_PORT
    return smtplib.SMTP(host, port or usual_port, own_name, timeout=timeout_seconds)


def _note_that_it_was_sent(reference: str) -> None:
    """A link in a body opens a door, so nothing of it stays."""
    with transaction() as db:
        email = db.scalar(
            select(OutgoingEmail)
            .where(OutgoingEmail.reference == reference)
            .execution_options(populate_existing=True)
        )
        if email is not None:
            email.sent_at, email.body, email.calendar = clock.now(), "", None
