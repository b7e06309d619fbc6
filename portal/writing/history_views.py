"""What was saved of a reading before: looked at, compared, brought back, and taken along as a file."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.errors import NotFound
from portal.reading.models import Reading, ReadingRevision
from portal.reading.pages import Article, as_file
from portal.reading.publishing import newest_revision
from portal.reading.rendering import made
from portal.web.download import to_keep
from portal.writing.comparing import changes
from portal.writing.queries import reading_called, revision_of, revisions_of
from portal.writing.services import restore_revision

# More than anybody saves in a life.
_MOST_SAVINGS = 1_000_000

blueprint = Blueprint("revisions", __name__, url_prefix="/desk/readings/<string:reference>")


@blueprint.get("/revisions")
@therapist_only
def index(therapist: Therapist, reference: str) -> str:
    db = current_db()
    reading = reading_called(db, reference)
    revisions, goes_back = revisions_of(db, reading, before=_number("before"))
    return render_template(
        "writing/revisions.html",
        reading=reading,
        revisions=revisions,
        newest=_newest(reading).number,
        goes_back=goes_back,
        zone=zone_of(therapist),
    )


@blueprint.get("/revisions/<int(max=1000000):number>")
@therapist_only
def show(therapist: Therapist, reference: str, number: int) -> str:
    db = current_db()
    reading = reading_called(db, reference)
    revision, newest = revision_of(db, reading, number), newest_revision(db, reading)
    return render_template(
        "writing/revision.html",
        reading=reading,
        revision=revision,
        is_newest=newest is not None and newest.number == number,
        blocks=made(revision.markdown),
        zone=zone_of(therapist),
    )


@blueprint.post("/revisions/<int(max=1000000):number>/restoration")
@therapist_only
def restore(therapist: Therapist, reference: str, number: int) -> ResponseReturnValue:
    with transaction() as db:
        restore_revision(db, reference, number, by=therapist, now=clock.now())
    flash("It is the draft again. What was there until now is among the earlier ones.")
    return redirect(url_for("writing.show", reference=reference), code=303)


@blueprint.get("/changes")
@therapist_only
def compare(therapist: Therapist, reference: str) -> str:
    """Between two savings; if the address names none, between what is up and the draft."""
    db = current_db()
    reading = reading_called(db, reference)
    old, new = _asked_for(reading)
    return render_template(
        "writing/changes.html",
        reading=reading,
        old=old,
        new=new,
        passages=changes(old.markdown, new.markdown),
        zone=zone_of(therapist),
    )


@blueprint.get("/file")
@therapist_only
def file(therapist: Therapist, reference: str) -> ResponseReturnValue:
    """The draft as a file of Markdown, with its front matter, to keep or to bring in elsewhere."""
    db = current_db()
    reading = reading_called(db, reference)
    draft = _newest(reading)
    article = Article(
        title=draft.title,
        slug=reading.slug,
        summary=draft.summary,
        position=reading.position,
        published=reading.published_at is not None,
        markdown=draft.markdown,
        front_matter=draft.front_matter,
    )
    return to_keep(Response(as_file(article), content_type="text/markdown; charset=utf-8"), "reading.md")


def _newest(reading: Reading) -> ReadingRevision:
    newest = newest_revision(current_db(), reading)
    assert newest is not None
    return newest


def _number(name: str) -> int | None:
    """The number of a saving that the address names. Raises NotFound for one that no saving has."""
    number = request.args.get(name, type=int)
    if number is not None and not 0 < number <= _MOST_SAVINGS:
        raise NotFound
    return number


def _asked_for(reading: Reading) -> tuple[ReadingRevision, ReadingRevision]:
    db, newest = current_db(), _newest(reading)
    since, until = _number("from"), _number("to")
    new = revision_of(db, reading, until) if until else newest
    if since:
        return revision_of(db, reading, since), new
    found, _ = revisions_of(db, reading)
    is_up = next((each.number for each in found if each.version == reading.version), None)
    return revision_of(db, reading, is_up or new.number), new
