"""What goes into the log: a line for each request, and where something went wrong; references and no words.

A log is read by many. So no address of a page is in it that would tell whose it is, no name, no mail address,
no word that somebody typed, and no token.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from flask import Flask, Response, g, request

_ROOT = Path(__file__).resolve().parent.parent
_requests = logging.getLogger("portal.requests")
# Under these names `extra` carries what a line says beside its message.
_SAID = ("method", "route", "status", "ms", "request", "person")


class OneLine(logging.Formatter):
    """Each record as one line of JSON, so that nothing in it can pass for another line (ASVS 16.4.1)."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        said: dict[str, Any] = {
            "at": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "says": record.getMessage(),
        }
        said |= {name: getattr(record, name) for name in _SAID if hasattr(record, name)}
        return json.dumps(said)


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_note)


def log_to(level: int) -> None:
    """Have this process write its log to standard error, from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def seen_person(reference: str) -> None:
    """Whose request it is. Who asks for no page of their own is nobody."""
    g.person = reference


def without_words(problem: BaseException) -> str:
    """The kind of what happened, and of what lay behind it, with the places in the code, innermost last.

    No message and no value is repeated: a database's or a parser's often holds what somebody typed.
    """
    chain: list[BaseException] = []
    behind: BaseException | None = problem
    # A chain may bite its own tail.
    while behind is not None and behind not in chain:
        chain.append(behind)
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)
    return "\nand from it\n".join(_told(one) for one in reversed(chain))


def _begin() -> None:
    # A number that the visitor sends is theirs to make up, so it is never taken over.
    g.request_number, g.begun = secrets.token_hex(8), perf_counter()


def _note(answer: Response) -> Response:
    """The route as it is written in the code, not the address that was asked for: that one names somebody."""
    number = g.get("request_number", "")
    answer.headers["X-Request-Id"] = number
    if _requests.isEnabledFor(logging.INFO):
        said = {
            "method": request.method if request.method.isalpha() else "?",
            "route": request.url_rule.rule if request.url_rule else None,
            "status": answer.status_code,
            "ms": round((perf_counter() - g.get("begun", perf_counter())) * 1000, 1),
            "request": number,
            "person": g.get("person"),
        }
        _requests.info("answered", extra=said)
    return answer


def _told(problem: BaseException) -> str:
    places = [f"  {_place(frame)}" for frame in traceback.extract_tb(problem.__traceback__)]
    return "\n".join([f"{type(problem).__module__}.{type(problem).__qualname__}", *places])


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    told = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path
    return f"{told}:{frame.lineno} in {frame.name}"
