"""Drawing a document as a PDF file. A program of its own, which imports nothing of the portal's.

`pdf` runs this file in a process with limits on time and memory, since the library can be kept busy for long
and keeps what memory it once took. Nothing is fetched: an address is followed only if it carries its own
data, so that a page can show neither what lies elsewhere nor a file of this machine.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

# How the program ends where the machine has no Pango.
MISSING = 3
_BYTES = 1024 * 1024 * 1024


def drawn(html: str) -> bytes:
    """The document as a tagged file (PDF/UA-1), in the style of `paper.css`. Raises OSError without Pango."""
    from weasyprint import CSS, HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    style = CSS(string=Path(__file__).with_name("paper.css").read_text("utf-8"))
    document = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"]), media_type="print")
    made: bytes = document.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return made


def _main(seconds: str) -> None:
    """HTML on standard input, the file on standard output; in so many seconds of the processor's."""
    for what, most in ((resource.RLIMIT_CPU, int(seconds)), (resource.RLIMIT_AS, _BYTES)):
        with contextlib.suppress(ValueError, OSError):
            # Not every system can limit memory; time is limited everywhere, here and from outside.
            resource.setrlimit(what, (most, most))
    try:
        # Pango is looked for at the import.
        import weasyprint  # noqa: F401, PLC0415
    except OSError:
        sys.exit(MISSING)
    sys.stdout.buffer.write(drawn(sys.stdin.read()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
