"""Finding texts to agree to, and what clients said to them, as both sides see it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, contains_eager, load_only

from portal.accounts.models import Client
from portal.consent.lifecycle import AgreementMove, AgreementStatus, TextStatus, moves_open
from portal.consent.models import Agreement, ConsentDocument, ConsentVersion
from portal.consent.wording import text_hash
from portal.errors import NotFound
from portal.vault.keyring import CannotBeOpened
from portal.vault.words import CANNOT_BE_OPENED, unseal


class OpenTexts(NamedTuple):
    """How many texts a client is asked about, and how many of these they have said nothing to."""

    published: int
    unanswered: int


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a client said to one version, and when."""

    reference: str
    status: AgreementStatus
    said_at: datetime
    ended_at: datetime | None
    # The name that was typed; None for what was not agreed to.
    name: str | None
    # Whether the text above the name is still the one that was signed.
    is_intact: bool

    @property
    def stands(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, kw_only=True)
class VersionShown:
    """One published version as both sides see it, with what this client said to it, the latest first."""

    version: ConsentVersion
    said: Sequence[Said] = ()

    @property
    def status(self) -> AgreementStatus:
        return self.said[0].status if self.said else AgreementStatus.PROPOSED

    @property
    def moves(self) -> frozenset[AgreementMove]:
        """What is open to the client: an older text can be taken back, and no more be agreed to."""
        asked = self.version.status is TextStatus.PUBLISHED
        return frozenset(move for move in moves_open(self.status) if asked or move is AgreementMove.WITHDRAW)


@dataclass(frozen=True, kw_only=True)
class DocumentShown:
    """One thing to agree to: what is asked for now, and what was said to it and to what it replaced."""

    document: ConsentDocument
    # The latest first. The first may be published; others are here because something was said to them.
    versions: Sequence[VersionShown] = field(default_factory=list)

    @property
    def asked(self) -> VersionShown | None:
        """What the client is asked about now."""
        first = self.versions[0]
        return first if first.version.status is TextStatus.PUBLISHED else None

    @property
    def earlier(self) -> VersionShown | None:
        """The latest version but the one that is asked about to which the client has agreed."""
        older = self.versions[1:] if self.asked else self.versions
        return next((each for each in older if any(said.name for said in each.said)), None)


@dataclass(frozen=True, kw_only=True)
class DocumentOnDesk:
    """One thing to agree to as the practice works on it: its versions, its draft, and how many agree."""

    document: ConsentDocument
    draft: ConsentVersion | None
    # The latest first.
    versions: Sequence[ConsentVersion]
    # By number of row, how many agree to each version at this moment.
    agreed: Mapping[int, int]

    @property
    def published(self) -> ConsentVersion | None:
        return next((each for each in self.versions if each.status is TextStatus.PUBLISHED), None)

    @property
    def title(self) -> str:
        """As it is published, else as it was last, else as it is drafted."""
        newest = self.published or self.draft or (self.versions[0] if self.versions else None)
        return newest.title if newest else ""


_ANSWERED = exists().where(
    Agreement.version_id == ConsentVersion.id, Agreement.client_id == bindparam("client_id")
)
# Written out, and not as a parameter: only so does SQLite look into the index of what is published.
_PUBLISHED = ConsentVersion.status == literal_column("'published'")
# The columns of OpenTexts. The page that every client meets first asks for them, together with what else it
# has to know.
OPEN_TEXTS = (
    select(func.count(ConsentVersion.id)).where(_PUBLISHED).scalar_subquery().label("published"),
    select(func.count(ConsentVersion.id)).where(_PUBLISHED, ~_ANSWERED).scalar_subquery().label("unanswered"),
)

_SHOWN = (
    select(ConsentVersion, Agreement)
    .join(ConsentVersion.document)
    .outerjoin(
        Agreement,
        and_(Agreement.version_id == ConsentVersion.id, Agreement.client_id == bindparam("client_id")),
    )
    .where(
        or_(ConsentVersion.status == TextStatus.PUBLISHED, Agreement.id.is_not(None)),
    )
    .order_by(ConsentDocument.position, ConsentDocument.id, ConsentVersion.number.desc(), Agreement.id.desc())
    .options(contains_eager(ConsentVersion.document))
    .execution_options(populate_existing=True)
)
_AS_LISTED = _SHOWN.options(
    load_only(
        ConsentVersion.reference,
        ConsentVersion.document_id,
        ConsentVersion.status,
        ConsentVersion.number,
        ConsentVersion.title,
        ConsentVersion.text_hash,
        ConsentVersion.published_at,
        ConsentVersion.ended_at,
        raiseload=True,
    )
)


def documents_for(db: Session, client: Client) -> Sequence[DocumentShown]:
    """All that this client is asked about or has said something to, without the texts; in one query."""
    return _gathered(db, client, db.execute(_AS_LISTED, {"client_id": client.id}))


def document_for(db: Session, client: Client, reference: str) -> DocumentShown:
    """One of them, with the texts. Raises NotFound."""
    found = db.execute(_SHOWN.where(ConsentDocument.reference == reference), {"client_id": client.id})
    return _only(_gathered(db, client, found))


