"""What the pages of a whole questionnaire send: frame, answer lists, scores, files, and its publishing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.making.fields import CHOICES, KINDS
from portal.making.item_forms import LINE, WORDS, NumberField, RowsForm, WholeField, choices, is_filled
from portal.making.models import LONGEST_ANSWER
from portal.making.sheet import Json, Sheet, known_by
from portal.web.form import PortalForm

_MOST_BANDS = 50
_FREE_ROWS = 2
_ANSWER = Length(max=LONGEST_ANSWER, message=f"There is room for {LONGEST_ANSWER} characters")


def _number_seen(text: str | None) -> int:
    """What a page was given to send back; -1 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


class NewForm(PortalForm):
    begin = RadioField("What does it begin from?", choices=choices(()), default="empty")
    title = StringField("What is it called?", validators=[LINE])

    def validate_title(self, field: StringField) -> None:
        if self.begin.data == "empty" and not field.data:
            raise ValidationError("Enter what it is called")


class AboutForm(PortalForm):
    seen = HiddenField()
    title = StringField("What is it called?", validators=[InputRequired("Enter what it is called"), LINE])
    minutes = WholeField("How many minutes do clients read that it takes? (optional)")

    minutes_more = WholeField("And for those who choose to say more? (optional)")

    def validate_minutes(self, field: WholeField) -> None:
        if field.number is not None and not 1 <= field.number <= 240:
            raise ValidationError("Enter a number of minutes from 1 to 240")

    def validate_minutes_more(self, field: WholeField) -> None:
        self.validate_minutes(field)


class AddForm(PortalForm):
    kind = SelectField("What do you add?", choices=choices(KINDS.items()), default="one-of")
    within = SelectField("Where?", choices=choices(()), default="")

    def offer(self, sheet: Sheet) -> None:
        sections = [(item["link_id"], known_by(item)) for item in sheet["items"] if item["kind"] == "section"]
        self.within.choices = choices(
            [("", "At the end"), *((code, f"In: {text}") for code, text in sections)]
        )


class PlaceForm(PortalForm):
    number = WholeField("At which place in the list?")
    holder = SelectField("In which section?", choices=choices(()))

    def offer(self, sheet: Sheet, inside: Iterable[str]) -> None:
        """Every section but those that stand in it."""
        within = set(inside)
        sections = [
            (item["link_id"], known_by(item))
            for item in sheet["items"]
            if item["kind"] == "section" and item["link_id"] not in within
        ]
        self.holder.choices = choices([("", "In none"), *sections])


class ListForm(RowsForm):
    seen = HiddenField()
    title = StringField("What do you call it?", validators=[InputRequired("Enter what you call it"), LINE])

    def validate_rows(self, field: Any) -> None:
        if not self.has_lines and not self.filled:
            raise ValidationError("Write at least one answer")

    def validate_lines(self, field: TextAreaField) -> None:
        super().validate_lines(field)
        if self.has_lines and not self.filled:
            raise ValidationError("Write at least one answer")


class TitleForm(PortalForm):
    title = StringField("What is it called?", validators=[InputRequired("Enter what it is called"), LINE])


class BandForm(Form):
    """What the therapist calls totals from the one to the other; an empty row is none."""

    low = NumberField("From")
    high = NumberField("To")
    words = StringField("In your words", validators=[LINE])

    @property
    def is_empty(self) -> bool:
        return not any(is_filled(each) for each in (self.low, self.high, self.words))

    def validate_words(self, field: StringField) -> None:
        if self.is_empty:
            return
        if self.low.number is None or self.high.number is None:
            raise ValidationError("Enter from which total to which this band goes")
        if not (field.data or "").strip():
            raise ValidationError("Say in your words what this band means")

    @property
    def band(self) -> Json:
        return {"low": self.low.number, "high": self.high.number, "words": (self.words.data or "").strip()}


