"""How a practice is set up, and clients passed on, with the line that it leaves; for test_complete.py."""

from __future__ import annotations

from portal.accounts import leading
from portal.accounts import services as accounts
from portal.clients import services as clients
from portal.journal.lines import What
from portal.practice import services as practice
from tests import make

_SAID = What.PRACTICE_DESCRIBED


def _reference(world, db):
    return world.sam(db).reference


def _pass_on(world, db):
    colleague = make.therapist(db, name="Bea Lund").reference
    clients.assign_client(db, world.ada(db), _reference(world, db), to=colleague, now=world.now)


FOUNDED = {
    "accounts.leading.make_lead": (What.LEAD_NAMED, lambda w, db: leading.make_lead(db, w.ada(db))),
    "accounts.services.move_therapist": (
        _SAID,
        lambda w, db: accounts.move_therapist(db, w.ada(db), zone="Europe/Berlin"),
    ),
    "accounts.services.rename_therapist": (
        _SAID,
        lambda w, db: accounts.rename_therapist(db, w.ada(db), "Ada M."),
    ),
    "clients.services.archive_client": (
        What.CLIENT_PUT_AWAY,
        lambda w, db: clients.archive_client(db, w.ada(db), _reference(w, db), now=w.now),
    ),
    "clients.services.assign_client": (What.CLIENT_PASSED_ON, _pass_on),
    "clients.services.bring_back": (
        What.CLIENT_BROUGHT_BACK,
        lambda w, db: clients.bring_back(db, w.ada(db), _reference(w, db)),
    ),
    "practice.services.keep_help_lines": (
        _SAID,
        lambda w, db: practice.keep_help_lines(db, None, by=w.ada(db)),
    ),
    "practice.services.keep_mail_words": (
        _SAID,
        lambda w, db: practice.keep_mail_words(db, "x", {"a": "b"}, by=w.ada(db)),
    ),
    "practice.services.name_practice": (_SAID, lambda w, db: practice.name_practice(db, "x", by=w.ada(db))),
    "practice.services.place_practice": (
        _SAID,
        lambda w, db: practice.place_practice(db, country="GB", time_zone="Europe/London", by=w.ada(db)),
    ),
    "practice.services.say_about": (
        _SAID,
        lambda w, db: practice.say_about(db, about="x", reached_by="y", by=w.ada(db)),
    ),
    "practice.services.say_when_answered": (
        _SAID,
        lambda w, db: practice.say_when_answered(db, days=[1], within_days=1, by_hour=18, by=w.ada(db)),
    ),
}

WITHOUT_FOUNDING = {
    "mail.again.send_again": "a mail that was decided on already goes out once more",
    "mail.again.set_aside": "the mail itself says that it was given up",
    "practice.proving.send_test_mail": "a mail to the therapist, who asked for it",
    "practice.proving.take_code": "that a mail arrived changes nothing but a hint",
    "practice.services.end_first_start": "a hint is taken off the pages",
    "practice.services.settle": "which pages were gone through is a hint",
}

READING_WHAT_IS_FOUNDED = {
    "accounts.leading.colleague_called",
    "accounts.leading.colleagues",
    "practice.proving.way_of_mail",
    "practice.services.practice_row",
}

ROUTES_OF_FOUNDING = {
    "clients.archive": "clients.services.archive_client",
    "clients.assign": "clients.services.assign_client",
    "clients.hand_over": "accounts.leading.make_lead",
    "clients.return_": "clients.services.bring_back",
    "founding.about": "practice.services.say_about",
    "founding.answers": "practice.services.say_when_answered",
    "founding.away": "practice.services.go_away",
    "founding.change_words": "practice.services.keep_mail_words",
    "founding.confirm_lines": "practice.services.confirm_help_lines",
    "founding.emergency": "practice.services.keep_help_lines",
    "founding.end": "practice.services.end_first_start",
    "founding.end_absence": "practice.services.come_back",
    "founding.hours": "practice.services.settle",
    "founding.line": "practice.services.keep_help_lines",
    "founding.name": "practice.services.name_practice",
    "founding.new_line": "practice.services.keep_help_lines",
    "founding.place": "practice.services.place_practice",
    "founding.prove": "practice.proving.take_code",
    "founding.put_first": "practice.services.keep_help_lines",
    "founding.remove_line": "practice.services.keep_help_lines",
    "founding.restore_lines": "practice.services.keep_help_lines",
    "founding.restore_words": "practice.services.keep_mail_words",
    "founding.send_test": "practice.proving.send_test_mail",
    "founding.therapist": "accounts.services.rename_therapist",
    "review.send_mail_again": "mail.again.send_again",
    "review.set_mail_aside": "mail.again.set_aside",
}
