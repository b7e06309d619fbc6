"""What the journal's lines say, how each is chained to the one before, and what breaks a chain. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple


class Hand(StrEnum):
    """By whose hand something was done."""

    CLIENT = "client"
    THERAPIST = "therapist"
    # The portal by itself: because a time has passed, or for somebody who is not signed in.
    PORTAL = "portal"
    # Whoever sits at a terminal of the machine.
    OPERATOR = "operator"


class By(NamedTuple):
    """A hand, and the reference of the client or therapist whose it was; None for the other two."""

    hand: Hand
    person: str | None


class What(StrEnum):
    """What was done or opened. `templates/components/records.html` says each of them in words."""

    # People and their ways in.
    JOINED = "joined"
    SIGNED_IN = "signed-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGNED_OUT_THERE = "signed-out-there"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    CLIENT_PASSED_ON = "client-passed-on"
    CLIENT_PUT_AWAY = "client-put-away"
    CLIENT_BROUGHT_BACK = "client-brought-back"
    LEAD_NAMED = "lead-named"
    PUT_OUT = "put-out"
    PASSWORD_CHANGED = "password-changed"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    APP_ADDED = "app-added"
    APP_REMOVED = "app-removed"
    RECOVERY_CODES_MADE = "recovery-codes-made"
    RECOVERY_CODE_USED = "recovery-code-used"
    SECOND_STEP_RESET = "second-step-reset"
    ADDRESS_CHANGED = "address-changed"
    ADDRESS_KEPT = "address-kept"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation-revoked"
    THERAPIST_ADDED = "therapist-added"
    # What was sent, and who looked at it.
    ANSWERS_SENT = "answers-sent"
    RECORD_OPENED = "record-opened"
    RECORD_SAVED = "record-saved"
    REQUEST_OPENED = "request-opened"
    MESSAGES_OPENED = "messages-opened"
    LAMP_OPENED = "lamp-opened"
    ANSWERS_AMENDED = "answers-amended"
    AMENDMENT_READ = "amendment-read"
    LAMPS_SEEN = "lamps-seen"
    LAMP_NOTED = "lamp-noted"
    LAMP_CLOSED = "lamp-closed"
    LAMP_REOPENED = "lamp-reopened"
    # What is said between a client and their therapist.
    AGREED = "agreed"
    NOT_AGREED = "not-agreed"
    AGREEMENT_TAKEN_BACK = "agreement-taken-back"
    MESSAGE_SENT = "message-sent"
    MESSAGE_TAKEN_BACK = "message-taken-back"
    MESSAGES_SWITCHED = "messages-switched"
    REACHING_SAID = "reaching-said"
    PASSAGE_SHARED = "passage-shared"
    PASSAGE_TAKEN_BACK = "passage-taken-back"
    READING_SUGGESTED = "reading-suggested"
    SUGGESTION_TAKEN_BACK = "suggestion-taken-back"
    # Times.
    TIME_ASKED = "time-asked"
    TIME_PLACED = "time-placed"
    TIMES_OFFERED = "times-offered"
    TIME_CONFIRMED = "time-confirmed"
    OFFER_ACCEPTED = "offer-accepted"
    TIME_DECLINED = "time-declined"
    TIME_CANCELLED = "time-cancelled"
    TIME_REPLACED = "time-replaced"
    TIME_EXPIRED = "time-expired"
    MOVE_UNDONE = "move-undone"
    SAID_MET = "said-met"
    SAID_NOT_MET = "said-not-met"
    NOTE_WRITTEN = "note-written"
    NOTE_READ = "note-read"
    KEPT_OUTSIDE_HOURS = "kept-outside-hours"
    # The therapist's own affairs.
    DIARY_CHANGED = "diary-changed"
    OWN_TIME_KEPT = "own-time-kept"
    OWN_TIME_GIVEN_BACK = "own-time-given-back"
    CALENDAR_NAMED = "calendar-named"
    CALENDAR_REMOVED = "calendar-removed"
    FEED_MADE = "feed-made"
    FEED_REVOKED = "feed-revoked"
    # The practice.
    PRACTICE_DESCRIBED = "practice-described"
    WENT_AWAY = "went-away"
    CAME_BACK = "came-back"
    SIGN_UP_SWITCHED = "sign-up-switched"
    ALL_MESSAGES_SWITCHED = "all-messages-switched"
    HELP_LINES_CONFIRMED = "help-lines-confirmed"
    READINGS_IMPORTED = "readings-imported"
    READING_PUBLISHED = "reading-published"
    READING_WITHDRAWN = "reading-withdrawn"
    QUESTIONNAIRE_PUBLISHED = "questionnaire-published"
    QUESTIONNAIRE_GIVEN = "questionnaire-given"
    QUESTIONNAIRE_RETIRED = "questionnaire-retired"
    QUESTIONNAIRE_BROUGHT_BACK = "questionnaire-brought-back"
    TEXT_PUBLISHED = "text-published"
    TEXT_RETIRED = "text-retired"
    # What is kept, and how.
    COPY_TAKEN = "copy-taken"
    DRAFT_DELETED = "draft-deleted"
    ERASURE_ASKED = "erasure-asked"
    ERASURE_TAKEN_BACK = "erasure-taken-back"
    ERASURE_PUT_OFF = "erasure-put-off"
    ERASED = "erased"
    RETENTION_SET = "retention-set"
    STARTED = "started"
    KEYS_SEALED_ANEW = "keys-sealed-anew"
    WORDS_SEALED_ANEW = "words-sealed-anew"
    BACKED_UP = "backed-up"
    RESTORED = "restored"
    MOVED = "moved"
    JOURNAL_ACCEPTED = "journal-accepted"


# What belongs together, for whoever looks for something in the journal.
GROUPS: Mapping[str, frozenset[What]] = {
    "opened": frozenset(
        {
            What.RECORD_OPENED,
            What.RECORD_SAVED,
            What.REQUEST_OPENED,
            What.MESSAGES_OPENED,
            What.LAMP_OPENED,
            What.AMENDMENT_READ,
            What.NOTE_READ,
            What.LAMPS_SEEN,
            What.LAMP_NOTED,
            What.LAMP_CLOSED,
            What.LAMP_REOPENED,
            What.COPY_TAKEN,
        }
    ),
    "sent": frozenset(
        {
            What.ANSWERS_SENT,
            What.ANSWERS_AMENDED,
            What.TIME_ASKED,
            What.NOTE_WRITTEN,
            What.AGREED,
            What.NOT_AGREED,
            What.AGREEMENT_TAKEN_BACK,
            What.MESSAGE_SENT,
            What.MESSAGE_TAKEN_BACK,
            What.MESSAGES_SWITCHED,
            What.REACHING_SAID,
            What.PASSAGE_SHARED,
            What.PASSAGE_TAKEN_BACK,
            What.READING_SUGGESTED,
            What.SUGGESTION_TAKEN_BACK,
        }
    ),
    "times": frozenset(
        {
            What.TIME_PLACED,
            What.TIMES_OFFERED,
            What.TIME_CONFIRMED,
            What.OFFER_ACCEPTED,
            What.TIME_DECLINED,
            What.TIME_CANCELLED,
            What.TIME_REPLACED,
            What.TIME_EXPIRED,
            What.MOVE_UNDONE,
            What.SAID_MET,
            What.SAID_NOT_MET,
            What.KEPT_OUTSIDE_HOURS,
            What.OWN_TIME_KEPT,
            What.OWN_TIME_GIVEN_BACK,
        }
    ),
    "doors": frozenset(
        {
            What.JOINED,
            What.SIGNED_IN,
            What.SIGN_IN_FAILED,
            What.SIGNED_OUT_THERE,
            What.SIGNED_OUT_EVERYWHERE,
            What.PUT_OUT,
            What.PASSWORD_CHANGED,
            What.PASSKEY_ADDED,
            What.PASSKEY_REMOVED,
            What.APP_ADDED,
            What.APP_REMOVED,
            What.RECOVERY_CODES_MADE,
            What.RECOVERY_CODE_USED,
            What.SECOND_STEP_RESET,
            What.ADDRESS_CHANGED,
            What.ADDRESS_KEPT,
            What.INVITED,
            What.INVITATION_REVOKED,
        }
    ),
    "settings": frozenset(
        {
            What.THERAPIST_ADDED,
            What.LEAD_NAMED,
            What.CLIENT_PASSED_ON,
            What.CLIENT_PUT_AWAY,
            What.CLIENT_BROUGHT_BACK,
            What.DIARY_CHANGED,
            What.CALENDAR_NAMED,
            What.CALENDAR_REMOVED,
            What.FEED_MADE,
            What.FEED_REVOKED,
            What.PRACTICE_DESCRIBED,
            What.WENT_AWAY,
            What.CAME_BACK,
            What.SIGN_UP_SWITCHED,
            What.ALL_MESSAGES_SWITCHED,
            What.HELP_LINES_CONFIRMED,
            What.READINGS_IMPORTED,
            What.READING_PUBLISHED,
            What.READING_WITHDRAWN,
            What.QUESTIONNAIRE_PUBLISHED,
            What.QUESTIONNAIRE_GIVEN,
            What.QUESTIONNAIRE_RETIRED,
            What.QUESTIONNAIRE_BROUGHT_BACK,
            What.TEXT_PUBLISHED,
            What.TEXT_RETIRED,
            What.RETENTION_SET,
        }
    ),
    "keeping": frozenset(
        {
            What.DRAFT_DELETED,
            What.ERASURE_ASKED,
            What.ERASURE_TAKEN_BACK,
            What.ERASURE_PUT_OFF,
            What.ERASED,
            What.STARTED,
            What.KEYS_SEALED_ANEW,
            What.WORDS_SEALED_ANEW,
            What.BACKED_UP,
            What.RESTORED,
            What.MOVED,
            What.JOURNAL_ACCEPTED,
        }
    ),
}
# The therapist's own notes of how a time went, and of what they did about an answer; the desk says that
# nobody is told of them. That somebody has seen the answer is told.
FOR_THE_DESK_ALONE = frozenset(
    {
        What.SAID_MET,
        What.SAID_NOT_MET,
        What.KEPT_OUTSIDE_HOURS,
        What.LAMP_NOTED,
        What.LAMP_CLOSED,
        What.LAMP_REOPENED,
        What.CLIENT_PUT_AWAY,
        What.CLIENT_BROUGHT_BACK,
    }
)


class Line(NamedTuple):
    """One line as it is stored; `hash` chains it to the one before."""

    # From 1, without a gap.
    number: int
    at: datetime
    what: str
    hand: str
    # The reference of the client or therapist whose hand it was; None for the portal and the operator.
    person: str | None
    # The reference of the client whom it concerns.
    about: str | None
    # The reference of the thing that it was done to.
    subject: str | None
    hash: str


# What the first line is chained to.
BEGINNING = ""


class Stand(NamedTuple):
    """How far a journal has come: its last line's number and hash; of an empty one, 0 and BEGINNING."""

    number: int
    hash: str


