"""The one row in which a practice says who it is, and the days on which it is away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, new_reference

ONLY_ROW = 1


class Practice(Base):
    __tablename__ = "practice"
    __table_args__ = (CheckConstraint("id = 1", name="one_practice"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=ONLY_ROW)
    name: Mapped[str]
    # ISO 3166-1 alpha-2, upper case: decides which help lines are shown.
    country: Mapped[str]
    # An IANA zone.
    time_zone: Mapped[str]
    # The weekdays on which requests are answered, ISO numbers: "1,2,3,4" is Monday to Thursday.
    answering_days: Mapped[str]
    # Requests are answered within so many answering days, by this local hour.
    answers_within_days: Mapped[int]
    answers_by_hour: Mapped[int]
    # Whether anybody may make an account, or only who was invited.
    self_sign_up: Mapped[bool] = mapped_column(default=True)
    # When the therapist last checked that the help lines are right; shown on the page of help.
    help_lines_confirmed_on: Mapped[date | None] = mapped_column(Date)
    # Whether clients and therapists can write to one another here.
    takes_messages: Mapped[bool] = mapped_column(default=True)
    # What it says of itself on its first page, and how it is reached otherwise, as clients read both.
    about: Mapped[str | None]
    reached_by: Mapped[str | None]
    # Its own help lines for its country, and its own words for mails, each as JSON; none where it has none.
    help_lines: Mapped[str | None]
    mail_words: Mapped[str | None]
    # The pages of the first start that were gone through, between commas, and whether it still goes on.
    settled: Mapped[str] = mapped_column(default="")
    setting_up: Mapped[bool] = mapped_column(default=False)
    # Of the code in the last test mail, when that was sent, and how often something else was typed.
    mail_code_hash: Mapped[str | None]
    mail_code_at: Mapped[datetime | None]
    mail_code_tries: Mapped[int] = mapped_column(default=0)
    # When a test mail was last seen to arrive, and by which way it had gone.
    mail_proved_at: Mapped[datetime | None]
    mail_proved_as: Mapped[str | None]


class Absence(Base):
    """Days on which the practice is away, both included, in its zone."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="first_before_last"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    # Who stands in meanwhile, as clients read it, and the address by which they sign in here, if they do.
    stand_in: Mapped[str | None]
    stand_in_email: Mapped[str | None]
    # What clients read about it: the practice's own words, which are nobody's secret.
    words: Mapped[str | None]
