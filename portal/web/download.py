"""Files to keep, sent under names that tell nothing over a shoulder (P2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Response, stream_with_context


def zipped(parts: Iterator[bytes], *, now: datetime) -> Response:
    """An archive, sent while it is made."""
    return to_keep(
        Response(stream_with_context(parts), content_type="application/zip"), f"copy-{now:%Y-%m-%d}.zip"
    )


def as_json(plain: Any, name: str) -> Response:
    """For another program, and still to be read by people."""
    return to_keep(
        Response(json.dumps(plain, ensure_ascii=False, indent=2), mimetype="application/json"), name
    )


def to_keep(answer: Response, name: str) -> Response:
    """The browser keeps it instead of showing it. Its name stands in a list of downloads for all to see."""
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
