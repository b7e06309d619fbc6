"""Parts of a page are drawn once, with each visitor's own token, and anew when the facts have changed."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader

from portal import clock
from portal.practice.parts import Parts
from tests import make


@pytest.fixture
def part(app, inside_app, monkeypatch):
    """As templates call it, with a part that says how often it was drawn."""
    drawn = []
    monkeypatch.setitem(app.jinja_env.globals, "drawing", lambda: drawn.append(1) or "")
    source = "{{ drawing() }}{{ practice.name }} for {{ kind }}: <i>{{ token }}</i>"
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader({"_bar.html": source}))
    parts = Parts()
    return lambda **names: (parts.part("_bar.html", **names), len(drawn))


def test_it_is_drawn_once_for_each_set_of_names(part):
    assert part(kind="client") == ("Foyer for client: <i></i>", 1)
    assert part(kind="client") == ("Foyer for client: <i></i>", 1)
    assert part(kind=None) == ("Foyer for None: <i></i>", 2)


def test_each_visitor_finds_their_own_token(part):
    assert part(kind="client", token="of-sam") == ("Foyer for client: <i>of-sam</i>", 1)
    assert part(kind="client", token="of-kit") == ("Foyer for client: <i>of-kit</i>", 1)


def test_it_is_drawn_anew_when_the_practice_says_otherwise(part, db, monkeypatch):
    practice = make.practice(db, name="<Willow>")
    assert part(kind="client")[0] == "&lt;Willow&gt; for client: <i></i>"

    # Looked up anew, and the same.
    monkeypatch.setattr(clock, "ticks", lambda: 10**9)
    assert part(kind="client")[1] == 1
    practice.name = "Alder"
    db.flush()
    monkeypatch.setattr(clock, "ticks", lambda: 2 * 10**9)

    assert part(kind="client") == ("Alder for client: <i></i>", 2)
