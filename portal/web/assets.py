"""Own styles, scripts and pictures: each with its digest in its address, and as integrity where it can be."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup

_YEAR_SECONDS = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Digests are made once, at start. A file's address changes with it, so it may be kept for a year."""
    folder = Path(app.static_folder or "")
    digests = {
        path.name: _digest(path) for path in folder.iterdir() if path.suffix in {".css", ".js", ".svg"}
    }
    made: dict[str, Markup] = {}

    def stylesheet(name: str) -> Markup:
        if name not in made:
            made[name] = Markup('<link rel="stylesheet" href="{}" integrity="sha384-{}">').format(
                _address(name, digests[name]), digests[name]
            )
        return made[name]

    def script(name: str) -> Markup:
        if name not in made:
            made[name] = Markup('<script type="module" src="{}" integrity="sha384-{}"></script>').format(
                _address(name, digests[name]), digests[name]
            )
        return made[name]

    def picture(name: str) -> Markup:
        """The address of a picture, for an attribute."""
        if name not in made:
            made[name] = Markup(_address(name, digests[name]))
        return made[name]

    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR_SECONDS
    app.jinja_env.globals.update(stylesheet=stylesheet, script=script, picture=picture)


def _digest(path: Path) -> str:
    return base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def _address(name: str, digest: str) -> str:
    return url_for("static", filename=name, v=hashlib.sha256(digest.encode()).hexdigest()[:12])
