"""The pages for what went wrong. Each one still shows where help is, and none of them asks the database."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal import deadline
from portal.errors import NotFound, Refused
from portal.traces import without_words
from portal.vault.keyring import CannotBeOpened
from portal.web.kept import words_posted
from portal.web.limits import MustWait

# What the person reads: a heading and what to do next. A code that is not here gets the words of 400.
_WORDS = {
    400: ("This could not be read", "Go back, and try once more."),
    404: ("Page not found", "The address may be mistyped, or the page is no longer here."),
    405: ("This page cannot be used like that", "Go back, and use the buttons of the page."),
    411: ("This could not be read", "It came without a length. An ordinary browser sends one."),
    413: (
        "That was too much at once",
        "Nothing was changed, and what you sent could not be read, so it was not kept. Go back: many browsers"
        " still show what you wrote. If yours does, copy it to a place of your own, make it shorter, and send"
        " that.",
    ),
    414: ("This could not be read", "The address is too long."),
    415: ("This could not be read", "It came in a form that the portal does not read."),
    503: (
        "Too much arrives at this moment",
        "It is not your doing. Nothing was changed, and what you sent was not read. Go back in a minute, and"
        " send it again: many browsers still show what you wrote.",
    ),
    500: ("Something broke on our side", "It is not your doing, and what was saved is safe. Try again soon."),
}
# Before these are said the doors have let the form in: what was written in it is shown, and not lost.
_AFTER_THE_DOORS = frozenset({404, 405, 500})
# For when not even a page can be made: the address is not ours, or the pages themselves are broken.
_BARE = Markup(
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{0}</title></head>'
    '<body><main><h1>{0}</h1><p>{1}</p><p><a href="/help-now">Get help now</a></p></main></body></html>\n'
)

Answer = tuple[str, int] | tuple[str, int, dict[str, str]]


def init_app(app: Flask) -> None:
    app.register_error_handler(NotFound, lambda _error: _page(404))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(MustWait, _must_wait)
    app.register_error_handler(CSRFError, lambda _error: stale())
    app.register_error_handler(CannotBeOpened, _locked)
    app.register_error_handler(OperationalError, _broken_off)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, lambda _error: _page(500))
    app.log_exception = _log  # type: ignore[method-assign]


def stale() -> tuple[str, int]:
    """For a form that nobody can be certain of: its page is too old, or was drawn for somebody else."""
    return render_template("errors/stale.html", written=words_posted()), 400


def _http(error: HTTPException) -> Answer | HTTPException:
    code = error.code or 500
    if code < 400:
        # A redirect is an HTTPException too.
        return error
    if isinstance(error, MethodNotAllowed):
        return *_page(code), {"Allow": ", ".join(sorted(error.valid_methods or ()))}
    return _page(code)


def _page(code: int) -> tuple[str, int]:
    heading, words = _WORDS.get(code, _WORDS[400])
    try:
        written = words_posted() if code in _AFTER_THE_DOORS else []
        return render_template("errors/plain.html", page_heading=heading, words=words, written=written), code
    except Exception as problem:
        if code >= 500:
            _tell(problem)
        return _BARE.format(heading, words), code


def _refused(_error: Exception) -> tuple[str, int]:
    return render_template("errors/refused.html", written=words_posted()), 409


def _must_wait(wait: MustWait) -> Answer:
    words = f"This was tried often in a short time. It works again {wait.in_words}. Nothing was changed."
    page = render_template(
        "errors/plain.html", page_heading="A moment, please", words=words, written=words_posted()
    )
    return page, 429, {"Retry-After": str(wait.seconds)}


def _broken_off(problem: Exception) -> Answer:
    """What the database was doing took too long; whatever else is wrong with it is a failure like any."""
    if not deadline.is_past():
        raise problem
    _tell(problem)
    words = (
        "It is not your doing. The portal stopped what it was at, and what was saved before is safe."
        " Try again in a minute."
    )
    page = render_template(
        "errors/plain.html", page_heading="This took too long", words=words, written=words_posted()
    )
    return page, 503, {"Retry-After": "60"}


def _locked(problem: Exception) -> tuple[str, int]:
    """The page is about words whose key is not here; what would be written over them was not taken."""
    _tell(problem)
    return render_template("errors/locked.html", written=words_posted()), 503


def _log(exc_info: Any) -> None:
    """In place of Flask's own, which repeats address and message: they may be somebody's words."""
    _tell(exc_info[1])


def _tell(problem: BaseException) -> None:
    where = f"{request.method} {request.endpoint or 'nowhere'}"
    current_app.logger.error("unhandled at %s\n%s", where, without_words(problem))
