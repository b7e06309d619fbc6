"""A mail server on this machine, which takes, defers or refuses what it is sent."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from portal.mail.models import OutgoingEmail

NAME, PASSWORD = "portal@foyer.example", "a p@ss/word"


@dataclass
class MailServer:
    """What arrived, and what it says to the next recipients or to the next message."""

    host: str
    port: int
    arrived: list[EmailMessage] = field(default_factory=list)
    # Every password that came in, whoever it was of.
    passwords: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)
    to_recipient: list[str] = field(default_factory=list)
    to_message: list[str] = field(default_factory=list)

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        self.passwords.append(data.password)
        known = (data.login.decode(), data.password.decode()) == (NAME, PASSWORD)
        # Not handled: the server itself says that it refuses.
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        answer = self.to_recipient.pop(0) if self.to_recipient else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server, session, envelope) -> str:  # noqa: N802
        answer = self.to_message.pop(0) if self.to_message else "250 OK"
        if answer.startswith("250"):
            self.arrived.append(message_from_bytes(envelope.content, policy=default))
            self.encrypted.append(session.ssl is not None)
            self.signed_in.append(bool(session.authenticated))
        return answer


@pytest.fixture
def start_mail_server():
    """Call it with the server's options; it stops by itself."""
    with contextlib.ExitStack() as running:
        yield lambda **options: running.enter_context(_running(**options))


@pytest.fixture
def mail_server(start_mail_server) -> MailServer:
    """On this machine, and so without encryption."""
    return start_mail_server()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority, as an operator's machine would."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture
def certificate(authority: trustme.CA):
    """Call it with a name; a TLS context for a server of that name."""

    def issue(name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(context)
        return context

    return issue


@pytest.fixture
def email(db, now) -> OutgoingEmail:
    """A message in the outbox."""
    kept = OutgoingEmail(
        recipient="sam@foyer.example", subject="Your appointment", body="It is on Monday.\n", written_at=now
    )
    db.add(kept)
    db.flush()
    return kept


@contextlib.contextmanager
def _running(**options: Any) -> Iterator[MailServer]:
    server = MailServer(host=options.pop("host", "127.0.0.1"), port=free_port())
    controller = Controller(
        server,
        hostname=server.host,
        port=server.port,
        authenticator=server.authenticate,
        auth_require_tls=options.pop("auth_require_tls", False),
        enable_SMTPUTF8=True,
        ident="test",
        **options,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
