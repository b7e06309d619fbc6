"""HTML as word processors and sites write it, as Markdown."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from portal.reading.rendering import made
from portal.writing.hypertext import page_of

FROM_WORD = """
<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {margin:0}</style>
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings/></xml><![endif]--></head><body lang=EN-GB>
<!--StartFragment-->
<p class=MsoTitle>On rest<o:p></o:p></p>
<p class=MsoNormal>Rest is <b style='mso-bidi-font-weight:normal'>not</b> a reward.<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'>·<span style='font:7.0pt "Times"'>&nbsp;&nbsp; </span></span><![endif]>a walk</p>
<p class=MsoHeading2>Sleep</p>
<p class=MsoNormal><del>Never</del> Early.<span style='mso-hide:all'>hidden</span></p>
<!--EndFragment--></body></html>
"""


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>One<p>Two", "One\n\nTwo"),
        ("<div>One</div>two<div>three", "One\n\ntwo\n\nthree"),
        ("<p>a  \n b</p>", "a b"),
        ("<h1>A</h1><h3>B <b>c</b></h3>", "# A\n\n### B c"),
        ("<h2><div>A</div></h2>", "## A"),
        ("<p>a <b>b </b>c <i>d</i>, <em>e</em><strong>f</strong></p>", "a **b** c *d*, *e***f**"),
        ("<p><b>a <i>b</i> c</b></p>", "**a *b* c**"),
        ("<p>so-<b>called</b>“<b>“x”</b>y", "so-**called**““x”y"),
        ("<p>a<br>b<br><br>c", "a\\\nb\n\nc"),
        ("<a href=https://a.example/b_c>a</a> <a href='javascript:x'>b</a>", "[a](https://a.example/b_c) b"),
        ("<a href='https://a.example/b_(c)'>a</a>", "[a](https://a.example/b_%28c%29)"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"),
        ("<ol><li>a</li><li><p>b</p><p>c</p></li></ol>", "1. a\n2. b\n\n   c"),
        ("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n>\n> b\n\nc"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2|3</table>", "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |"),
        ("<table><tr><td><p>a</p><p>b</p></td></tr></table>", "a b"),
        ("<table><tr><td><table><tr><td>a<td>b</table></td></tr></table>", "a b"),
        ("<pre>a\n  b</pre>", "```\na\n  b\n```"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<p># a</p><p>1984. b</p><p>&gt; c</p><p>---", "\\# a\n\n1984\\. b\n\n\\> c\n\n\\---"),
        ("<p>*a* _b_ [c] `d` &lt;e> &amp;lt; \\", "\\*a\\* \\_b\\_ \\[c\\] \\`d\\` \\<e> \\&lt; \\\\"),
        ("<b style='font-weight:normal'><span style='font-weight:700'>a</span> b</b>", "**a** b"),
        ("<p style='display:none'>a</p><span style='font-style: italic'>b</span>", "*b*"),
        ("</li></ul></b>a</p></table>", "a"),
        ("", ""),
    ],
)  # fmt: skip
def test_it_reads_the_same(source, markdown):
    assert page_of(source).markdown == markdown


def test_what_word_pastes_is_words_and_headings():
    page = page_of(FROM_WORD)

    assert page.markdown.replace("\N{NO-BREAK SPACE}", " ") == (
        "# On rest\n\nRest is **not** a reward.\n\n·   a walk\n\n## Sleep\n\nEarly."
    )


def test_the_head_is_not_the_text():
    page = page_of(
        "<title>On\n rest</title><meta name=Description content='In a sentence.'>Text<img src=x><img src=y>"
    )

    assert page == ("On rest", "In a sentence.", "Text", 2)


@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "li", "ul", "table", "td", "h1", "pre", "span"])
def test_however_deep_it_stands_it_is_found(tag):
    assert "found" in page_of(f"<{tag}>" * 20_000 + "found").markdown


LOOKS = some.sampled_from(
    ["b", "i", "em", "span", "p", "li", "blockquote", "h2", "br", "td", "/b", "/i", "/p"]
)
WORDS = some.text(alphabet="ab .,*_`[]()#>-+!\"'1\\&;~|=:<\n", max_size=12)


@given(some.lists(some.tuples(LOOKS, WORDS), max_size=8))
@example([("b", "a."), ("/b", "b")])
@example([("p", "+ a"), ("br", "- b")])
def test_no_word_is_lost_and_no_sign_means_something_new(parts):
    """What the page that Markdown becomes says is what the HTML says, but for blanks and typography."""
    source = "".join(f"<{tag}>{html.escape(words)}" for tag, words in parts)

    markdown = page_of(source).markdown

    assert _letters("".join(block.text for block in made(markdown))) == _letters(
        "".join(words for _, words in parts)
    )


def _letters(text):
    return re.sub(r"[^ab1]", "", text)