def version_for(db: Session, client: Client, reference: str, number: int) -> VersionShown:
    """One version of a document that this client can see: published, or one they said something to.

    Raises NotFound.
    """
    shown = document_for(db, client, reference)
    for each in shown.versions:
        if each.version.number == number:
            return each
    raise NotFound


def signed_text(db: Session, client: Client, reference: str) -> VersionShown:
    """The version to which this client said what bears this reference, for their therapist.

    Raises NotFound.
    """
    document_id = db.scalar(
        select(ConsentVersion.document_id)
        .join(Agreement, Agreement.version_id == ConsentVersion.id)
        .where(Agreement.reference == reference, Agreement.client_id == client.id)
    )
    found = db.execute(_SHOWN.where(ConsentDocument.id == document_id), {"client_id": client.id})
    for shown in _gathered(db, client, found):
        for each in shown.versions:
            if any(said.reference == reference for said in each.said):
                return each
    raise NotFound


def documents_on_desk(db: Session) -> Sequence[DocumentOnDesk]:
    """Everything that the practice has written to agree to; in three queries."""
    documents = db.scalars(select(ConsentDocument).order_by(ConsentDocument.position, ConsentDocument.id))
    versions = db.scalars(select(ConsentVersion).order_by(ConsentVersion.number.desc())).all()
    agreed = _agreed(db)
    return [_on_desk(each, versions, agreed) for each in documents]


def document_on_desk(db: Session, reference: str) -> DocumentOnDesk:
    """One of them. Raises NotFound."""
    document = db.scalar(select(ConsentDocument).where(ConsentDocument.reference == reference))
    if document is None:
        raise NotFound
    versions = db.scalars(
        select(ConsentVersion)
        .where(ConsentVersion.document_id == document.id)
        .order_by(ConsentVersion.number.desc())
        .execution_options(populate_existing=True)
    ).all()
    return _on_desk(document, versions, _agreed(db))


def clients_to_tell(db: Session, version: ConsentVersion, *, most: int) -> Sequence[Client]:
    """Who agrees to an earlier version of this text, and was not told of this one yet; by number of row."""
    earlier = (
        select(Agreement.client_id)
        .join(ConsentVersion, ConsentVersion.id == Agreement.version_id)
        .where(
            ConsentVersion.document_id == version.document_id,
            ConsentVersion.id != version.id,
            Agreement.status == AgreementStatus.ACTIVE,
            Agreement.ended_at.is_(None),
        )
    )
    return db.scalars(
        select(Client)
        .where(Client.id.in_(earlier), Client.id > version.told_up_to)
        .order_by(Client.id)
        .limit(most)
    ).all()


def signature_place(reference: str) -> str:
    """What the vault calls the place where a signature lies."""
    return f"agreement.signature:{reference}"


def _gathered(
    db: Session, client: Client, found: Iterable[tuple[ConsentVersion, Agreement | None]]
) -> list[DocumentShown]:
    shown: list[DocumentShown] = []
    for document, lines in groupby(found, key=lambda line: line[0].document):
        versions = [
            VersionShown(
                version=version,
                said=[_said(db, client, version, each) for _, each in pairs if each is not None],
            )
            for version, pairs in groupby(lines, key=lambda line: line[0])
        ]
        shown.append(DocumentShown(document=document, versions=versions))
    return shown


def _said(db: Session, client: Client, version: ConsentVersion, agreement: Agreement) -> Said:
    sealed, signature = agreement.sealed_signature, {}
    if sealed is not None:
        place = signature_place(agreement.reference)
        try:
            signature = json.loads(unseal(db, client.data_key, sealed, of=place))
        except CannotBeOpened:
            # Nobody can say at the moment under which text it stands.
            signature = {"name": CANNOT_BE_OPENED}
    return Said(
        reference=agreement.reference,
        status=agreement.status,
        said_at=agreement.said_at,
        ended_at=agreement.ended_at,
        name=signature.get("name"),
        is_intact="text_hash" not in signature or signature["text_hash"] == _hash_of(version),
    )


def _hash_of(version: ConsentVersion) -> str | None:
    """Of the text itself where it is loaded: what is stored about it could have been changed with it."""
    loaded = "markdown" in vars(version)
    return text_hash(version.title, version.markdown) if loaded else version.text_hash


def _only(shown: Sequence[DocumentShown]) -> DocumentShown:
    if not shown:
        raise NotFound
    return shown[0]


def _agreed(db: Session) -> dict[int, int]:
    counted = db.execute(
        select(Agreement.version_id, func.count())
        .where(Agreement.status == AgreementStatus.ACTIVE, Agreement.ended_at.is_(None))
        .group_by(Agreement.version_id)
    )
    return {row[0]: row[1] for row in counted}


def _on_desk(
    document: ConsentDocument, versions: Iterable[ConsentVersion], agreed: Mapping[int, int]
) -> DocumentOnDesk:
    own = [each for each in versions if each.document_id == document.id]
    return DocumentOnDesk(
        document=document,
        draft=next((each for each in own if each.status is TextStatus.DRAFT), None),
        versions=[each for each in own if each.status is not TextStatus.DRAFT],
        agreed=agreed,
    )
