"""A server elsewhere that answers as the test says, or does not; and calendars to answer with."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.calendars.addresses import address_of
from portal.calendars.failures import CannotBeRead
from portal.calendars.fetching import Fetcher, Question


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    # By names in lower case.
    headers: Mapping[str, str]
    body: bytes


Answer = Callable[[Request, socket.socket], None]


class Elsewhere:
    """Listens on this machine; what it was asked is in `asked`, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Request] = []
        self.answer: Answer = says(calendar())
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def url(self, path: str = "/mine.ics", *, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in self._open:
            each.close()
        self._accepting.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            request = _read(connection)
            self.asked.append(request)
            self.answer(request, connection)
        with contextlib.suppress(OSError):
            connection.close()


def says(body: str | bytes = b"", status: str = "200 OK", **headers: str) -> Answer:
    """An ordinary answer; `Content_Type="…"` is a header."""
    content = body.encode() if isinstance(body, str) else body
    named = {"Content-Length": str(len(content))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())

    def answer(_request: Request, connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + content)

    return answer


def sends_to(location: str, status: str = "302 Found") -> Answer:
    return says(status=status, Location=location)


def calendar(*entries: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *entries, "END:VCALENDAR", ""])


def event(
    starts: str = ":20270302T100000Z", ends: str | None = ":20270302T110000Z", *more: str, uid: str = "one"
) -> str:
    """An entry; `starts` and `ends` are what follows DTSTART and DTEND."""
    ending = [] if ends is None else [f"DTEND{ends}"]
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Dentist", f"DTSTART{starts}", *ending, *more, "END:VEVENT"]
    )


def told_to(fetcher: Fetcher, method: str, url: str, text: str = "") -> None:
    """Have a calendar server make something, for Ada. It says 201, which is no calendar."""
    content = {"Content-Type": "text/calendar"}
    question = Question(address_of(url), method, content, text.encode(), ("ada", "pass word"))
    with contextlib.suppress(CannotBeRead):
        fetcher.ask(question)


def _read(connection: socket.socket) -> Request:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _piece(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _piece(connection)
    method, target, _ = first.split()
    return Request(method, target, headers, body)


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionResetError
    return piece
