"""Files that are sent while they are made, under names that tell nothing (P2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Response, stream_with_context


def zipped(parts: Iterator[bytes], *, now: datetime) -> Response:
    answer = Response(stream_with_context(parts), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="copy-{now:%Y-%m-%d}.zip"'
    return answer
