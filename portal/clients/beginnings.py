"""Keeping by which beginnings a client is found, sealed as the names are: numbers under a key of their own.

Whoever has the database and not the master key learns from them whose names begin alike, and no name.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Client
from portal.accounts.queries import name_of
from portal.clients.models import ONLY_ROW, Beginning, SearchKey
from portal.clients.spelling import asked_for, beginnings
from portal.statements import carry_out, insert_all, rows
from portal.vault.models import DataKey
from portal.vault.words import make_data_key, seal, unseal

_KEY = select(SearchKey).options(joinedload(SearchKey.data_key))
_FORGET = delete(Beginning).where(Beginning.client_id.in_(bindparam("ids", expanding=True)))
_KEEP = insert(Beginning)
_CLIENTS = (
    select(Client)
    .where(Client.id.in_(bindparam("ids", expanding=True)), Client.proved_at.is_not(None))
    .options(joinedload(Client.data_key))
)
# 63 bits: what both databases call a large integer.
_BYTES, _UNSIGNED = 8, (1 << 63) - 1


def keep_beginnings(db: Session, client_ids: Iterable[int], *, now: datetime) -> None:
    """By what these clients are found from now on. Nobody who has not proved their address is found.

    Their rows are written already.
    """
    ids = sorted(client_ids)
    secret = _secret(db) or _make_secret(db, now)
    found = db.scalars(_CLIENTS, {"ids": ids}).all()
    carry_out(db, _FORGET, {"ids": ids})
    kept = [
        {"token": token, "client_id": client.id}
        for client in found
        for token in tokens_of(name_of(db, client) if client.sealed_name else "", client.email, secret)
    ]
    if kept:
        insert_all(db, _KEEP, kept)


def tokens_of(name: str, address: str, secret: bytes) -> list[int]:
    """What is kept of a name and an address, in order, as a database likes it best."""
    return sorted({_token(secret, each) for each in beginnings(name, address)})


def tokens_for(db: Session, typed: str) -> Sequence[Sequence[int]]:
    """For each word that was typed, the numbers of which one has to be a client's."""
    secret = _secret(db)
    # Before anybody could be found, nobody is.
    return [[_token(secret, each) for each in sorted(word)] if secret else [-1] for word in asked_for(typed)]


def secret_place() -> str:
    """What the vault calls the place where the secret lies."""
    return f"search_key.secret:{ONLY_ROW}"


def search_secret(db: Session, *, now: datetime) -> bytes:
    """The secret, made if there is none yet."""
    return _secret(db) or _make_secret(db, now)


def _secret(db: Session) -> bytes | None:
    key = db.scalar(_KEY)
    return (
        None if key is None else bytes.fromhex(unseal(db, key.data_key, key.sealed_secret, of=secret_place()))
    )


def _make_secret(db: Session, now: datetime) -> bytes:
    """By plain statements: the session may be in the middle of writing.

    Of two that are made at once the key of the table refuses one; whoever made it begins again.
    """
    secret = secrets.token_bytes(32)
    data_key = make_data_key(db, now=now)
    db.expunge(data_key)
    of_key = {"reference": data_key.reference, "sealed_key": data_key.sealed_key, "made_at": now}
    ((data_key_id,),) = rows(db, insert(DataKey).returning(DataKey.id), of_key)
    sealed = seal(db, data_key, secret.hex(), of=secret_place())
    carry_out(db, insert(SearchKey), {"id": ONLY_ROW, "data_key_id": data_key_id, "sealed_secret": sealed})
    return secret


def _token(secret: bytes, beginning: str) -> int:
    digest = hmac.digest(secret, beginning.encode(), hashlib.sha256)
    return int.from_bytes(digest[:_BYTES], "big") & _UNSIGNED
