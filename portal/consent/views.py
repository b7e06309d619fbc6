"""Agreements as a client reads them, says something to them, and takes it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import client_only
from portal.accounts.models import Client
from portal.accounts.queries import name_of, zone_of
from portal.consent.forms import SayForm, SignForm
from portal.consent.lifecycle import NotPossible
from portal.consent.queries import DocumentShown, VersionShown, document_for, documents_for, version_for
from portal.consent.rendering import changes_shown
from portal.consent.services import NewerText, agree, reject, withdraw
from portal.database import current_db, transaction
from portal.errors import NotFound, Overtaken
from portal.reading.rendering import rendered
from portal.web.pdf import as_file, can_be_drawn

blueprint = Blueprint("consent", __name__, url_prefix="/agreements")


@blueprint.get("")
@client_only
def index(client: Client) -> str:
    documents = documents_for(current_db(), client)
    return render_template("consent/index.html", documents=documents, zone=zone_of(client))


@blueprint.get("/<string:reference>")
@client_only
def show(client: Client, reference: str) -> ResponseReturnValue:
    shown = document_for(current_db(), client, reference)
    if shown.asked is None:
        # It is asked about no more; what they said to it is still there.
        return redirect(_place_of(shown, shown.versions[0]), code=303)
    return _text_page(client, shown, SignForm(formdata=None))


@blueprint.get("/<string:reference>/versions/<int:number>")
@client_only
def version(client: Client, reference: str, number: int) -> str:
    shown = version_for(current_db(), client, reference, number)
    return render_template(
        "consent/version.html",
        shown=shown,
        words=rendered(shown.version.markdown),
        as_file=can_be_drawn(),
        zone=zone_of(client),
    )


@blueprint.get("/<string:reference>/versions/<int:number>.pdf")
@client_only
def version_as_file(client: Client, reference: str, number: int) -> ResponseReturnValue:
    now, zone = clock.now(), zone_of(client)
    shown = version_for(current_db(), client, reference, number)
    return as_file(
        "consent/version_on_paper.html",
        called="copy",
        on=now.astimezone(zone).date(),
        shown=shown,
        words=rendered(shown.version.markdown),
        now=now,
        zone=zone,
    )


@blueprint.post("/<string:reference>/agreement")
@client_only
def sign(client: Client, reference: str) -> ResponseReturnValue:
    form = SignForm()
    if not form.validate_on_submit():
        return _text_page(client, document_for(current_db(), client, reference), form)
    thanks = "Noted, with your name and the time. You can take it back whenever you like."
    return _said(client, reference, form, agree, thanks, name=form.name.data)


@blueprint.post("/<string:reference>/refusal")
@client_only
def refuse(client: Client, reference: str) -> ResponseReturnValue:
    thanks = "Noted. Nothing else changes, and you can agree later if you like."
    return _said(client, reference, SayForm(), reject, thanks)


@blueprint.post("/<string:reference>/withdrawal")
@client_only
def take_back(client: Client, reference: str) -> ResponseReturnValue:
    thanks = "Taken back. That you had agreed until now stays written."
    return _said(client, reference, SayForm(), withdraw, thanks)


def _said(
    client: Client,
    reference: str,
    form: SignForm | SayForm,
    service: Callable[..., object],
    thanks: str,
    **more: Any,
) -> ResponseReturnValue:
    """Say it about the version that the page had shown; where a newer one is asked about, show that."""
    try:
        with transaction() as db:
            shown = version_for(db, client, reference, form.shown)
            service(db, client, shown, now=clock.now(), **more)
    except (NewerText, NotFound):
        return _newer_page(client, reference, form)
    except (NotPossible, Overtaken):
        # Said twice, or in two tabs: what is so is shown.
        return redirect(url_for("consent.show", reference=reference), code=303)
    flash(thanks)
    return redirect(url_for("consent.show", reference=reference), code=303)


def _newer_page(client: Client, reference: str, form: SignForm | SayForm) -> ResponseReturnValue:
    shown = document_for(current_db(), client, reference)
    if shown.asked is None:
        raise NotFound
    kept = form if isinstance(form, SignForm) else SignForm(formdata=None)
    return _text_page(client, shown, kept, changed=True), 409


def _text_page(client: Client, shown: DocumentShown, form: SignForm, *, changed: bool = False) -> str:
    asked, earlier = shown.asked, shown.earlier
    if asked is None:
        raise NotFound
    form.number.data = str(asked.version.number)
    return render_template(
        "consent/show.html",
        document=shown.document,
        shown=asked,
        earlier=earlier,
        words=rendered(asked.version.markdown),
        changes=changes_shown(earlier.version if earlier else None, asked.version),
        changed=changed,
        as_file=can_be_drawn(),
        name=name_of(current_db(), client) if client.sealed_name else None,
        form=form,
        zone=zone_of(client),
    )


def _place_of(shown: DocumentShown, version: VersionShown) -> str:
    number = version.version.number
    return url_for("consent.version", reference=shown.document.reference, number=number)
