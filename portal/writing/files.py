"""What kind of a file somebody has brought, and the text in it, if it is one that holds a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_BYTES = 5_000_000
# By what a file begins with: what it is, and what to do instead.
_COPY_IT = "Open it, mark the text, copy it, and paste it here"
_PICTURE, _PACKED = (
    "This is a picture, and not a text. Readings hold words alone: bring the text, or type it below",
    "This is a packed file. Unpack it, and bring what is in it",
)
_KINDS: Mapping[bytes, str] = {
    b"%PDF": f"This is a PDF, which is more a picture of a text than a text. {_COPY_IT}",
    b"{\\rtf": f"This is an RTF file. {_COPY_IT}",
    b"PK\x03\x04": "This is a packed file, or a word processor's own."
    f" {_COPY_IT}; or save it as a web page (HTML), and bring that",
    b"\xd0\xcf\x11\xe0": "This is an old word processor's own file."
    f" {_COPY_IT}; or save it as a web page (HTML), and bring that",
    b"\x1f\x8b": _PACKED,
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"RIFF": _PICTURE,
    b"\x00\x00\x00": _PICTURE,
    b"ID3": "This is a recording, and not a text",
}
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
# Signs that stand in no text: a file of another kind is full of them.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffe\uffff]")
_AT_ITS_BEGINNING = 4096


class NotAText(Exception):
    """The file holds no text that can be read. Says in a sentence what it is, and what to do."""


def text_of(data: bytes) -> str:
    """The text of a file, whatever alphabet it is stored in. Raises NotAText."""
    if len(data) > MOST_BYTES:
        raise NotAText(f"This file is larger than {MOST_BYTES // 1_000_000} MB. Bring it in several parts")
    if not data.strip():
        raise NotAText("This file is empty")
    for beginning, words in _KINDS.items():
        if data.startswith(beginning):
            raise NotAText(words)
    text = _decoded(data)
    if text is None or len(_CONTROLS.findall(text)) > len(text) // 200:
        raise NotAText("This is not a file of text")
    return text.lstrip("\ufeff")


def _decoded(data: bytes) -> str | None:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def _encodings(data: bytes) -> list[str]:
    """In which alphabets to try: what the file says itself, what it looks like, and the two most common."""
    said = [encoding for mark, encoding in _MARKS.items() if data.startswith(mark)]
    charset = _CHARSET.search(data[:_AT_ITS_BEGINNING])
    beginning = data[:_AT_ITS_BEGINNING]
    if not said and beginning[1::2].count(0) > len(beginning) // 8:
        said.append("utf-16-le")
    elif not said and beginning[0::2].count(0) > len(beginning) // 8:
        said.append("utf-16-be")
    # What is not UTF-8 though it is allowed to be is most often what Windows used to write.
    return [*said, "utf-8", *([charset[1].decode()] if charset else []), "cp1252"]
