"""The therapist has a mail that could not be delivered sent again, or takes it off the desk."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.accounts.access import therapist_only
from portal.accounts.models import Therapist
from portal.database import transaction
from portal.mail.again import send_again, set_aside
from portal.review.desk import blueprint
from portal.review.undelivered import undelivered_called


@blueprint.post("/mails/<string:reference>/sending")
@therapist_only
def send_mail_again(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        send_again(db, undelivered_called(db, therapist, reference).reference, now=clock.now())
    flash("It is being sent again. If it fails once more, it comes back here.")
    return redirect(url_for("review.today"), code=303)


@blueprint.post("/mails/<string:reference>/removal")
@therapist_only
def set_mail_aside(therapist: Therapist, reference: str) -> ResponseReturnValue:
    with transaction() as db:
        set_aside(db, undelivered_called(db, therapist, reference).reference)
    flash("Taken off. It will not be sent.")
    return redirect(url_for("review.today"), code=303)
