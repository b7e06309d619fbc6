"""What the practice can do with texts to agree to, and what a client can say to them.

Each function does one thing; its caller commits it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client
from portal.consent import emails
from portal.consent.lifecycle import AgreementMove, AgreementStatus, TextMove, TextStatus, agreement_after
from portal.consent.models import Agreement, ConsentDocument, ConsentVersion
from portal.consent.queries import VersionShown, signature_place
from portal.consent.telling import TELLING
from portal.consent.wording import is_marked, text_hash
from portal.database import new_reference
from portal.errors import NotFound, Overtaken, Refused
from portal.jobs.queue import enqueue
from portal.journal.lines import Hand, What
from portal.journal.noting import Somebody, note
from portal.reading.pages import Article, read_series
from portal.vault.words import seal

_SHIPPED = Path(__file__).parent / "content"


class StillMarkedAsDraft(Refused):
    """The text itself still says that it is a draft."""


class NothingChanged(Refused):
    """The text is published already, word for word."""


class NewerText(Refused):
    """The text that was read is no longer the one that is asked about."""


def shipped_documents() -> list[Article]:
    """The drafts that come with the portal, for a practice to adapt and to have checked."""
    return read_series({path.name: path.read_text("utf-8") for path in sorted(_SHIPPED.glob("*.md"))})


def import_documents(db: Session, articles: Iterable[Article], *, now: datetime) -> list[ConsentVersion]:
    """Bring these texts in as drafts, and publish none; one whose slug is known becomes that one's draft."""
    return [_import(db, article, now) for article in sorted(articles, key=lambda each: each.position)]


def add_document(db: Session, *, title: str, markdown: str, now: datetime) -> ConsentVersion:
    """A new thing to agree to, with its first draft."""
    document = _new_document(db, None, now)
    return _new_draft(db, document, title, markdown, now)


def save_draft(
    db: Session, document: ConsentDocument, *, title: str, markdown: str, seen: int | None, now: datetime
) -> ConsentVersion:
    """Keep this as the draft of the next version; what is published stays as it is.

    `seen` is the draft's version when the page was drawn, None if there was no draft. Raises Overtaken if
    somebody has saved another since.
    """
    draft = _draft_of(db, document)
    if (draft.version if draft else None) != seen:
        raise Overtaken
    if draft is None:
        return _new_draft(db, document, title, markdown, now)
    draft.title, draft.markdown, draft.saved_at = title, markdown, now
    return draft


def publish_draft(
    db: Session,
    document: ConsentDocument,
    *,
    seen: int | None,
    tell: bool,
    by: Somebody | Hand,
    now: datetime,
) -> ConsentVersion:
    """Freeze the draft as the next version: clients are asked about it, and no more about the one before.

    What was agreed to before stands as what it was. With `tell`, those who agree to an earlier version are
    told by mail that there is something to read. Raises NotFound without a draft, Overtaken if it is not the
    one that was seen, StillMarkedAsDraft, NothingChanged.
    """
    draft = _draft_of(db, document)
    if draft is None:
        raise NotFound
    if draft.version != seen:
        raise Overtaken
    if is_marked(draft.markdown):
        raise StillMarkedAsDraft
    published, digest = _published_of(db, document), text_hash(draft.title, draft.markdown)
    if published is not None:
        if published.text_hash == digest:
            raise NothingChanged
        published.make(TextMove.REPLACE, at=now)
        # Two of one document are never published at once, not even within a transaction.
        db.flush()
    _freeze(db, draft, digest, now)
    if tell:
        enqueue(db, TELLING, subject=draft.reference, due_at=now)
    note(db, What.TEXT_PUBLISHED, by=by, subject=draft.reference)
    return draft


def discard_draft(db: Session, document: ConsentDocument) -> None:
    """The draft goes; a thing to agree to that was never published goes with it. Raises NotFound."""
    draft = _draft_of(db, document)
    if draft is None:
        raise NotFound
    db.delete(draft)
    db.flush()
    if db.scalar(select(ConsentVersion.id).where(ConsentVersion.document_id == document.id).limit(1)) is None:
        db.delete(document)


def retire_document(db: Session, document: ConsentDocument, *, by: Somebody | Hand, now: datetime) -> None:
    """Nobody is asked about it any more; what was said stands, and can be taken back. Raises NotFound."""
    published = _published_of(db, document)
    if published is None:
        raise NotFound
    published.make(TextMove.RETIRE, at=now)
    note(db, What.TEXT_RETIRED, by=by, subject=published.reference)


def agree(db: Session, client: Client, shown: VersionShown, *, name: str, now: datetime) -> Agreement:
    """The client agrees to this text under this name. In two tabs at once it is said once.

    The name is sealed together with the hash of what it stands under. Raises NewerText if it is asked about
    no more, NotPossible if the client agrees to it already.
    """
    reference = new_reference()
    signature = json.dumps({"name": name, "text_hash": shown.version.text_hash}, ensure_ascii=False)
    sealed = seal(db, client.data_key, signature, of=signature_place(reference))
    return _say(db, client, shown, AgreementMove.AGREE, now, reference=reference, sealed_signature=sealed)


