"""What a request must be before anyone reads it."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from flask import Flask, Request, abort, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from portal.web.waiting_room import UNREAD

MOST_BYTES = 1_000_000
_MOST_FIELDS = 1_000
_LONGEST_ADDRESS = 4_000
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _READING | {"POST"}
_FORM = "application/x-www-form-urlencoded"
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def init_app(app: Flask) -> None:
    """Has to come before the form token's check, since that one reads the body."""
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES)
    app.before_request(_let_in)


def comes_from_here() -> bool:
    """Whether the browser itself says that a page of ours sent this; an old one says nothing."""
    here = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    return here and bool(request.headers.get("Sec-Fetch-Site") or request.headers.get("Origin") in _ours())


def _let_in() -> None:
    # Itself, since every look through the one that Flask hands to everybody costs as much as a door.
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    for door in (_know_the_method, _measure, _read_the_address):
        door(asked)
    if asked.method not in _READING:
        _ask_where_it_comes_from(asked)
        _read_the_body(asked)


def _know_the_method(request: Request) -> None:
    if request.method not in _METHODS:
        raise MethodNotAllowed(sorted(_METHODS))


def _measure(request: Request) -> None:
    """Refused by what it says of itself, before a byte of it is read."""
    if UNREAD in request.environ:
        abort(503)
    if "Transfer-Encoding" in request.headers:
        # Behind some servers a chunked form is cut short in silence; browsers never send one.
        abort(411)
    if (request.content_length or 0) > MOST_BYTES:
        abort(413)
    if len(request.environ["PATH_INFO"]) + len(request.environ.get("QUERY_STRING", "")) > _LONGEST_ADDRESS:
        abort(414)


def _read_the_address(request: Request) -> None:
    # The server has decoded the path already; a per cent sign that is left was not the beginning of anything.
    for part in ("PATH_INFO", "QUERY_STRING"):
        if _is_unfit(_as_sent(request.environ.get(part, ""))):
            abort(400)


def _ask_where_it_comes_from(request: Request) -> None:
    """Beside the form's token: the browser itself says which site a request comes from (Fetch Metadata)."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(400)
    origin = request.headers.get("Origin")
    if origin is not None and origin not in _ours():
        abort(400)


def _ours() -> set[str]:
    """How a browser writes where our pages come from."""
    return {f"{request.scheme}://{request.host}", current_app.config["BASE_URL"]}


def _read_the_body(request: Request) -> None:
    body = request.get_data(cache=True, parse_form_data=False)
    if len(body) != (request.content_length or 0):
        # Whoever sent it was cut off in the middle, and half of what they wrote is not what they wrote.
        abort(400)
    if request.mimetype != _FORM and (request.mimetype or body):
        abort(415)
    if body.count(b"&") >= _MOST_FIELDS:
        abort(413)
    if _is_unfit(body):
        abort(400)


def _as_sent(text: str) -> bytes:
    """The bytes that a server hands over as text (PEP 3333)."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        abort(400)


def _is_unfit(encoded: bytes) -> bool:
    """A per cent sign that begins nothing, broken UTF-8, or a NUL, which no database keeps."""
    plain = unquote_to_bytes(encoded)
    if _BROKEN_PERCENT.search(encoded) or b"\0" in plain:
        return True
    try:
        plain.decode()
    except UnicodeDecodeError:
        return True
    return False
