"""Private words under lock: a data key for each client, itself sealed with the practice's master key."""

from __future__ import annotations

from flask import Flask

from portal.vault.keyring import Keyring


def init_app(app: Flask) -> None:
    """Hand the keyring to every database session, so that services need not know where keys come from."""
    app.extensions["database"].configure(info={"keyring": Keyring(app.config["MASTER_KEYS"])})
