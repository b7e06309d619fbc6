"""Promises that the whole portal keeps, whoever adds to it."""

from __future__ import annotations

import ast
import re

import pytest

from config import ROOT
from portal.web.audience import Audience, audience_of

SOURCES = sorted((ROOT / "portal").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.is_file())
# What never needs a form's token, each with the reason why.
WITHOUT_TOKEN = {
    "accounts.leave": "whoever flees is never stopped; it ends a session only if a page of ours sent it",
}
# Every address that a GET leads to without being signed in: opening one to the world takes two edits.
PUBLIC = {
    "static",
    "accounts.sign_up",
    "accounts.sign_in",
    "accounts.sign_out",
    "accounts.leave",
    "accounts.forgotten_password",
    "accounts.check_mail",
    "accounts.prove_address",
    "accounts.new_password",
    "accounts.challenge",
    "accounts.sign_in_by_passkey",
    "accounts.take_second_step",
    "accounts.second_challenge",
    "accounts.first_challenge",
    "accounts.join",
    "accounts.join_challenge",
    "accounts.prove_new_address",
    "accounts.keep_address",
    "care.help_now",
    "journey.welcome",
    "journey.lead",
    "practice.privacy",
    "practice.accessibility",
    "health.healthz",
    "health.readyz",
    # For this machine alone, or whoever sends the token.
    "health.metrics",
    # Whoever has its secret address: a calendar program signs in nowhere.
    "feed.read",
    # In development only.
    "mail.mailbox",
    "mail.message",
}


def views_for(app, audience):
    return {name for name, view in app.view_functions.items() if audience_of(view) is audience}


def test_every_view_names_its_audience(app):
    unnamed = [name for name, view in app.view_functions.items() if audience_of(view) is None]

    assert unnamed == []


def test_the_public_pages_are_these(app):
    assert views_for(app, Audience.PUBLIC) == PUBLIC


def test_every_change_needs_the_token_of_a_form_of_ours(app):
    """Every address that takes a POST refuses one without a token, and says so with 400."""
    browser = app.test_client()
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in WITHOUT_TOKEN:
            continue
        address = re.sub(r"<[^>]*>", "x", re.sub(r"<int[^>]*>", "1", rule.rule))
        answer = browser.post(address, data={"a": "b"}, base_url=app.config["BASE_URL"])
        assert answer.status_code == 400, f"{rule.rule} took a POST without a token"


def test_addresses_are_lower_case_with_hyphens(app):
    for rule in app.url_map.iter_rules():
        fixed = re.sub(r"<[^>]*>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.-]*", fixed), rule.rule


def test_every_placeholder_of_an_address_has_a_type(app):
    for rule in app.url_map.iter_rules():
        for placeholder in re.findall(r"<([^>]*)>", rule.rule):
            assert ":" in placeholder, rule.rule


def test_only_the_database_module_commits():
    committing = [path.name for path in SOURCES if ".commit(" in path.read_text()]

    assert committing == ["database.py"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_for(path):
    assert path.read_text().startswith('"""'), "begin with one sentence: what belongs here"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_or_script(path):
    source = path.read_text()

    assert not re.search(r"\sstyle=|\son[a-z]+=[\"']|<style|<script(?![^>]*\bsrc=)|javascript:", source)


def test_every_template_compiles(app):
    for path in TEMPLATES:
        app.jinja_env.get_template(str(path.relative_to(ROOT / "templates")))


def test_no_view_gives_a_page_a_name_that_means_something_on_every_page(app):
    """A view's own value would stand in the place of what the skeleton calls by that name."""
    taken = set(app.jinja_env.globals) - {"request", "session", "g"}
    given = {
        (name.arg, path.name)
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and call.args and ".html" in ast.unparse(call.args[0])
        for name in call.keywords
    }

    assert {"drawn_once", "script", "visitor_kind"} <= taken
    assert sorted(each for each in given if each[0] in taken) == []


def test_no_page_asks_another_origin_for_anything():
    """P5: what a page loads is ours; it may link elsewhere, never load from there."""
    for path in TEMPLATES:
        loaded = re.findall(r"(?:src|data|poster|action)=[\"'](https?:[^\"']*)", path.read_text())
        assert loaded == [], path
    for path in [*(ROOT / "static").glob("*.css"), *(ROOT / "static").glob("*.js")]:
        assert not re.search(r"@import|url\(\s*['\"]?https?:|fetch\(\s*['\"]https?:", path.read_text()), path
