"""Documents as PDF files: a page's HTML, drawn by `drawing` in a process of its own."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from portal.errors import NotFound, Refused
from portal.web import drawing
from portal.web.download import to_keep

SECONDS = 20
# Beside the processor's time, on a machine that has other things to do.
_PATIENCE = 2.0
# Each takes as much memory as the whole portal, and keeps one of its two places: one at a time, and who comes
# meanwhile is told so at once, so that the other place is never taken by somebody who only waits.
_drawing_one = threading.Lock()
_TRY_AGAIN_SECONDS = 5


class DrawingAnother(Refused):
    """Another document is being drawn at this moment."""


class CannotBeDrawn(Refused):
    """The document is too long, or what is in it is too hard."""


class _Missing(Exception):
    """The machine lacks the libraries that draw."""


@functools.cache
def can_be_drawn() -> bool:
    """Whether this machine can make PDF files at all; found out once, by making one."""
    try:
        _drawn('<!doctype html><html lang="en"><title>Document</title><p>A line.</html>')
    except _Missing:
        return False
    except CannotBeDrawn:
        # It was too slow this time.
        return True
    return True


def pdf_of(html: str, *, seconds: int = SECONDS, waits: float = 0) -> bytes:
    """The page as a PDF file. Raises DrawingAnother, CannotBeDrawn; NotFound where nothing can be drawn.

    `seconds` are of the processor; by the clock it is at most twice that. Who takes up no place meanwhile
    `waits` so many seconds for another document to be done.
    """
    if not can_be_drawn():
        raise NotFound
    if not _drawing_one.acquire(timeout=waits):
        raise DrawingAnother
    try:
        return _drawn(html, seconds)
    finally:
        _drawing_one.release()


def as_file(template: str, *, called: str, on: date, **context: Any) -> ResponseReturnValue:
    """The template, a document on `paper.html`, as a file to keep, named for what it is `called` and a day.

    Where it cannot be had now, a page says so. A name tells nothing over a shoulder (P2): it is neither who
    it is about nor what for.
    """
    try:
        pdf = pdf_of(render_template(template, **context))
    except DrawingAnother:
        page = render_template("errors/document_not_made.html", busy=True)
        return page, 503, {"Retry-After": str(_TRY_AGAIN_SECONDS)}
    except CannotBeDrawn:
        return render_template("errors/document_not_made.html", busy=False), 503
    return to_keep(Response(pdf, mimetype="application/pdf"), f"{called}-{on.isoformat()}.pdf")


def _drawn(html: str, seconds: int = SECONDS) -> bytes:
    try:
        ended = subprocess.run(
            # -I: neither the folder it starts in nor the environment says what is imported.
            [sys.executable, "-I", "-X", "utf8", str(Path(drawing.__file__)), str(seconds)],
            input=html.encode(),
            stdout=subprocess.PIPE,
            # A complaint may repeat somebody's words.
            stderr=subprocess.DEVNULL,
            # The portal's own holds keys.
            env={},
            timeout=seconds * _PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotBeDrawn from None
    if ended.returncode == drawing.MISSING:
        raise _Missing
    if ended.returncode:
        raise CannotBeDrawn
    return ended.stdout