EMPTY = Stand(0, BEGINNING)


class Problem(NamedTuple):
    """The first line at which a journal is not what it was, and what is wrong there."""

    number: int
    words: str


def hash_of(line: Line, before: str) -> str:
    """The hash of a line that stands after the one whose hash is `before`.

    SHA-256, in hexadecimal, of UTF-8 bytes: a JSON array without blanks, of number, moment (UTC, ISO 8601, to
    the microsecond, ending in +00:00), what, hand, person, about, subject, and the hash before; null for what
    is not there.
    """
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [line.number, at, line.what, line.hand, line.person, line.about, line.subject, before]
    return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def chained(lines: Iterable[Line], after: Stand) -> Iterator[Line]:
    """The lines as they follow upon one another after that stand: with their numbers and hashes."""
    number, before = after
    for line in lines:
        number += 1
        numbered = line._replace(number=number)
        before = hash_of(numbered, before)
        yield numbered._replace(hash=before)


class Chain:
    """Reads a journal from its first line on, and remembers the first thing that is wrong with it."""

    def __init__(self, anchors: Iterable[Stand] = ()) -> None:
        self.stand = EMPTY
        self.problem: Problem | None = None
        self._anchors = {anchor.number: anchor.hash for anchor in anchors if anchor.number}

    def read(self, lines: Iterable[Line]) -> None:
        """The next lines, in the order of their numbers."""
        for line in lines:
            words = self._what_is_wrong_with(line)
            if words:
                self._note(line.number, words)
            self.stand = Stand(line.number, line.hash)

    def end(self, head: Stand | None) -> None:
        """There are no more lines. `head` is what was sealed when the last one was written, None if the seal
        does not hold.
        """
        beyond = [number for number in self._anchors if number > self.stand.number]
        if beyond:
            self._note(self.stand.number, f"it ends here, but once had {max(beyond)} lines")
        if head is None:
            self._note(self.stand.number, "the seal of its end is missing, altered, or of another key")
        elif head.number > self.stand.number:
            self._note(self.stand.number, f"it ends here, but had {head.number} lines")
        elif head != self.stand:
            self._note(self.stand.number, "its end is not the end that was sealed")

    def _what_is_wrong_with(self, line: Line) -> str | None:
        if line.number != self.stand.number + 1:
            return f"line {self.stand.number + 1} is missing"
        if line.hash != hash_of(line, self.stand.hash):
            return "it was altered, or the line before it was"
        if self._anchors.get(line.number, line.hash) != line.hash:
            return "it is not the line that stood here once"
        return None

    def _note(self, number: int, words: str) -> None:
        if self.problem is None:
            self.problem = Problem(number, words)
