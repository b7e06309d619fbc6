"""What stands in front of the portal, seen from outside: the certificate of its own address."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

_SECONDS = 5
_PORT = 443


class NotTrusted(Exception):
    """No authority that this machine knows vouches for it, or not for this name, or not any more."""


class NotReached(Exception):
    """Nobody answers at the address, as seen from this machine, or not with TLS."""


def certificate_ends_at(base_url: str) -> datetime:
    """Until when the certificate of this https address is good, in UTC. Raises NotTrusted and NotReached.

    It is judged as a browser would: by the authorities of this machine, and by the name (ASVS 12.2.2).
    """
    parts = urlsplit(base_url)
    where = (parts.hostname or "", parts.port or _PORT)
    try:
        with (
            socket.create_connection(where, timeout=_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=where[0]) as sealed,
        ):
            certificate = sealed.getpeercert() or {}
    except ssl.SSLCertVerificationError as problem:
        raise NotTrusted(problem.verify_message) from problem
    except (OSError, UnicodeError) as problem:
        raise NotReached from problem
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
