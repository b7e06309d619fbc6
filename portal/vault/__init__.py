"""Private words under lock: a data key for each client, itself sealed with the practice's master key."""

from __future__ import annotations

from flask import Flask

from portal.vault.keyring import Keyring


def init_app(app: Flask) -> None:
    """Hand the keys to every database session, so that services need not know where they come from."""
    keyring = Keyring(app.config["MASTER_KEYS"])
    app.extensions["database"].configure(
        info={"keyring": keyring, "journal_keyring": keyring.derived("journal")}
    )
