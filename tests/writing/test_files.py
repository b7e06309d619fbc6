"""Which files hold a text, and what is said of the others."""

from __future__ import annotations

import pytest

from portal.writing.files import MOST_BYTES, NotAText, text_of

WORDS = "Grüße: “rest”, café"


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        WORDS.encode("utf-8-sig"),
        WORDS.encode("utf-16"),
        b"\xfe\xff" + WORDS.encode("utf-16-be"),
        (WORDS + " and a few plain words after it").encode("utf-16-le"),
        (WORDS + " and a few plain words after it").encode("utf-16-be"),
        WORDS.encode("cp1252"),
    ],
)
def test_a_text_is_read_in_whatever_way_it_is_stored(data):
    assert text_of(data).startswith(WORDS)


def test_a_page_says_itself_how_it_is_stored():
    page = '<meta charset="windows-1251"><p>Отдых</p>'

    assert text_of(page.encode("cp1251")) == page
    assert "Отдых" in text_of(page.encode())
    assert text_of(b'<meta charset="no-such-thing">caf\xe9').endswith("café")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x89PNG\r\n\x1a\n....", "picture"),
        (b"\xff\xd8\xff\xe0JFIF", "picture"),
        (b"GIF89a....", "picture"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 word/document.xml", "word processor"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "word processor"),
        (b"{\\rtf1 x}", "RTF"),
        (b"\x1f\x8b\x08", "packed"),
        (bytes(range(256)) * 4, "not a file of text"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "not a file of text"),
        (b"a" * (MOST_BYTES + 1), "larger than 5 MB"),
    ],
)
def test_what_holds_no_text_is_called_what_it_is(data, words):
    with pytest.raises(NotAText, match=words):
        text_of(data)