def reject(db: Session, client: Client, shown: VersionShown, *, now: datetime) -> Agreement:
    """The client does not agree; they may later. Raises NewerText, NotPossible."""
    return _say(
        db, client, shown, AgreementMove.REJECT, now, reference=new_reference(), sealed_signature=None
    )


def withdraw(db: Session, client: Client, shown: VersionShown, *, now: datetime) -> None:
    """The client takes back what they agreed to, in whatever version; that they had agreed stays written.

    Their therapist hears that there is something new. Raises NotPossible if they do not agree to it now.
    """
    standing = _standing(db, client, shown)
    status = standing.status if standing else AgreementStatus.PROPOSED
    after = agreement_after(status, AgreementMove.WITHDRAW)
    assert standing is not None
    standing.status, standing.ended_at = after, now
    emails.tell_of_withdrawal(db, client, now=now)
    subject = standing.reference
    note(db, What.AGREEMENT_TAKEN_BACK, by=client, about=client.reference, subject=subject)


def _say(
    db: Session,
    client: Client,
    shown: VersionShown,
    move: AgreementMove,
    now: datetime,
    *,
    reference: str,
    sealed_signature: bytes | None,
) -> Agreement:
    _still_asked(db, shown)
    standing = _standing(db, client, shown)
    # Of what was taken back nothing stands any more.
    before = standing.status if standing else AgreementStatus.PROPOSED
    said = Agreement(
        reference=reference,
        client_id=client.id,
        version_id=shown.version.id,
        status=agreement_after(before, move),
        said_at=now,
        sealed_signature=sealed_signature,
    )
    if standing is not None:
        standing.ended_at = now
        db.flush()
    try:
        with db.begin_nested():
            db.add(said)
    except IntegrityError as clash:
        # Their other tab was first.
        raise Overtaken from clash
    what = What.AGREED if move is AgreementMove.AGREE else What.NOT_AGREED
    note(db, what, by=client, about=client.reference, subject=reference)
    return said


def _still_asked(db: Session, shown: VersionShown) -> None:
    """Nobody signs a text while it is replaced: the one who comes second waits, and is told."""
    status = db.scalar(
        select(ConsentVersion.status).where(ConsentVersion.id == shown.version.id).with_for_update()
    )
    if status is not TextStatus.PUBLISHED:
        raise NewerText


def _standing(db: Session, client: Client, shown: VersionShown) -> Agreement | None:
    return db.scalar(
        select(Agreement)
        .where(
            Agreement.client_id == client.id,
            Agreement.version_id == shown.version.id,
            Agreement.ended_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _import(db: Session, article: Article, now: datetime) -> ConsentVersion:
    document = db.scalar(select(ConsentDocument).where(ConsentDocument.slug == article.slug))
    if document is None:
        document = _new_document(db, article.slug, now)
    draft = _draft_of(db, document)
    if draft is None:
        return _new_draft(db, document, article.title, article.markdown, now)
    draft.title, draft.markdown, draft.saved_at = article.title, article.markdown, now
    return draft


def _new_document(db: Session, slug: str | None, now: datetime) -> ConsentDocument:
    last = db.scalar(select(func.max(ConsentDocument.position)))
    document = ConsentDocument(slug=slug, position=(last or 0) + 1, added_at=now)
    db.add(document)
    db.flush()
    return document


def _new_draft(
    db: Session, document: ConsentDocument, title: str, markdown: str, now: datetime
) -> ConsentVersion:
    draft = ConsentVersion(
        document=document,
        document_id=document.id,
        title=title,
        markdown=markdown,
        saved_at=now,
    )
    try:
        with db.begin_nested():
            db.add(draft)
    except IntegrityError as clash:
        # Another desk has begun one at this moment.
        raise Overtaken from clash
    return draft


def _freeze(db: Session, draft: ConsentVersion, digest: str, now: datetime) -> None:
    last = db.scalar(
        select(func.max(ConsentVersion.number)).where(ConsentVersion.document_id == draft.document_id)
    )
    draft.number, draft.text_hash = (last or 0) + 1, digest
    draft.make(TextMove.PUBLISH, at=now)


def _draft_of(db: Session, document: ConsentDocument) -> ConsentVersion | None:
    return _of_status(db, document, TextStatus.DRAFT)


def _published_of(db: Session, document: ConsentDocument) -> ConsentVersion | None:
    return _of_status(db, document, TextStatus.PUBLISHED)


def _of_status(db: Session, document: ConsentDocument, status: TextStatus) -> ConsentVersion | None:
    return db.scalar(
        select(ConsentVersion)
        .where(ConsentVersion.document_id == document.id, ConsentVersion.status == status)
        .options(joinedload(ConsentVersion.document, innerjoin=True))
        .with_for_update(of=ConsentVersion)
        .execution_options(populate_existing=True)
    )
