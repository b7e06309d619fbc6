"""Reads a PDF file back: its words, its looks, and what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2


@dataclass(frozen=True)
class Paper:
    pages: Sequence[str]
    title: str
    # Everything that it says of itself to a list of files.
    about: str
    attachments: int
    # Whether each page shows something, to the eye.
    inked: Sequence[bool]

    @property
    def text(self) -> str:
        """All of it, whatever the lines."""
        return " ".join(" ".join(self.pages).split())


def read(pdf: bytes) -> Paper:
    document = pypdfium2.PdfDocument(pdf)
    about = document.get_metadata_dict()
    paper = Paper(
        pages=[page.get_textpage().get_text_bounded() for page in document],
        title=about["Title"],
        about=" ".join(about.values()),
        attachments=document.count_attachments(),
        inked=[page.render(scale=0.5).to_pil().convert("L").getextrema()[0] < 128 for page in document],
    )
    document.close()
    return paper
