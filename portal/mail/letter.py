"""Subject and body of a mail, in the practice's words where it has some, else in the portal's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, current_app
from jinja2 import Template

from portal.mail.message import one_line
from portal.mail.wording import FOLDER, written_with

_Words = Mapping[str, Mapping[str, str]]
_MOST_REMEMBERED = 200
_log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    # Whoever keeps the practice's words puts its own function here.
    app.extensions["mail_words"] = dict
    app.extensions["mail_written"] = {}


def letter(message: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Raises UnfitForAHeader if the portal's own subject is more than one line.

    What a practice wrote was tried when it was saved. Should it fail all the same, the portal's words go out:
    a mail that looks different is better than none.
    """
    said: Callable[[], _Words] = current_app.extensions["mail_words"]
    words = said().get(message)
    if words:
        try:
            return _rendered(_in_own_words(message, words), context)
        except Exception as problem:
            _log.error("The practice's words for %s failed: %s", message, type(problem).__name__)
    called, folder = current_app.jinja_env.get_template, f"{FOLDER}{message}"
    return _rendered((called(f"{folder}/subject.txt"), called(f"{folder}/body.txt")), context)


def _rendered(templates: tuple[Template, Template], context: Mapping[str, Any]) -> tuple[str, str]:
    subject, body = templates
    return one_line(subject.render(context).strip()), body.render(context)


def _in_own_words(message: str, words: Mapping[str, str]) -> tuple[Template, Template]:
    """Put together once and remembered, by all that goes into it."""
    remembered: dict[Any, tuple[Template, Template]] = current_app.extensions["mail_written"]
    key = (message, frozenset(words.items()))
    if key not in remembered:
        if len(remembered) >= _MOST_REMEMBERED:
            remembered.clear()
        remembered[key] = written_with(current_app.jinja_env, message, words)
    return remembered[key]
