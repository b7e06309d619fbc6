"""A connection to an address that was looked at before, which can be cut at any moment."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Any

from portal.calendars.addresses import Address
from portal.calendars.failures import CannotBeRead, Why

# A family (socket.AF_…) and what `connect` takes for it.
Place = tuple[int, Any]
# Where a host is, found within so many seconds.
Resolve = Callable[[Address, float], Sequence[Place]]


class Pinned(http.client.HTTPConnection):
    """A connection to one of these places, under the host's name."""

    def __init__(
        self, address: Address, places: Sequence[Place], *, trust: ssl.SSLContext | None, silence: float
    ) -> None:
        super().__init__(address.host, address.port, timeout=silence)
        if trust:
            # The usual one is left out where the server is told its own name.
            self.default_port = http.client.HTTPS_PORT
        self._places, self._trust = places, trust
        # What has to be cut: `sock` is forgotten as soon as an answer begins that ends with the connection.
        self._wire: socket.socket | None = None
        self.was_cut = False

    def connect(self) -> None:
        self.sock = self._wire = self._first_that_answers()
        if self._trust:
            encrypted = self._trust.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self._wire = encrypted
            if self.was_cut:
                raise TimeoutError
            encrypted.do_handshake()

    def cut(self) -> None:
        """End it from another thread, whatever it is waiting for."""
        self.was_cut = True
        if self._wire:
            with contextlib.suppress(OSError):
                # Past the encryption, which would first say goodbye.
                socket.socket.shutdown(self._wire, socket.SHUT_RDWR)

    def _first_that_answers(self) -> socket.socket:
        refused: OSError = ConnectionRefusedError()
        for family, sockaddr in self._places:
            one = socket.socket(family, socket.SOCK_STREAM)
            # So that it can be cut while it waits to be let in.
            self._wire = one
            try:
                one.settimeout(self.timeout)
                one.connect(sockaddr)
            except OSError as problem:
                one.close()
                refused = problem
            else:
                return one
            if self.was_cut:
                break
        raise refused


def resolved(address: Address, seconds: float) -> Sequence[Place]:
    """Every address of the host. Raises CannotBeRead.

    Asked in a thread, since the system's resolver knows no limit of ours.
    """
    found: list[Place] = []

    def look() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            asked = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            found.extend((family, sockaddr) for family, _, _, _, sockaddr in asked)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(seconds)
    if not found:
        raise CannotBeRead(Why.NO_SUCH_HOST)
    return list(found)
