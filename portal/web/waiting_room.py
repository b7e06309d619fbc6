"""Lets a request in only when all of it is there, so that who sends slowly keeps nobody else waiting."""

from __future__ import annotations

import contextlib
import io
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from portal import clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


# In the environment of a request whose body was not waited for, since too many are: it has to be refused.
UNREAD = "foyer.unread"
_MOST_LARGE = 2
_A_PIECE = 64 * 1024


class WaitingRoom:
    """An application of which only so many requests are worked on at once, each with its body at hand.

    A thread of the web server's that waits for a body does nothing else meanwhile. So there have to be many
    of them, which is cheap; but only a few may do work, since they would only take turns at it. And some have
    to stay for who sends no body: whoever looks for help finds it, however many send nothing but beginnings.

    At the paths in `larger` a body may have more bytes; of such only a few are awaited at once, since all of
    them are in memory meanwhile. What is too large even so is refused unread; but up to `most_thrown_away`
    bytes are read first, and thrown away. A front that still sends would not hear the answer.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        places: int,
        most_bytes: int,
        most_awaited: int,
        larger: Mapping[str, int] | None = None,
        most_thrown_away: int = 0,
    ) -> None:
        self._application, self._most_bytes, self._larger = application, most_bytes, larger or {}
        self._places, self._chairs = _Places(places), threading.BoundedSemaphore(most_awaited)
        self._large_chairs = threading.BoundedSemaphore(_MOST_LARGE)
        self._most_thrown_away = most_thrown_away

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if length := _told_length(environ):
            if length <= self._larger.get(environ.get("PATH_INFO", ""), self._most_bytes):
                self._await(environ, length)
            elif length <= self._most_thrown_away:
                self._throw_away(environ)
        with self._places.taken():
            return self._application(environ, start_response)

    def longest_seconds(self) -> float:
        """How long somebody has been worked on who is still not done; nought if there is nobody."""
        return self._places.longest_seconds()

    def _await(self, environ: dict[str, Any], length: int) -> None:
        chairs = self._large_chairs if length > self._most_bytes else self._chairs
        if not chairs.acquire(blocking=False):
            environ[UNREAD] = True
            return
        try:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read())
        finally:
            chairs.release()

    def _throw_away(self, environ: dict[str, Any]) -> None:
        if self._chairs.acquire(blocking=False):
            try:
                while environ["wsgi.input"].read(_A_PIECE):
                    pass
            finally:
                self._chairs.release()


def _told_length(environ: dict[str, Any]) -> int:
    """Of a body that comes whole; what the doors refuse by what it says of itself is not waited for."""
    length = environ.get("CONTENT_LENGTH", "")
    return int(length) if length.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ else 0


class _Places:
    """Places that are taken in the order of coming; a semaphore would let the latest push in."""

    def __init__(self, number: int) -> None:
        self._lock, self._free, self._waiting = threading.Lock(), number, deque[threading.Lock]()
        # Since when each place is taken that is.
        self._since: dict[object, float] = {}

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        self._take()
        here = object()
        self._since[here] = clock.ticks()
        try:
            yield
        finally:
            del self._since[here]
            self._hand_over()

    def longest_seconds(self) -> float:
        # A copy, since people come and go meanwhile.
        since = list(self._since.values())
        return clock.ticks() - min(since) if since else 0.0

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        # Until somebody who leaves hands over their place.
        called.acquire()

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