class ScaleForm(PortalForm):
    seen = HiddenField()
    title = StringField("What is it called?", validators=[InputRequired("Enter what it is called"), LINE])
    questions = SelectMultipleField(
        "Which questions does it add up?",
        choices=choices(()),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )
    missing = RadioField(
        "What if some of them are not answered?",
        choices=choices(
            [
                ("none", "There is no total unless all of them are answered"),
                ("mean", "The mean of those answered stands for the rest"),
            ]
        ),
        default="none",
    )
    at_least = WholeField("How many have to be answered for that? (optional)")
    published = StringField("Who published this rule, and where? (optional)", validators=[WORDS])
    bands = FieldList(FormField(BandForm), max_entries=_MOST_BANDS)

    def offer(self, sheet: Sheet) -> None:
        scored = [
            (item["link_id"], known_by(item))
            for item in sheet["items"]
            if item["kind"] in CHOICES
            and any(option.get("weight") is not None for option in item.get("options", ()))
        ]
        gone = [(each, "One that has no scores any more") for each in self.questions.data or ()]
        known = {code for code, _ in scored}
        self.questions.choices = choices([*scored, *(pair for pair in gone if pair[0] not in known)])

    def add_free_rows(self) -> None:
        free = sum(row.form.is_empty for row in self.bands)
        for _ in range(min(_FREE_ROWS - free, _MOST_BANDS - len(self.bands))):
            self.bands.append_entry({})

    def add_more(self) -> None:
        for _ in range(min(_FREE_ROWS, _MOST_BANDS - len(self.bands))):
            self.bands.append_entry({})

    def validate_at_least(self, field: WholeField) -> None:
        if self.missing.data == "mean" and field.number is None:
            raise ValidationError("Enter how many answers are enough")
        if field.number is not None and not 1 <= field.number <= max(1, len(self.questions.data or ())):
            raise ValidationError("Enter a number from 1 to that of its questions")

    @property
    def problems(self) -> list[tuple[str, str]]:
        found = [(field.id, str(field.errors[0])) for field in self if field.errors and field.name != "bands"]
        return found + [
            (field.id, str(field.errors[0])) for row in self.bands for field in row.form if field.errors
        ]

    @property
    def said(self) -> Json:
        """As a draft has it; bands go upwards, in whichever order they were written."""
        bands = [row.form.band for row in self.bands if not row.form.is_empty]
        mean = self.missing.data == "mean"
        return {
            "title": self.title.data,
            "questions": self.questions.data or [],
            "missing": self.missing.data,
            "at_least": self.at_least.number if mean else None,
            "published": self.published.data or None,
            "bands": sorted(bands, key=lambda band: (band["low"], band["high"])),
        }


class AnswerForm(Form):
    rule = StringField(widget=HiddenInput())
    answer = TextAreaField("Why does it stay as it is?", validators=[_ANSWER])


class PublishForm(PortalForm):
    # The revision of the draft that the page shows.
    seen = HiddenField()
    given = BooleanField("New clients are given it from now on")
    answers = FieldList(FormField(AnswerForm), max_entries=100)

    @property
    def revision(self) -> int:
        return _number_seen(self.seen.data)

    @property
    def answered(self) -> dict[str, str]:
        rows = ((row.form.rule.data or "", (row.form.answer.data or "").strip()) for row in self.answers)
        return {rule: answer for rule, answer in rows if answer}

    def ask(self, rules: Sequence[str], remembered: dict[str, str]) -> None:
        """One sentence for each rule, with what was written already, here or for the version before."""
        written = self.answered
        errors = {row.form.rule.data: row.form.answer.errors for row in self.answers}
        while self.answers.entries:
            self.answers.pop_entry()
        for rule in rules:
            row = self.answers.append_entry(
                {"rule": rule, "answer": written.get(rule, remembered.get(rule, ""))}
            )
            row.form.answer.errors = errors.get(rule, ())

    def refuse_unanswered(self, rules: Sequence[str]) -> None:
        for row in self.answers:
            if row.form.rule.data in rules:
                row.form.answer.errors = ["Say in a sentence why it stays, or mend it"]

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [
            (row.form.answer.id, str(row.form.answer.errors[0]))
            for row in self.answers
            if row.form.answer.errors
        ]


class SeenForm(PortalForm):
    """Of a button whose page showed the draft as it was."""

    seen = HiddenField()

    @property
    def revision(self) -> int:
        return _number_seen(self.seen.data)


class GivenForm(PortalForm):
    given = RadioField(
        "What are new clients given?", choices=choices(()), validators=[InputRequired("Choose one")]
    )


class FileForm(PortalForm):
    file = FileField("A file from this computer")
    text = TextAreaField("Or its text, pasted")

    @property
    def content(self) -> bytes:
        chosen: Any = self.file.data
        brought = chosen.stream.read() if chosen else b""
        return brought or (self.text.data or "").encode()

    @property
    def title(self) -> str:
        """After the file, for one that has no title of its own."""
        chosen: Any = self.file.data
        name = str(chosen.filename or "") if chosen else ""
        return name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].rpartition(".")[0][:100] or "Questions"


class AcceptForm(PortalForm):
    language = HiddenField()
    as_next_of = RadioField("What does it become?", choices=choices(()), default="")
