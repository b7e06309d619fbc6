"""The words of every mail: looked at, tried, changed, and taken back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2 import TemplateError

from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.founding.desk import blueprint, forget_facts
from portal.founding.forms import WordingForm, wording_form, words_for
from portal.mail.proofreading import flaws_in
from portal.mail.wording import Wording, messages, shown, wording_of, written_with
from portal.practice.facts import current_practice, practice_facts
from portal.practice.services import keep_mail_words

_MEANWHILE = "These words were changed meanwhile. Save once more to put yours in their place"

_SAVED = "Saved. The next mail of this kind bears your words."
_ORIGINAL = "These are the portal’s own words."


class Trial(NamedTuple):
    """A mail as it would arrive."""

    called: str
    subject: str
    text: str


@blueprint.get("/mails")
@therapist_only
def mails(therapist: Therapist) -> str:
    own = practice_facts(current_db()).mail_words
    environment = current_app.jinja_env
    every = {message: wording_of(environment, message) for message in messages(environment)}
    return render_template(
        "founding/mails.html",
        to_clients=[
            (message, _subject(each)) for message, each in every.items() if not _is_to_therapist(each)
        ],
        to_you=[(message, _subject(each)) for message, each in every.items() if _is_to_therapist(each)],
        own=own,
    )


@blueprint.get("/mails/<string:message>")
@therapist_only
def words(therapist: Therapist, message: str) -> str:
    wording, own = _wording(message)
    return _words_page(message, wording, wording_form(wording, own, seen=_mark(own), formdata=None), own)


@blueprint.post("/mails/<string:message>")
@therapist_only
def change_words(therapist: Therapist, message: str) -> ResponseReturnValue:
    """Looks at what is typed, and keeps it unless it is only to be shown."""
    wording, own = _wording(message)
    form = wording_form(wording, own, seen=_mark(own))
    typed = form.words(wording)
    if not form.validate() or not _is_fit(message, wording, form, typed):
        return _words_page(message, wording, form, own)
    changed = {piece.key: typed[piece.key] for piece in wording.pieces if typed[piece.key] != piece.text}
    if "look" in request.form:
        return _words_page(message, wording, form, own, tried=changed)
    if form.seen.data != _mark(own):
        form.seen.data = _mark(own)
        form.refuse(form.field_of(wording.pieces[0].key), _MEANWHILE)
        return _words_page(message, wording, form, own, tried=changed)
    with transaction() as db:
        keep_mail_words(db, message, changed, by=therapist)
    forget_facts()
    flash(
        "Saved. The next mail of this kind bears your words."
        if changed
        else "These are the portal’s own words."
    )
    return redirect(url_for("founding.words", message=message), code=303)


@blueprint.post("/mails/<string:message>/original")
@therapist_only
def restore_words(therapist: Therapist, message: str) -> ResponseReturnValue:
    _wording(message)
    with transaction() as db:
        keep_mail_words(db, message, {}, by=therapist)
    forget_facts()
    flash(_ORIGINAL)
    return redirect(url_for("founding.words", message=message), code=303)


def _wording(message: str) -> tuple[Wording, Mapping[str, str]]:
    """The words of this mail, and what the practice has put in their place. Raises NotFound."""
    environment = current_app.jinja_env
    if message not in messages(environment):
        raise NotFound
    return wording_of(environment, message), practice_facts(current_db()).mail_words.get(message, {})


def _is_fit(message: str, wording: Wording, form: WordingForm, typed: Mapping[str, str]) -> bool:
    """Whether every piece is; else it is said at its field. What is fit has been put together once."""
    is_fit = True
    for piece in wording.pieces:
        found = flaws_in(piece, typed[piece.key], is_subject=piece.key in wording.of_subject)
        if found:
            form.refuse(form.field_of(piece.key), words_for(found))
            is_fit = False
    if is_fit:
        try:
            written_with(current_app.jinja_env, message, typed)
        except TemplateError:
            form.refuse(form.field_of(wording.pieces[0].key), "These words cannot be put into the mail")
            return False
    return is_fit


def _words_page(
    message: str,
    wording: Wording,
    form: WordingForm,
    own: Mapping[str, str],
    *,
    tried: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "founding/words.html",
        message=message,
        called=_subject(wording),
        wording=wording,
        form=form,
        own=own,
        is_to_you=_is_to_therapist(wording),
        # While something is wrong, there is nothing to show that would be so.
        trials=[] if form.errors else _trials(wording, own if tried is None else tried),
        is_tried=tried is not None,
        sender=current_app.config["MAIL_FROM"],
    )


def _trials(wording: Wording, words: Mapping[str, str]) -> list[Trial]:
    """At its longest, and at its shortest if that is something else."""
    address = current_app.config["BASE_URL"]
    samples = {"practice": current_practice().name, "link": f"{address}/…", "link 2": f"{address}/…"}
    trials = [
        Trial(
            called,
            shown(wording.subject, words, samples, least=least).strip(),
            shown(wording.body, words, samples, least=least).strip(),
        )
        for called, least in (("With all that it can say", False), ("With as little as it can say", True))
    ]
    return trials if trials[0][1:] != trials[1][1:] else [Trial("", *trials[0][1:])]


def _subject(wording: Wording) -> str:
    """The portal's own subject, by which a mail is known."""
    return shown(wording.subject, {}, {"practice": current_practice().name}, least=False).strip()


def _is_to_therapist(wording: Wording) -> bool:
    return any(piece.text.startswith("Dear {therapist}") for piece in wording.pieces)


def _mark(own: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(own), sort_keys=True).encode()).hexdigest()[:16]
