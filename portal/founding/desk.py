"""The blueprint of the practice's pages, and walking from one of them to the next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.founding.first_pages import Page
from portal.practice.services import settle

blueprint = Blueprint("founding", __name__, url_prefix="/desk/practice")


def is_walking() -> bool:
    """Whether the therapist goes through the pages of the first start."""
    return "first" in request.args


def page_shown(template: str, page: Page, **context: Any) -> str:
    """A page of the practice, which knows where it stands among the eight."""
    return render_template(
        f"founding/{template}.html",
        page=page,
        pages=len(Page),
        is_walking=is_walking(),
        onward=address_after(page),
        **context,
    )


def note_page(db: Session, page: Page) -> None:
    """Whoever walks through the pages has done this one; where it is changed later, that says nothing."""
    if is_walking():
        settle(db, page, of=list(Page))


def on_from(page: Page, said: str) -> ResponseReturnValue:
    """Where the therapist goes after a change was kept: to the next page, or back to the practice."""
    forget_facts()
    if not is_walking() or page.next is None:
        flash(said)
    return redirect(address_after(page), code=303)


def address_of(page: Page) -> str:
    """The page, walked through as the one that is open now."""
    return url_for(page.view, first=1 if is_walking() else None)


def address_after(page: Page) -> str:
    return address_of(page.next) if is_walking() and page.next else url_for("founding.overview")


def forget_facts() -> None:
    """This process looks at the facts anew; others do within seconds."""
    current_app.extensions["practice"].forget()
