"""What a request must be before anyone reads it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Request, abort, current_app, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from portal.web.audience import View
from portal.web.waiting_room import UNREAD

MOST_BYTES = 1_000_000
_MOST_FIELDS = 1_000
_LONGEST_ADDRESS = 4_000
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _READING | {"POST"}
_FORM = "application/x-www-form-urlencoded"
_WITH_FILES = "multipart/form-data"
# A file, and beside it the few fields of its form.
_MOST_PARTS = 20
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class WholeRequest(Request):
    """A request that is read here, before any view does."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The same, out of their own header; else all headers are gone through for them, on every page."""
        return parse_cookie(self.environ.get("HTTP_COOKIE"), cls=self.dict_storage_class)  # type: ignore[return-value]

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        """A file that a form brings stays in memory, as all of the body does: nothing touches a disk."""
        return io.BytesIO()


def init_app(app: Flask) -> None:
    """Has to come before the form token's check, since that one reads the body."""
    app.request_class = WholeRequest
    app.config.update(MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES)
    app.before_request(_let_in)


def takes_a_file(*, most_bytes: int) -> Callable[[View], View]:
    """The view's form may bring a file, of so many bytes with all that is around it. No other form may."""

    def marked(view: View) -> View:
        view.most_bytes_of_a_file = most_bytes  # type: ignore[attr-defined]
        return view

    return marked


def larger_bodies(app: Flask) -> dict[str, int]:
    """Where a body may be larger than elsewhere, and how large."""
    marked = {name: _most_of_a_file(view) for name, view in app.view_functions.items()}
    return {rule.rule: most for rule in app.url_map.iter_rules() if (most := marked[rule.endpoint])}


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
    if "HTTP_TRANSFER_ENCODING" in request.environ:
        # Behind some servers a chunked form is cut short in silence; browsers never send one.
        abort(411)
    length = request.content_length
    if length and length > _most_bytes(request):
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
    if request.environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in {"same-origin", "none"}:
        abort(400)
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is not None and origin not in _ours():
        abort(400)


def _ours() -> set[str]:
    """How a browser writes where our pages come from."""
    return {f"{request.scheme}://{request.host}", current_app.config["BASE_URL"]}


def _most_bytes(request: Request) -> int:
    """Of this request: more than usual only where a view takes a file, and for a form that can hold one."""
    view = current_app.view_functions.get(request.endpoint or "")
    most = _most_of_a_file(view)
    return most if most and request.mimetype == _WITH_FILES else MOST_BYTES


def _most_of_a_file(view: View | None) -> int:
    return getattr(view, "most_bytes_of_a_file", 0)


def _read_the_body(request: Request) -> None:
    most = _most_bytes(request)
    request.max_content_length = request.max_form_memory_size = most
    body = request.get_data(cache=True, parse_form_data=False)
    if len(body) != (request.content_length or 0):
        # Whoever sent it was cut off in the middle, and half of what they wrote is not what they wrote.
        abort(400)
    if most > MOST_BYTES:
        _look_into_the_parts(request)
    else:
        _look_into_the_form(request, body)


def _look_into_the_parts(request: Request) -> None:
    """What stands beside the file is as fit as in any form; the file itself is its reader's affair."""
    request.max_form_parts = _MOST_PARTS
    for name, text in request.form.items(multi=True):
        # A part of a form that has no name is none of a browser's.
        if not name or "\0" in name or "\0" in text:
            abort(400)


def _look_into_the_form(request: Request, body: bytes) -> None:
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
    if encoded.isascii() and b"%" not in encoded:
        return b"\0" in encoded
    plain = unquote_to_bytes(encoded)
    if _BROKEN_PERCENT.search(encoded) or b"\0" in plain:
        return True
    try:
        plain.decode()
    except UnicodeDecodeError:
        return True
    return False
