"""Asking a server elsewhere: within limits, at an address that was looked at, and nowhere inside.

The name is resolved once; every address it has is judged, and the connection goes to one of these and to no
other, so that a name which means something else a moment later leads nowhere (DNS rebinding).
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from portal import clock
from portal.calendars.addresses import Address, Inside, ip_of, is_public, sent_on
from portal.calendars.connecting import Pinned, Place, Resolve, resolved
from portal.calendars.failures import CannotBeRead, Why

_CHUNK = 64 * 1024
_LONGEST_TAG = 500
_CHANGED_ADDRESS = frozenset({301, 302, 303, 307, 308})
# It says nothing of who asks, or what for.
_COMMON_HEADERS = {
    "User-Agent": "calendar-reader/1",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_FAILED: Mapping[int, Why] = {
    HTTPStatus.UNAUTHORIZED: Why.SIGN_IN,
    HTTPStatus.FORBIDDEN: Why.SIGN_IN,
    HTTPStatus.NOT_FOUND: Why.NOT_THERE,
    HTTPStatus.GONE: Why.NOT_THERE,
}


@dataclass(frozen=True)
class Limits:
    """How long in seconds, how much in bytes, and how far a server may lead."""

    silence: float = 8.0
    altogether: float = 25.0
    most_bytes: int = 10_000_000
    redirects: int = 5


@dataclass(frozen=True)
class Question:
    """What is asked of a server; `sign_in` is a user name and password, for this server and no other."""

    address: Address
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sign_in: tuple[str, str] | None = field(default=None, repr=False)

    def known_as(self, etag: str | None, last_modified: str | None) -> Question:
        """The same, for an answer only if it is no longer what the server called by these names."""
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {name: value for name, value in known.items() if value}
        return replace(self, headers={**self.headers, **conditions})


@dataclass(frozen=True)
class Answer:
    """What came back; `unchanged` if it is as it was when the tags were given, and the body is empty."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False


class Fetcher:
    """Asks servers elsewhere. Every way in which it brings nothing is a CannotBeRead."""

    def __init__(
        self,
        inside: Inside,
        *,
        limits: Limits | None = None,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._inside, self._limits = inside, limits or Limits()
        self._trust = trust
        self._resolve = resolve or resolved

    def ask(self, question: Question) -> Answer:
        """The answer, wherever the server sends us for it. Raises CannotBeRead."""
        until, seen = clock.ticks() + self._limits.altogether, set[Address]()
        while question.address not in seen and len(seen) <= self._limits.redirects:
            seen.add(question.address)
            outcome = self._asked_once(question, until)
            if isinstance(outcome, Answer):
                return outcome
            question = _asked_elsewhere(question, outcome)
        raise CannotBeRead(Why.GOES_ROUND)

    def _asked_once(self, question: Question, until: float) -> Answer | str:
        """The answer, or where the server says that it is."""
        places = self._places(question, until)
        with self._connection(question.address, places, until) as connection:
            connection.request(
                question.method, question.address.target, question.body or None, _headers(question)
            )
            with contextlib.closing(connection.getresponse()) as response:
                if response.status in _CHANGED_ADDRESS and response.headers["Location"]:
                    return response.headers["Location"]
                return _answer(response, self._limits.most_bytes)

    def _places(self, question: Question, until: float) -> Sequence[Place]:
        """Where the host is, all of it allowed."""
        address = question.address
        places = self._resolve(address, _left(until, self._limits.silence))
        found = [ip_of(sockaddr[0]) for _, sockaddr in places]
        within = [ip for ip in found if self._inside.allows(address.host, ip)]
        if not all(ip in within or is_public(ip) for ip in found):
            raise CannotBeRead(Why.INSIDE)
        if question.sign_in and not address.is_encrypted and len(within) < len(found):
            raise CannotBeRead(Why.NOT_SECURE)
        return places

    @contextlib.contextmanager
    def _connection(self, address: Address, places: Sequence[Place], until: float) -> Iterator[Pinned]:
        """What goes wrong inside is told in our words; when its time is over, the connection is cut."""
        connection = Pinned(
            address,
            places,
            trust=(self._trust or ssl.create_default_context()) if address.is_encrypted else None,
            silence=self._limits.silence,
        )
        timer = threading.Timer(_left(until), connection.cut)
        # It keeps nobody from ending.
        timer.daemon = True
        timer.start()
        try:
            yield connection
            if connection.was_cut:
                # An answer without a length ends wherever the connection does.
                raise CannotBeRead(Why.TOO_SLOW)
        except (CannotBeRead, OSError, ValueError, http.client.HTTPException) as problem:
            raise CannotBeRead(Why.TOO_SLOW if connection.was_cut else _why(problem)) from None
        finally:
            timer.cancel()
            connection.close()


def _headers(question: Question) -> dict[str, str]:
    headers = _COMMON_HEADERS | dict(question.headers)
    if question.sign_in:
        both = ":".join(question.sign_in).encode()
        headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
    return headers


def _asked_elsewhere(question: Question, location: str) -> Question:
    """The same question where the server sends us; a password is for the server that it was given for."""
    further = sent_on(question.address, location)
    same = further.origin == question.address.origin
    return replace(question, address=further, sign_in=question.sign_in if same else None)


def _answer(response: http.client.HTTPResponse, most_bytes: int) -> Answer:
    etag, last_modified = _tag(response, "ETag"), _tag(response, "Last-Modified")
    if response.status == HTTPStatus.NOT_MODIFIED:
        return Answer(b"", etag, last_modified, unchanged=True)
    if response.status not in {HTTPStatus.OK, HTTPStatus.MULTI_STATUS}:
        raise CannotBeRead(_FAILED.get(response.status, Why.TURNED_AWAY))
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        # Packed all the same: what a few bytes unfold to is nobody's to say.
        raise CannotBeRead(Why.NOT_A_CALENDAR)
    return Answer(_body(response, most_bytes), etag, last_modified)


def _body(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    """Read piece by piece, whatever length the server has announced; what stops before that is no answer."""
    pieces, left, announced = list[bytes](), most_bytes, response.length or 0
    while piece := response.read(_CHUNK):
        left -= len(piece)
        if left < 0:
            raise CannotBeRead(Why.TOO_LARGE)
        pieces.append(piece)
    if most_bytes - left < announced:
        raise CannotBeRead(Why.NO_ANSWER)
    return b"".join(pieces)


def _tag(response: http.client.HTTPResponse, name: str) -> str | None:
    """What the server wants to hear again next time, if it may stand in a header."""
    text = str(response.headers.get(name, ""))
    return text if text and len(text) <= _LONGEST_TAG and text.isascii() and text.isprintable() else None


def _why(problem: Exception) -> Why:
    if isinstance(problem, CannotBeRead):
        return problem.why
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Why.NOT_SECURE
    return Why.NO_ANSWER


def _left(until: float, most: float = float("inf")) -> float:
    """How many seconds are left, and no more than `most`. Raises CannotBeRead."""
    left = until - clock.ticks()
    if left <= 0:
        raise CannotBeRead(Why.TOO_SLOW)
    return min(left, most)
