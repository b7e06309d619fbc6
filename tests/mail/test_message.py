"""What travels: the headers, the text, the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from portal.mail.message import UnfitForAHeader, address, compose, one_line
from portal.mail.models import OutgoingEmail

LONG_LINK = "https://portal.test/prove/" + "a" * 100
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Ada Marsh – 50 minutes\r\nEND:VCALENDAR\r\n"


def email(**others) -> OutgoingEmail:
    return OutgoingEmail(
        **{
            "reference": "5f0c",
            "recipient": "sam@foyer.example",
            "subject": "Your appointment",
            "body": "It is on Monday.\n",
            "written_at": datetime(2027, 3, 1, 9, 0, tzinfo=UTC),
        }
        | others
    )


def travelled(**others):
    """The message as whoever gets it reads it."""
    sent = compose(email(**others), sender="portal@portal.test", sender_name="Willow Street Practice")
    return message_from_bytes(sent.as_bytes(), policy=default)


def test_the_headers_say_who_and_when_and_that_no_answer_is_needed():
    message = travelled()

    assert dict(message.items()) == {
        "From": "Willow Street Practice <portal@portal.test>",
        "To": "sam@foyer.example",
        "Subject": "Your appointment",
        "Date": "Mon, 01 Mar 2027 09:00:00 +0000",
        "Message-ID": "<5f0c@portal.test>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
    }
    assert message.get_content() == "It is on Monday.\r\n"


def test_every_attempt_sends_the_same_message_id():
    assert travelled()["Message-ID"] == travelled()["Message-ID"] == "<5f0c@portal.test>"


def test_letters_of_every_script_arrive():
    message = travelled(subject="Dein Termin – bestätigt", body="Bis Montag, 10–11 Uhr. 日本\n")

    assert message["Subject"] == "Dein Termin – bestätigt"
    assert message.get_content() == "Bis Montag, 10–11 Uhr. 日本\r\n"


def test_lines_end_as_the_standard_says_and_nothing_but_ascii_travels():
    sent = compose(email(body="Bis Montag – 日本\n"), sender="portal@portal.test", sender_name="Süd")

    assert sent.as_bytes().isascii()
    assert sent.as_bytes().count(b"\n") == sent.as_bytes().count(b"\r\n")


def test_a_link_is_not_cut_in_two():
    sent = compose(email(body=f"{LONG_LINK}\n"), sender="portal@portal.test", sender_name="")

    assert LONG_LINK.encode() in sent.as_bytes()


def test_a_calendar_is_an_invitation_and_a_file():
    message = travelled(calendar=CALENDAR, calendar_method="REQUEST")

    parts = {part.get_content_type(): part for part in message.walk()}
    assert list(parts) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/calendar",
        "application/ics",
    ]
    invitation, file = parts["text/calendar"], parts["application/ics"]
    assert (invitation.get_param("method"), invitation.get_filename()) == ("REQUEST", "appointment.ics")
    assert invitation.get_content().splitlines() == CALENDAR.splitlines()
    assert (file.get_content_disposition(), file.get_filename()) == ("attachment", "appointment.ics")
    assert file.get_content() == CALENDAR.encode()


@pytest.mark.parametrize(
    "unfit",
    [
        "sam@foyer.example\r\nBcc: kit@foyer.example",
        "sam@foyer.example\n",
        "sam@foyer.example, kit@foyer.example",
        "Sam <sam@foyer.example>",
        "sam foyer@foyer.example",
        "sam@foyer..example",
        "sam\x00@foyer.example",
        "@foyer.example",
        "sam@",
        "sam",
        "",
    ],
)
def test_a_recipient_is_one_address_and_nothing_else(unfit):
    with pytest.raises(UnfitForAHeader):
        address(unfit)
    with pytest.raises(UnfitForAHeader):
        travelled(recipient=unfit)


@pytest.mark.parametrize("unfit", ["Hello\r\nBcc: kit@foyer.example", "Hello\n", "Hel\x0blo", "Hel\u2028lo"])
def test_a_subject_is_one_line(unfit):
    with pytest.raises(UnfitForAHeader):
        one_line(unfit)
    with pytest.raises(UnfitForAHeader):
        travelled(subject=unfit)


def test_a_domain_is_written_as_servers_write_it_and_a_name_as_its_owner_does():
    assert travelled(recipient="sam@bücher.example")["To"] == "sam@xn--bcher-kva.example"
    assert travelled(recipient="jörg@foyer.example")["To"] == "jörg@foyer.example"
