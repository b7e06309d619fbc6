"""The words of a mail can be changed, and nothing else of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined

from config import ROOT
from portal.mail.proofreading import Flaw, flaws_in
from portal.mail.wording import messages, shown, wording_of, written_with

GREETING = {
    "email/greeting/subject.txt": "Hello from {{ practice.name }}\n",
    "email/greeting/body.txt": (
        "Hello,\n\n{% if earlier %}\nYou had {{ earlier.starts_at | in_full(zone) }}.\n"
        "{% else %}\nYou are new.\n{% endif %}\n\n"
        '{{ "These times are" if several else "This time is" }} yours.\n\n{{ url_for("a.b") }}\n'
    ),
}
CONTEXT = {
    "practice": {"name": "Willow"},
    "earlier": {"starts_at": "Monday"},
    "zone": "UTC",
    "several": False,
    "url_for": lambda _: "https://portal.test/a",
}


def environment_with(templates):
    made = Environment(
        loader=DictLoader(templates), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["in_full"] = lambda moment, zone: f"{moment} ({zone})"
    return made


@pytest.fixture
def environment():
    return environment_with(GREETING)


def piece_of(environment, start):
    return next(piece for piece in wording_of(environment, "greeting").pieces if piece.text.startswith(start))


def sent(environment, words, **context):
    return [template.render(CONTEXT | context) for template in written_with(environment, "greeting", words)]


def test_the_prose_between_the_blocks_is_what_can_be_changed(environment):
    wording = wording_of(environment, "greeting")

    assert [(piece.when, piece.text) for piece in wording.pieces] == [
        ("", "Hello from {practice}"),
        ("", "Hello,"),
        ("when the earlier time stays", "You had {earlier time}."),
        ("otherwise", "You are new."),
        ("", "{These times are} yours.\n\n{link}"),
    ]
    assert wording.of_subject == {wording.pieces[0].key}


def test_own_words_stand_around_the_same_values(environment):
    piece = piece_of(environment, "You had")
    last = piece_of(environment, "{These")

    _, body = sent(
        environment, {piece.key: "Before: {earlier time}", last.key: "{link}\n\nis where {These times are}"}
    )

    assert body == "Hello,\n\nBefore: Monday (UTC)\n\nhttps://portal.test/a\n\nis where This time is"


def test_words_for_a_piece_that_is_another_one_by_now_are_left_aside(environment):
    assert sent(environment, {"0" * 16: "Gone"}) == sent(environment, {})


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_whatever_is_typed_is_never_read_as_a_template(typed):
    environment = environment_with(GREETING)
    piece = piece_of(environment, "You are new")
    typed = typed.replace("{", "(").replace("}", ")")

    _, body = sent(environment, {piece.key: typed}, earlier=None)

    assert body.startswith(f"Hello,\n\n{typed}\n\nThis time is yours.")


@pytest.mark.parametrize("typed", ["{{ 7 * 7 }}", "{% for a in b %}", "{# #}", "{{ practice.__class__ }}"])
def test_what_looks_like_a_template_is_refused_at_its_field(environment, typed):
    piece = piece_of(environment, "You are new")

    assert {found.flaw for found in flaws_in(piece, typed, is_subject=False)} & {
        Flaw.STRAY_BRACKET,
        Flaw.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("{These times are} yours.\n\n{link}", []),
        ("Yours:\n\n{link}", []),
        ("{These times are} yours.", [(Flaw.LOST, "link")]),
        ("{link} {earlier time}", [(Flaw.UNKNOWN, "earlier time")]),
        ("{link} for your therapy", [(Flaw.TELLS, "therapy")]),
        ("Dear Sam,\n\n{link}", [(Flaw.NAMES, "Sam")]),
        ("{link}, or https://elsewhere.example", [(Flaw.ELSEWHERE, "https://elsewhere.example")]),
        ("{link}" + "a" * 2000, [(Flaw.TOO_LONG, "2000")]),
        ("{link}\u202e", [(Flaw.UNSEEN, "")]),
    ],
)
def test_what_would_spoil_a_mail_is_found(environment, typed, found):
    piece = piece_of(environment, "{These")

    assert [tuple(each) for each in flaws_in(piece, typed, is_subject=False)] == found


@pytest.mark.parametrize(
    ("typed", "flaws"),
    [
        ("A word from {practice}", []),
        ("", [Flaw.EMPTY]),
        ("a" * 79, [Flaw.TOO_LONG]),
        ("a\nb", [Flaw.UNSEEN]),
    ],
)
def test_a_subject_is_one_line_and_not_long(environment, typed, flaws):
    subject = wording_of(environment, "greeting").pieces[0]

    assert [each.flaw for each in flaws_in(subject, typed, is_subject=True)] == flaws


def test_a_trial_shows_the_longest_and_the_shortest(environment):
    body = wording_of(environment, "greeting").body

    assert shown(body, {}, {"link": "https://…/a"}, least=False) == (
        "Hello,\n\nYou had Monday 8 March 2027, 09:00 (Europe/London, UTC+0).\n\n"
        "These times are yours.\n\nhttps://…/a"
    )
    assert shown(body, {}, {"link": "https://…/a"}, least=True) == (
        "Hello,\n\nYou are new.\n\nThis time is yours.\n\nhttps://…/a"
    )


EVERY_MAIL = sorted(path.name for path in (ROOT / "templates/email").iterdir())


def test_every_mail_is_found(app):
    assert messages(app.jinja_env) == EVERY_MAIL


@pytest.mark.parametrize("message", EVERY_MAIL)
def test_the_portals_own_words_would_pass_and_can_be_shown(app, message):
    wording = wording_of(app.jinja_env, message)

    assert wording.pieces
    for piece in wording.pieces:
        assert flaws_in(piece, piece.text, is_subject=piece.key in wording.of_subject) == []
    for least in (False, True):
        subject = shown(wording.subject, {}, {}, least=least).strip()
        assert subject.isprintable()
        assert 0 < len(subject) <= 78
        assert "{" not in shown(wording.body, {}, {}, least=least)
    # As its own words, everything comes out the same: what is kept is put together with what was there.
    own = {piece.key: piece.text for piece in wording.pieces}
    assert [template.name for template in written_with(app.jinja_env, message, own)] == [
        f"email/{message}/subject.txt",
        f"email/{message}/body.txt",
    ]
