"""Agreements on the desk: written, looked at, published, retired; and what one client said to them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.looking import note_opening
from portal.accounts.models import Therapist
from portal.accounts.queries import client_of, name_of, zone_of
from portal.consent.forms import PublishForm, TextForm
from portal.consent.models import ConsentVersion
from portal.consent.queries import DocumentOnDesk, document_on_desk, documents_on_desk, signed_text
from portal.consent.rendering import changes_shown
from portal.consent.services import (
    NothingChanged,
    StillMarkedAsDraft,
    add_document,
    discard_draft,
    import_documents,
    publish_draft,
    retire_document,
    save_draft,
    shipped_documents,
)
from portal.consent.wording import is_marked
from portal.database import current_db, transaction
from portal.errors import NotFound, Overtaken
from portal.journal.lines import What
from portal.reading.rendering import rendered

blueprint = Blueprint("agreements_desk", __name__, url_prefix="/desk/agreements")


@blueprint.get("")
@therapist_only
def index(therapist: Therapist) -> str:
    return render_template(
        "consent/desk.html", documents=documents_on_desk(current_db()), zone=zone_of(therapist)
    )


@blueprint.post("/shipped")
@therapist_only
def take_shipped(therapist: Therapist) -> ResponseReturnValue:
    """The drafts that come with the portal, for a practice that has none of its own yet."""
    with transaction() as db:
        if not documents_on_desk(db):
            import_documents(db, shipped_documents(), now=clock.now())
    return redirect(url_for("agreements_desk.index"), code=303)


@blueprint.get("/new")
@therapist_only
def begin(therapist: Therapist) -> str:
    return render_template("consent/draft.html", on_desk=None, seen=None, form=TextForm(formdata=None))


@blueprint.post("/new")
@therapist_only
def add(therapist: Therapist) -> ResponseReturnValue:
    form = TextForm()
    if not form.validate_on_submit():
        return render_template("consent/draft.html", on_desk=None, seen=None, form=form)
    with transaction() as db:
        draft = add_document(db, now=clock.now(), **form.text)
    return redirect(url_for("agreements_desk.preview", reference=draft.document.reference), code=303)


@blueprint.get("/<string:reference>")
@therapist_only
def show(therapist: Therapist, reference: str) -> str:
    on_desk = document_on_desk(current_db(), reference)
    published = on_desk.published
    return render_template(
        "consent/document.html",
        on_desk=on_desk,
        words=rendered(published.markdown) if published else None,
        zone=zone_of(therapist),
    )


@blueprint.get("/<string:reference>/draft")
@therapist_only
def edit(therapist: Therapist, reference: str) -> str:
    """The draft, or what is published as the beginning of one: nothing is stored before it is saved."""
    on_desk = document_on_desk(current_db(), reference)
    text = _to_begin_with(on_desk)
    form = TextForm(formdata=None, title=text.title, markdown=text.markdown)
    return render_template("consent/draft.html", on_desk=on_desk, seen=_version_of(on_desk), form=form)


@blueprint.post("/<string:reference>/draft")
@therapist_only
def save(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form, on_desk = TextForm(), document_on_desk(current_db(), reference)
    if not form.validate_on_submit():
        # Drawn from what it was drawn from before.
        return render_template("consent/draft.html", on_desk=on_desk, seen=form.version.data, form=form)
    try:
        with transaction() as db:
            save_draft(
                db,
                on_desk.document,
                seen=form.version.data,
                now=clock.now(),
                **form.text,
            )
    except Overtaken:
        return _both_drafts(reference, form), 409
    return redirect(url_for("agreements_desk.preview", reference=reference), code=303)


@blueprint.get("/<string:reference>/preview")
@therapist_only
def preview(therapist: Therapist, reference: str) -> ResponseReturnValue:
    on_desk = document_on_desk(current_db(), reference)
    if on_desk.draft is None:
        return redirect(url_for("agreements_desk.show", reference=reference), code=303)
    return _preview_page(on_desk, on_desk.draft, PublishForm(formdata=None, tell=True))


@blueprint.post("/<string:reference>/publication")
@therapist_only
def publish(therapist: Therapist, reference: str) -> ResponseReturnValue:
    form, on_desk = PublishForm(), document_on_desk(current_db(), reference)
    form.validate()
    try:
        with transaction() as db:
            publish_draft(
                db,
                on_desk.document,
                seen=form.version.data,
                tell=form.tell.data,
                by=therapist,
                now=clock.now(),
            )
    except (StillMarkedAsDraft, NothingChanged):
        # The page says so by itself.
        return redirect(url_for("agreements_desk.preview", reference=reference), code=303)
    except NotFound:
        return redirect(url_for("agreements_desk.show", reference=reference), code=303)
    except Overtaken:
        flash("Somebody has changed the draft since this page was opened. Look once more, then publish.")
        return redirect(url_for("agreements_desk.preview", reference=reference), code=303)
    flash("Published. Clients can read it from now on, and agree to it if they like.")
    return redirect(url_for("agreements_desk.show", reference=reference), code=303)


@blueprint.post("/<string:reference>/discarding")
@therapist_only
def discard(therapist: Therapist, reference: str) -> ResponseReturnValue:
    document = document_on_desk(current_db(), reference).document
    with transaction() as db:
        discard_draft(db, document)
    flash("The draft is gone.")
    return redirect(url_for("agreements_desk.index"), code=303)


@blueprint.post("/<string:reference>/retirement")
@therapist_only
def retire(therapist: Therapist, reference: str) -> ResponseReturnValue:
    document = document_on_desk(current_db(), reference).document
    with transaction() as db:
        retire_document(db, document, by=therapist, now=clock.now())
    flash("Nobody is asked about it any more. What was said to it stands.")
    return redirect(url_for("agreements_desk.show", reference=reference), code=303)


@blueprint.get("/<string:reference>/versions/<int:number>")
@therapist_only
def version(therapist: Therapist, reference: str, number: int) -> str:
    on_desk = document_on_desk(current_db(), reference)
    found = next((each for each in on_desk.versions if each.number == number), None)
    if found is None:
        raise NotFound
    before = next((each for each in on_desk.versions if each.number == number - 1), None)
    return render_template(
        "consent/desk_version.html",
        on_desk=on_desk,
        version=found,
        words=rendered(found.markdown),
        changes=changes_shown(before, found),
        before=before,
        zone=zone_of(therapist),
    )


@blueprint.get("/of/<string:client>/<string:agreement>")
@therapist_only
def signed(therapist: Therapist, client: str, agreement: str) -> str:
    """What one of the therapist's clients said, with the text that they said it to: as the client sees it."""
    db = current_db()
    person = client_of(db, therapist, client)
    shown = signed_text(db, person, agreement)
    note_opening(What.RECORD_OPENED, therapist, person)
    return render_template(
        "consent/signed.html",
        client=person,
        name=name_of(db, person),
        shown=shown,
        words=rendered(shown.version.markdown),
        zone=zone_of(therapist),
    )


def _to_begin_with(on_desk: DocumentOnDesk) -> ConsentVersion:
    text = on_desk.draft or on_desk.published or (on_desk.versions[0] if on_desk.versions else None)
    if text is None:
        raise NotFound
    return text


def _both_drafts(reference: str, form: TextForm) -> str:
    """Another desk has saved meanwhile: what is written here stays in the fields, and theirs is shown."""
    on_desk = document_on_desk(current_db(), reference)
    theirs, seen = _to_begin_with(on_desk), _version_of(on_desk)
    return render_template("consent/draft.html", on_desk=on_desk, seen=seen, form=form, theirs=theirs)


def _version_of(on_desk: DocumentOnDesk) -> int | None:
    return on_desk.draft.version if on_desk.draft else None


def _preview_page(on_desk: DocumentOnDesk, draft: ConsentVersion, form: PublishForm) -> str:
    published = on_desk.published
    return render_template(
        "consent/preview.html",
        on_desk=on_desk,
        draft=draft,
        words=rendered(draft.markdown),
        marked=is_marked(draft.markdown),
        changes=changes_shown(published, draft),
        agreed=on_desk.agreed.get(published.id, 0) if published else 0,
        form=form,
    )
