"""What a therapist fills in about a kind of consultation."""

from __future__ import annotations

from typing import Any

from wtforms import (
    RadioField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from portal.diary.form_fields import Number, choices
from portal.diary.kinds import LONGEST, WIDEST_GAP, Kind, Manner
from portal.web.form import PortalForm

_DAY, _HOUR = 24 * 60, 60
_STEP = 5
_LONGEST_NAME, _LONGEST_PLACE = 60, 500


def _minutes_from(least: int, most: int) -> list[Any]:
    words = f"Enter a number of minutes from {least} to {most}"
    return [InputRequired(words), NumberRange(least, most, words)]


def _number_from(least: int, most: int) -> list[Any]:
    words = f"Enter a number from {least} to {most}"
    return [InputRequired(words), NumberRange(least, most, words)]


class KindForm(PortalForm):
    name = StringField(
        "What is it called?",
        validators=[
            DataRequired("Enter what it is called"),
            Length(max=_LONGEST_NAME, message=f"Keep it under {_LONGEST_NAME} characters"),
        ],
    )
    whose = RadioField(
        "Who is it for?",
        choices=choices(
            [
                ("first", "For people whom you have not met yet"),
                ("follow-up", "For people whom you have met"),
            ]
        ),
        default="first",
    )
    manner = RadioField(
        "How do you meet?",
        choices=choices(
            [
                (Manner.VIDEO.value, "By video"),
                (Manner.PHONE.value, "By phone"),
                (Manner.IN_PERSON.value, "In person"),
            ]
        ),
        validators=[InputRequired("Choose how you meet")],
    )
    length = Number("How many minutes does it take?", validators=_minutes_from(10, LONGEST))
    gap_before = Number(
        "How many minutes before it do you keep free?", validators=_minutes_from(0, WIDEST_GAP)
    )
    gap_after = Number("How many minutes after it do you keep free?", validators=_minutes_from(0, WIDEST_GAP))
    notice = Number("How many hours before can it still be asked for?", validators=_number_from(3, 1440))
    horizon = Number("How many days ahead can it be asked for?", validators=_number_from(1, 365))
    changes_until = Number(
        "Until how many hours before may a client move or cancel it by themselves?",
        validators=_number_from(0, 720),
    )
    place = TextAreaField(
        "Where, or how, do you meet? (optional)",
        validators=[Length(max=_LONGEST_PLACE, message=f"Keep it under {_LONGEST_PLACE} characters")],
    )
    own_hours = RadioField(
        "When can it be asked for?",
        choices=choices([("no", "In your working hours"), ("yes", "In hours of its own")]),
        default="no",
    )

    @classmethod
    def showing(cls, kind: Kind) -> KindForm:
        return cls(
            data={
                "name": kind.name,
                "whose": "first" if kind.is_first else "follow-up",
                "manner": kind.manner.value if kind.manner else None,
                "length": kind.length,
                "gap_before": kind.gap_before,
                "gap_after": kind.gap_after,
                "notice": kind.notice // _HOUR,
                "horizon": kind.horizon // _DAY,
                "changes_until": kind.changes_until // _HOUR,
                "place": kind.place,
                "own_hours": "yes" if kind.own_hours else "no",
            }
        )

    @property
    def kind(self) -> Kind:
        return Kind(
            name=self.name.data or "",
            is_first=self.whose.data == "first",
            manner=Manner(self.manner.data),
            length=self.length.data or 0,
            gap_before=self.gap_before.data or 0,
            gap_after=self.gap_after.data or 0,
            notice=(self.notice.data or 0) * _HOUR,
            horizon=(self.horizon.data or 0) * _DAY,
            changes_until=(self.changes_until.data or 0) * _HOUR,
            place=self.place.data or None,
            own_hours=self.own_hours.data == "yes",
        )

    def validate_length(self, field: Number) -> None:
        _in_steps(field)

    def validate_gap_before(self, field: Number) -> None:
        _in_steps(field)

    def validate_gap_after(self, field: Number) -> None:
        _in_steps(field)

    def validate_notice(self, field: Number) -> None:
        if field.data and self.horizon.data and field.data >= self.horizon.data * 24:
            raise ValidationError("Enter fewer hours: so long before, it cannot be asked for yet")


def _in_steps(field: Number) -> None:
    if (field.data or 0) % _STEP:
        raise ValidationError("Enter a number of minutes that ends in 0 or 5")
