"""A visitor: opens pages, fills in what has a label, presses what has a name.

Every page it opens has to be fit to read, whichever test opened it: see `Page.check`.
"""

from __future__ import annotations

import io
import secrets
from collections import Counter
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal import clock
from portal.accounts.models import Client, Proof, SignedInPlace, Therapist
from portal.accounts.tokens import hash_of
from tests import html

# A page whose heading would tell over a shoulder has one of these titles instead (P2).
NEUTRAL_TITLES = (
    *("Welcome", "Reading", "Questions", "Question", "Check your answers", "Agreements"),
    *("People", "Kinds", "Add a kind", "One kind", "Hours", "What is given", "Begin a new one", "Copies"),
)


class Page:
    def __init__(self, source: str) -> None:
        self.source = source
        self.root = html.read(source)

    @property
    def heading(self) -> str:
        return next(self.root.all("h1")).text

    @property
    def title(self) -> str:
        return next(self.root.all("title")).text

    @property
    def text(self) -> str:
        return next(self.root.all("main")).text

    @property
    def errors(self) -> list[str]:
        return [element.text for element in self.root.all("p", class_="error")]

    @property
    def buttons(self) -> list[str]:
        main = next(self.root.all("main"))
        return [button.text for button in main.all("button")]

    def form_with(self, button: str) -> tuple[html.Element, html.Element]:
        for form in self.root.all("form"):
            for found in form.all("button"):
                if found.text == button:
                    return form, found
        raise AssertionError(f"no button says {button!r}; the page says: {self.text}")

    def field_labelled(self, label: str) -> html.Element:
        for found in self.root.all("label"):
            if found.text == label:
                inside = list(found.all("input", "select", "textarea"))
                return inside[0] if inside else next(self.root.all(id=found.get("for")))
        raise AssertionError(f"nothing is labelled {label!r}; the page says: {self.text}")

    def link_called(self, name: str) -> html.Element:
        for link in self.root.all("a"):
            if link.text == name:
                return link
        raise AssertionError(f"no link says {name!r}; the page says: {self.text}")

    def check(self) -> None:
        assert len(list(self.root.all("h1"))) == 1, "one main heading"
        title = self.title.removeprefix("Error: ")
        assert title.startswith((self.heading, *NEUTRAL_TITLES)), self.title
        ids = Counter(element.get("id") for element in self.root.all() if element.get("id"))
        assert max(ids.values()) == 1, f"an id is used twice: {ids}"
        labelled = {label.get("for") for label in self.root.all("label")}
        wrapped = [
            field for label in self.root.all("label") for field in label.all("input", "textarea", "select")
        ]
        for field in self.root.all("input", "select", "textarea"):
            hidden = field.get("type") == "hidden"
            named = field.get("id") in labelled or field.has("aria-label")
            named = named or any(field.same_as(other) for other in wrapped)
            assert hidden or named, f"no label: {field.get('name')}"
        for described in self.root.all():
            for target in described.get("aria-describedby").split():
                assert target in ids, f"aria-describedby names {target}, which is not there"
        for element in self.root.all():
            assert not element.has("style"), "no inline style"
            assert not any(element.has(name) for name in ("onclick", "onsubmit", "onload")), (
                "no inline script"
            )
        assert list(self.root.all(class_="foot")), "help is on every page"


