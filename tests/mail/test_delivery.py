"""A message leaves once, over a connection that nobody listens in on; or it waits; or it is given up."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading

import pytest
from sqlalchemy import select

from portal.jobs.models import Job
from portal.jobs.queue import GiveUp, enqueue
from portal.jobs.worker import Worker
from portal.mail.delivery import deliver, send
from portal.mail.message import compose
from portal.mail.models import OutgoingEmail
from portal.mail.outbox import DELIVERY
from tests.mail.conftest import free_port

ENCODED_SIGN_IN = "portal%40foyer.example:a%20p%40ss%2Fword"


@pytest.fixture
def message(email):
    return compose(email, sender="portal@portal.test", sender_name="Willow Street Practice")


def to(server, *, sign_in="", scheme="smtp"):
    return f"{scheme}://{sign_in}{'@' if sign_in else ''}{server.host}:{server.port}"


def the_email(db):
    db.expire_all()
    return db.scalars(select(OutgoingEmail)).one()


def the_job(db):
    db.expire_all()
    return db.scalars(select(Job)).one()


def in_the_queue(app, db, email, now, url):
    app.config["MAIL_URL"] = url
    enqueue(db, DELIVERY, subject=email.reference, due_at=now)
    db.flush()


def test_a_delivered_message_is_noted_and_its_words_are_gone(app, db, now, email, mail_server):
    email.calendar, email.calendar_method = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "REQUEST"
    in_the_queue(app, db, email, now, to(mail_server))
    Worker(app).do_next()

    (arrived,) = mail_server.arrived
    assert arrived["To"] == "sam@foyer.example"
    assert arrived.get_body(("plain",)).get_content() == "It is on Monday.\r\n"
    sent = the_email(db)
    assert (sent.sent_at, sent.body, sent.calendar) == (now, "", None)
    assert the_job(db).done_at == now


def test_the_sender_bears_the_practice_s_name(app, db, now, email, mail_server):
    in_the_queue(app, db, email, now, to(mail_server))
    Worker(app).do_next()

    assert mail_server.arrived[0]["From"] == "Foyer <portal@portal.test>"


def test_a_message_that_is_delivered_already_is_not_sent_again(app, db, now, email, mail_server):
    in_the_queue(app, db, email, now, to(mail_server))
    enqueue(db, DELIVERY, subject=email.reference, due_at=now)
    db.flush()
    worker = Worker(app)

    assert (worker.do_next(), worker.do_next(), worker.do_next()) == (True, True, False)
    assert len(mail_server.arrived) == 1


def test_a_server_that_is_busy_gets_the_message_later(app, db, now, later, email, mail_server):
    mail_server.to_recipient = ["451 4.3.0 try later"]
    in_the_queue(app, db, email, now, to(mail_server))
    Worker(app).do_next()
    assert (the_job(db).last_error, mail_server.arrived) == ("SMTPRecipientsRefused", [])
    assert the_email(db).body == "It is on Monday.\n"

    later(the_job(db).due_at)
    Worker(app).do_next()

    assert [arrived["Message-ID"] for arrived in mail_server.arrived] == [f"<{email.reference}@portal.test>"]
    assert the_job(db).done_at


@pytest.mark.parametrize("refuses", ["to_recipient", "to_message"])
def test_a_refusal_for_good_is_given_up_at_once(app, db, now, email, mail_server, refuses):
    setattr(mail_server, refuses, ["550 5.1.1 nobody of this name"])
    in_the_queue(app, db, email, now, to(mail_server))
    Worker(app).do_next()

    given_up = the_job(db)
    assert given_up.gave_up_at == now
    assert given_up.last_error in {"SMTPRecipientsRefused", "SMTPDataError"}
    assert the_email(db).sent_at is None


def test_a_message_that_nobody_can_send_is_given_up_at_once(app, db, now, email, mail_server):
    db.execute(OutgoingEmail.__table__.update().values(subject="Hello\r\nBcc: kit@foyer.example"))
    in_the_queue(app, db, email, now, to(mail_server))
    Worker(app).do_next()

    assert (the_job(db).gave_up_at, the_job(db).last_error) == (now, "UnfitForAHeader")
    assert mail_server.arrived == []


def test_a_server_that_is_away_is_tried_again(app, db, now, email):
    in_the_queue(app, db, email, now, f"smtp://127.0.0.1:{free_port()}")
    Worker(app).do_next()

    assert (the_job(db).last_error, the_job(db).gave_up_at) == ("ConnectionRefusedError", None)


def test_a_server_that_never_answers_is_not_waited_for_for_ever(app, db, now, email):
    app.config["MAIL_TIMEOUT"] = 0.3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        in_the_queue(app, db, email, now, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        Worker(app).do_next()

    assert (the_job(db).last_error, the_job(db).gave_up_at) == ("SMTPServerDisconnected", None)


def test_no_database_connection_is_kept_while_the_server_thinks(app, db, now, email, mail_server):
    busy = []

    async def look(_server, _session, envelope, address, _options):
        busy.append(app.extensions["engine"].pool.checkedout())
        envelope.rcpt_tos.append(address)
        return "250 OK"

    mail_server.handle_RCPT = look
    in_the_queue(app, db, email, now, to(mail_server))
    db.close()
    Worker(app).do_next()

    assert busy == [0]


def test_an_unknown_message_is_nothing_to_do(inside_app):
    deliver("unknown")


# The way there. It needs no database, but the fixtures' messages have one.


def test_on_this_machine_no_encryption_is_asked_for(mail_server, message):
    send(message, to(mail_server), timeout_seconds=5)

    assert (mail_server.encrypted, mail_server.signed_in) == ([False], [False])


@pytest.mark.usefixtures("trusted")
def test_a_password_is_sent_only_when_the_connection_is_encrypted(start_mail_server, message, certificate):
    server = start_mail_server(tls_context=certificate("127.0.0.1"), require_starttls=True)
    send(message, to(server, sign_in=ENCODED_SIGN_IN), timeout_seconds=5)

    assert (server.encrypted, server.signed_in) == ([True], [True])


def test_without_encryption_no_password_is_sent(mail_server, message):
    with pytest.raises(smtplib.SMTPNotSupportedError):
        send(message, to(mail_server, sign_in=ENCODED_SIGN_IN), timeout_seconds=5)

    assert (mail_server.passwords, mail_server.arrived) == ([], [])


def test_without_encryption_nothing_is_sent_beyond_this_machine(start_mail_server, message):
    # An address that the portal does not know for this machine's.
    server = start_mail_server(host="127.0.0.2")

    with pytest.raises(smtplib.SMTPNotSupportedError):
        send(message, to(server), timeout_seconds=5)
    assert server.arrived == []


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_for_the_operator_to_mend(start_mail_server, message, certificate):
    server = start_mail_server(tls_context=certificate("127.0.0.1"), require_starttls=True)

    with pytest.raises(smtplib.SMTPAuthenticationError):
        send(message, to(server, sign_in="portal:wrong"), timeout_seconds=5)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(start_mail_server, message, certificate):
    server = start_mail_server(tls_context=certificate("mail.elsewhere.example"), require_starttls=True)

    with pytest.raises(ssl.SSLCertVerificationError):
        send(message, to(server, sign_in=ENCODED_SIGN_IN), timeout_seconds=5)
    assert server.arrived == []


def test_a_certificate_that_nobody_vouches_for_is_refused(start_mail_server, message, certificate):
    server = start_mail_server(tls_context=certificate("127.0.0.1"), require_starttls=True)

    with pytest.raises(ssl.SSLCertVerificationError):
        send(message, to(server, sign_in=ENCODED_SIGN_IN), timeout_seconds=5)
    assert server.arrived == []


@pytest.mark.usefixtures("trusted")
def test_a_server_may_speak_tls_from_the_first_byte(start_mail_server, message, certificate):
    server = start_mail_server(ssl_context=certificate("127.0.0.1"))
    send(message, to(server, scheme="smtps"), timeout_seconds=5)

    assert len(server.arrived) == 1


def test_a_server_that_hangs_up_after_taking_the_message_has_taken_it(message):
    """Trying again would deliver it twice."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_take_it_and_hang_up, args=(listener,), daemon=True).start()
        send(message, f"smtp://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=5)


def test_a_given_up_message_tells_why(mail_server, message):
    mail_server.to_recipient = ["550 no"]

    with pytest.raises(GiveUp) as given_up:
        send(message, to(mail_server), timeout_seconds=5)
    assert isinstance(given_up.value.__cause__, smtplib.SMTPRecipientsRefused)


def _take_it_and_hang_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as lines:

        def say(answer: bytes) -> None:
            lines.write(answer + b"\r\n")
            lines.flush()

        say(b"220 here")
        while line := lines.readline():
            if line.upper().startswith(b"DATA"):
                say(b"354 go on")
                while lines.readline() != b".\r\n":
                    pass
                say(b"250 taken")
                return
            say(b"250 ok")
