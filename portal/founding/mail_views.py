"""The mail sender: a test mail goes out, and its code comes back."""

from __future__ import annotations

from flask import current_app, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.accounts.queries import zone_of
from portal.database import current_db, transaction
from portal.founding.desk import address_of, blueprint, forget_facts, note_page, on_from, page_shown
from portal.founding.first_pages import Page
from portal.founding.forms import CodeForm
from portal.founding.standing import mail_goes_by
from portal.mail.queries import delivery_of
from portal.practice.proving import NoCodeAwaited, SentJustNow, send_test_mail, take_code
from portal.practice.queries import mail_proof

_NOT_THE_CODE = "That is not what the last test mail says. Look at the newest one"
_ANOTHER = "No mail with a code is under way any more. Have another one sent"


@blueprint.get("/mail")
@therapist_only
def mail(therapist: Therapist) -> str:
    """Whoever followed the link in the mail finds its code filled in: opening a link proves nothing."""
    return _mail_page(therapist, CodeForm(data={"code": request.args.get("code", "")[:20]}))


@blueprint.post("/mail")
@therapist_only
def prove(therapist: Therapist) -> ResponseReturnValue:
    form = CodeForm()
    if not form.validate_on_submit():
        return _mail_page(therapist, form)
    try:
        with transaction() as db:
            arrived = take_code(db, form.code.data or "", way=mail_goes_by(), now=clock.now())
            if arrived:
                note_page(db, Page.MAIL)
    except NoCodeAwaited:
        form.refuse(form.code, _ANOTHER)
        return _mail_page(therapist, form)
    if not arrived:
        form.refuse(form.code, _NOT_THE_CODE)
        return _mail_page(therapist, form)
    return on_from(Page.MAIL, "It arrived. Mail works.")


@blueprint.post("/mail/test")
@therapist_only
def send_test(therapist: Therapist) -> ResponseReturnValue:
    try:
        with transaction() as db:
            send_test_mail(db, to=therapist.email, now=clock.now())
    except SentJustNow:
        flash("One was sent a moment ago. Give it a minute.")
    forget_facts()
    return redirect(address_of(Page.MAIL), code=303)


def _mail_page(therapist: Therapist, form: CodeForm) -> str:
    db = current_db()
    proof = mail_proof(db)
    sent = delivery_of(db, to=therapist.email, written_at=proof.sent_at) if proof.sent_at else None
    return page_shown(
        "mail",
        Page.MAIL,
        form=form,
        therapist=therapist,
        proof=proof,
        sent=sent,
        goes_by=mail_goes_by(),
        sender=current_app.config["MAIL_FROM"],
        in_development=current_app.config["DEVELOPMENT"] and not current_app.config["MAIL_URL"],
        zone=zone_of(therapist),
    )