class Browser:
    page: Page
    path: str
    response: TestResponse

    def __init__(self, app: Flask) -> None:
        self._app, self.http = app, app.test_client()
        self._filled: dict[str, list[str]] = {}
        self._files: dict[str, tuple[io.BytesIO, str]] = {}

    def sign_in(self, person: Client | Therapist, **place: object) -> None:
        """Sign in by the cookie alone, without a visit: just now and by password, if nothing else is said."""
        token, now = secrets.token_urlsafe(32), clock.now()
        owner = {"client_id": person.id} if isinstance(person, Client) else {"therapist_id": person.id}
        usual = {
            "signed_in_at": now,
            "last_used_at": now,
            "confirmed_at": now,
            "confirmed_by": Proof.PASSWORD,
        }
        with self._app.extensions["database"]() as db:
            db.connection(execution_options={"write": True})
            db.add(SignedInPlace(token_hash=hash_of(token), **owner, **(usual | place)))
            db.commit()
        with self.http.session_transaction(base_url=self._base) as cookie:
            cookie["_user_id"] = token

    @property
    def _base(self) -> str:
        return str(self._app.config["BASE_URL"])

    def open(self, path: str, *, expect: int = 200) -> Page:
        # `get`, but for a path that is a whole address, as a mail holds it.
        parts = urlsplit(path)
        local = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.http.get(local, base_url=self._base, follow_redirects=True)
        return self._arrive(answer, expect)

    def follow(self, link: str, *, expect: int = 200) -> Page:
        return self.open(self.page.link_called(link).get("href"), expect=expect)

    def fill(self, label: str, text: str) -> None:
        self._filled[self.page.field_labelled(label).get("name")] = [text]

    def attach(self, label: str, content: bytes, *, name: str) -> None:
        """Choose a file of this name and content in a field for one."""
        self._files[self.page.field_labelled(label).get("name")] = (io.BytesIO(content), name)

    def choose(self, *labels: str) -> None:
        """Choose these options of one question, or one option of a list of times."""
        fields = [self.page.field_labelled(label) for label in labels]
        self._filled[fields[0].get("name")] = [field.get("value", "on") for field in fields]

    def press(self, button: str, *, expect: int | Collection[int] = 200) -> Page:
        """Several codes can be expected of a press that is one of many."""
        form, pressed = self.page.form_with(button)
        sent = MultiDict[str, str]()
        for name, values in (_as_it_stands(form) | self._filled).items():
            sent.setlist(name, values)
        if pressed.get("name"):
            sent[pressed.get("name")] = pressed.get("value")
        action = pressed.get("formaction") or form.get("action", self.path)
        if form.get("method", "get").lower() == "get":
            answer = self.http.get(action, query_string=sent, base_url=self._base, follow_redirects=True)
        else:
            answer = self._post(action, sent, form.get("enctype"))
        return self._arrive(answer, expect)

    def _post(self, action: str, sent: MultiDict[str, str], encoding: str) -> TestResponse:
        # A browser says which page it comes from; over https the form token's check wants to know.
        came_from = {"Referer": self._base + self.path}
        whole: MultiDict[str, Any] = MultiDict(sent)
        for name, file in self._files.items():
            whole.setlist(name, [file])
        answer = self.http.post(
            action,
            data=whole,
            headers=came_from,
            base_url=self._base,
            content_type=encoding or "application/x-www-form-urlencoded",
            follow_redirects=True,
        )
        # What is long was sent from a file, which nobody else closes.
        for each in (*answer.history, answer):
            each.request.environ["wsgi.input"].close()
        return answer

    def _arrive(self, response: TestResponse, expect: int | Collection[int]) -> Page:
        expected = (expect,) if isinstance(expect, int) else expect
        assert response.status_code in expected, f"{response.status}: {response.text}"
        query = response.request.query_string.decode()
        self.path = response.request.path + (f"?{query}" if query else "")
        self.response, self.page, self._filled, self._files = response, Page(response.text), {}, {}
        self.page.check()
        return self.page


def _as_it_stands(form: html.Element) -> dict[str, list[str]]:
    """What the form would send if nobody touched it."""
    stands: dict[str, list[str]] = {}
    for field in form.all("input", "textarea", "select"):
        value = _value(field)
        if field.get("name") and value is not None:
            stands.setdefault(field.get("name"), []).append(value)
    return stands


def _value(field: html.Element) -> str | None:
    if field.tag == "textarea":
        return field.lines
    if field.tag == "select":
        options = list(field.all("option"))
        chosen = [option for option in options if option.has("selected")] or options[:1]
        return chosen[0].get("value") if chosen else None
    if field.get("type") == "file":
        return None
    if field.get("type") in {"radio", "checkbox"}:
        return field.get("value", "on") if field.has("checked") else None
    return field.get("value")
