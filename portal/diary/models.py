"""Working hours, the days that differ from them, kinds of consultation and a diary's limits, as stored."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.database import Base, new_reference
from portal.diary.kinds import Manner, Weeks


class Diary(Base):
    """What holds for all of a therapist's time; one row a therapist, made when something is first said."""

    __tablename__ = "diary"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), primary_key=True)
    # ISO 3166-1 alpha-2 and a part of it as the `holidays` package calls it: whose holidays close a day.
    holiday_country: Mapped[str | None]
    holiday_region: Mapped[str | None]
    # Names of holidays on which the therapist works all the same.
    holidays_worked: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Stamina: how many consultations at most, asked for or settled. None is no limit.
    most_a_day: Mapped[int | None]
    most_a_week: Mapped[int | None]
    most_first_a_day: Mapped[int | None]
    most_in_a_row: Mapped[int | None]
    # Minutes that count as a break between two rows.
    rest: Mapped[int] = mapped_column(default=30)
    most_open_requests: Mapped[int] = mapped_column(default=1)
    # A time chosen before the questionnaire is sent is kept, and asked for when it is sent.
    answers_first: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class ConsultationKind(Base):
    """One kind of consultation. A therapist who has named none offers the usual first one."""

    __tablename__ = "consultation_kind"
    __table_args__ = (
        CheckConstraint("length > 0", name="takes_time"),
        CheckConstraint("gap_before >= 0 AND gap_after >= 0", name="gaps_are_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    name: Mapped[str]
    # Whether it is for people who have not met the therapist yet.
    is_first: Mapped[bool]
    manner: Mapped[Manner]
    # Minutes, all of them: how long it takes, the free time it wants around it, how late and how early it
    # can be asked for, and until how long before its start a client may move or cancel it by themselves.
    length: Mapped[int]
    gap_before: Mapped[int]
    gap_after: Mapped[int]
    notice: Mapped[int]
    horizon: Mapped[int]
    changes_until: Mapped[int]
    # A link, a number or an address, told only once a time is confirmed.
    place: Mapped[str | None]
    # Whether it has working hours of its own instead of the therapist's ordinary ones.
    own_hours: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int]
    # It is offered no more, but consultations of it go on.
    retired: Mapped[bool] = mapped_column(default=False)


class WorkingHours(Base):
    """One stretch of a weekday in which a therapist takes consultations, in local minutes of their zone."""

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 1 AND 7", name="iso_weekday"),
        CheckConstraint(
            "0 <= starts_minute AND starts_minute < 1440 AND starts_minute < ends_minute",
            name="starts_before_it_ends",
        ),
        CheckConstraint("ends_minute - starts_minute <= 1440", name="a_day_long_at_most"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    # The kind whose own hours these are; None for the ordinary ones.
    kind_id: Mapped[int | None] = mapped_column(ForeignKey("consultation_kind.id"), index=True)
    # ISO: 1 is Monday.
    weekday: Mapped[int]
    # Minutes of the wall clock since midnight; the end may lie on the next day, up to 24 hours on.
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
    weeks: Mapped[Weeks] = mapped_column(default=Weeks.EVERY)


class DaysDiffer(Base):
    """Days whose hours are these instead of their weekdays'. Without any, the therapist is away.

    Where two of them meet, the one that was written down later counts.
    """

    __tablename__ = "days_differ"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="first_before_last"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, default=new_reference)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapist.id"), index=True)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    # [first minute, end minute] of the wall clock each; the end may lie on the next day.
    stretches: Mapped[list[list[int]]] = mapped_column(JSON)
