"""What the pages of one item send: a form for an item of any kind, its answers, its conditions, its lamp."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic import ValidationError as Unfit
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
from wtforms import Field as FormsField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.intake.questionnaire import LONGEST_CODE, LONGEST_WORDS, OWN_WORDS, Code, Day
from portal.making.answer_lines import Unclear, as_lines, rows_in
from portal.making.fields import CHOICES, KINDS, LAMP_FIELDS, LAMPS, Field, Shape, fields_of
from portal.making.sheet import Json, Sheet, known_by
from portal.web.form import PortalForm

# As many as rows of one form can send: each has four fields, and the doors let in a thousand.
MOST_ROWS = 200
_MOST_CONDITIONS = 100
LONGEST_TITLE = 200
_FREE_ROWS = 2
_CODE, _DAY = TypeAdapter(Code), TypeAdapter(Day)
WORDS = Length(max=LONGEST_WORDS, message=f"There is room for {LONGEST_WORDS:,} characters")
LINE = Length(max=LONGEST_TITLE, message=f"There is room for {LONGEST_TITLE} characters")
_NO_CODE = "Use small letters, digits and hyphens, like last-week"


def choices(pairs: Iterable[tuple[Any, str]]) -> list[Any]:
    return [SelectChoice(value, label) for value, label in pairs]


class NumberField(StringField):
    """A number, as it was typed until it is read."""

    whole = False

    @property
    def number(self) -> float | int | None:
        """None for nothing. Raises ValueError."""
        text = str(self.data or "").strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
        if not text:
            return None
        number = int(text) if self.whole else float(text)
        if not math.isfinite(number) or abs(number) > 1e9:
            raise ValueError
        return int(number) if float(number).is_integer() else number

    def pre_validate(self, form: Any) -> None:
        try:
            _ = self.number
        except ValueError:
            word = "a whole number" if self.whole else "a number"
            raise ValidationError(f"Enter {word}, like 7") from None


class WholeField(NumberField):
    whole = True


class _DayField(StringField):
    def pre_validate(self, form: Any) -> None:
        if self.data and not is_fit(_DAY, self.data):
            raise ValidationError("Enter a day like 2027-03-09")


class _CodeField(StringField):
    def pre_validate(self, form: Any) -> None:
        if self.data and not is_fit(_CODE, self.data):
            raise ValidationError(_NO_CODE)


def is_filled(field: FormsField) -> bool:
    return field.data is not None and str(field.data).strip() != ""


class OptionForm(Form):
    """One answer to choose from; a row without words is none."""

    # The code that it had; none of one that is new.
    code = StringField(widget=HiddenInput())
    label = StringField("Answer", validators=[WORDS])
    weight = NumberField("Score")
    name = _CodeField("Code in reports", validators=[Length(max=LONGEST_CODE, message=_NO_CODE)])

    @property
    def is_empty(self) -> bool:
        return not any(is_filled(each) for each in (self.label, self.weight))

    def validate_label(self, field: StringField) -> None:
        if not self.is_empty and not (field.data or "").strip():
            raise ValidationError("Write the answer that this score is for")

    @property
    def as_typed(self) -> Json:
        return {
            "label": self.label.data,
            "weight": self.weight.data,
            "code": self.code.data or self.name.data,
        }

    @property
    def row(self) -> Json:
        return {
            "code": (self.code.data or "").strip(),
            "label": (self.label.data or "").strip(),
            "weight": self.weight.number,
            "name": (self.name.data or "").strip(),
        }


class RowsForm(PortalForm):
    """A form with rows of answers that can be put in order before they are saved."""

    rows = FieldList(FormField(OptionForm), max_entries=MOST_ROWS)
    # More answers than rows of one form can send are written as lines of text.
    lined = HiddenField()
    lines = TextAreaField("Answers to choose from, one a line", render_kw={"rows": 20})

    @property
    def has_lines(self) -> bool:
        return bool(self.lined.data)

    @property
    def filled(self) -> list[Json]:
        if self.has_lines:
            return rows_in(self.lines.data or "")
        return [row.form.row for row in self.rows if not row.form.is_empty]

    def validate_lines(self, field: TextAreaField) -> None:
        try:
            _ = self.has_lines and rows_in(field.data or "")
        except Unclear as unclear:
            raise ValidationError(str(unclear)) from None

    def show_options(self, options: Iterable[Json], fixed: frozenset[str]) -> None:
        """With these, and a few rows that are free; a code that is fixed is not asked for."""
        options = list(options)
        if len(options) > MOST_ROWS - _FREE_ROWS:
            self._write_lines(options)
            return
        self._fill(
            {
                "code": each["code"],
                "label": each["label"],
                "weight": _written(each.get("weight")),
                "name": "" if each["code"] in fixed else each["code"],
            }
            for each in options
        )
        self.add_free_rows()

    def _write_lines(self, options: Iterable[Json]) -> None:
        self.lined.data, self.lines.data = "yes", as_lines(options)

    def add_free_rows(self) -> None:
        free = sum(row.form.is_empty for row in self.rows)
        for _ in range(min(_FREE_ROWS - free, MOST_ROWS - len(self.rows))):
            self.rows.append_entry({})

    def press(self, button: str) -> None:
        """Do to the rows what the button beside one says: up-2, down-2, out-2; or more, or lines."""
        if button == "lines":
            self._write_lines(row.form.as_typed for row in self.rows if not row.form.is_empty)
            return
        rows = [row.form.data for row in self.rows]
        what, _, at = button.partition("-")
        place = int(at) if at.isascii() and at.isdigit() and len(at) < 5 else -1
        if what == "more":
            rows += [{} for _ in range(_FREE_ROWS)]
        elif 0 <= place < len(rows):
            row = rows.pop(place)
            if what != "out":
                rows.insert(max(0, place - 1) if what == "up" else place + 1, row)
        self._fill(rows)
        self.add_free_rows()

    def _fill(self, rows: Iterable[Mapping[str, Any]]) -> None:
        kept = [{name: each for name, each in row.items() if name != "csrf_token"} for row in rows]
        while self.rows.entries:
            self.rows.pop_entry()
        for row in kept[:MOST_ROWS]:
            self.rows.append_entry(row)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """What is wrong, each with the id of its field."""
        found = [(field.id, str(field.errors[0])) for field in self if field.errors and field.name != "rows"]
        found += [(field.id, str(field.errors[0])) for row in self.rows for field in row.form if field.errors]
        return found


class ItemForm(RowsForm):
    """What all forms of items share; `item_form` adds the fields of a kind."""

    kind = SelectField("How is it answered?", choices=choices(KINDS.items()))
    # The kind whose fields the page shows, where another one was chosen on it.
    drawn_as = HiddenField()
    seen = HiddenField()
    # Only where there are answers; a list that is gone meanwhile is not found.
    answer_list = SelectField("Which answers?", choices=choices(()), validate_choice=False)

    # As `item_form` has it.
    of_kind = ""

    @property
    def fields(self) -> list[tuple[Field, FormsField]]:
        return [(each, self[each.name]) for each in fields_of(self.of_kind)]

    @property
    def has_answers(self) -> bool:
        return self.of_kind in CHOICES

    def offer(self, sheet: Sheet, key: str) -> None:
        """The items, sections and answer lists that there are to choose from."""
        self.answer_list.choices = choices(
            [("", "Answers of its own"), *((each["name"], each["title"]) for each in sheet["answer_lists"])]
        )
        at = next((at for at, item in enumerate(sheet["items"]) if item["key"] == key), 0)
        for field, shown in self.fields:
            if field.shape is Shape.EARLIER:
                asked = [item for item in sheet["items"][:at] if item["kind"] not in {"note", "section"}]
                self._offer_items(shown, asked)
            elif field.shape is Shape.SECTION:
                self._offer_items(shown, [item for item in sheet["items"] if item["kind"] == "section"])

    def _offer_items(self, shown: Any, items: Sequence[Json]) -> None:
        pairs = [("", "None"), *((item["link_id"], known_by(item)) for item in items)]
        if shown.data and shown.data not in {value for value, _ in pairs}:
            pairs.append((shown.data, "One that is not there any more"))
        shown.choices = choices(pairs)

    def add_undrawn(self, item: Json, fixed: frozenset[str]) -> None:
        """What this kind can say, and the page could not ask for yet, is what the draft holds of it."""
        drawn = {field.name for field in fields_of(self.drawn_as.data or "")}
        for field, shown in self.fields:
            if field.name not in drawn:
                shown.data = _shown(field, item.get(field.name))
        if self.has_answers and self.drawn_as.data not in CHOICES:
            self.answer_list.data = item.get("answer_list") or ""
            self.show_options(item.get("options", ()), fixed)
        self.drawn_as.data = self.of_kind

    @property
    def said(self) -> Json:
        """What is said of the item, by the names of a draft; what is empty takes away what was there."""
        return {field.name: _read(field, shown) for field, shown in self.fields}


@cache
def item_form(kind: str) -> type[ItemForm]:
    """The form for items of this kind."""
    made = {field.name: _form_field(field) for field in fields_of(kind)}
    return type("ItemFormOf", (ItemForm,), {**made, "of_kind": kind})


def shown_item(kind: str, item: Json, *, seen: str) -> Json:
    """The data with which the form of this kind shows an item."""
    data = {field.name: _shown(field, item.get(field.name)) for field in fields_of(kind)}
    return data | {"kind": kind, "drawn_as": kind, "seen": seen, "answer_list": item.get("answer_list") or ""}


def _form_field(field: Field) -> Any:
    if field.shape is Shape.PICK:
        return RadioField(field.label, choices=choices(field.choices), default=field.choices[0][0])
    if field.shape in {Shape.EARLIER, Shape.SECTION}:
        return SelectField(field.label, choices=[])
    if field.shape is Shape.LINE:
        return (_CodeField if field.name == "link_id" else StringField)(field.label, validators=[LINE])
    return _FORM_FIELDS[field.shape](field.label, validators=[WORDS] if field.shape is Shape.WORDS else [])


_FORM_FIELDS: Mapping[Shape, Any] = {
    Shape.WORDS: TextAreaField,
    Shape.TICK: BooleanField,
    Shape.WHOLE: WholeField,
    Shape.NUMBER: NumberField,
    Shape.DAY: _DayField,
}


def _shown(field: Field, value: Any) -> Any:
    if field.shape is Shape.TICK:
        return field.usual if value is None else bool(value)
    if field.shape is Shape.PICK:
        return value or field.choices[0][0]
    return _written(value)


def _written(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return "" if value is None else str(int(value) if whole else value)


def _read(field: Field, shown: FormsField) -> Any:
    if isinstance(shown, NumberField):
        return shown.number
    if field.shape is Shape.TICK:
        return None if bool(shown.data) is field.usual else bool(shown.data)
    if field.shape is Shape.PICK:
        return None if shown.data == field.choices[0][0] else shown.data
    return shown.data or None if field.name not in {"text", "why", "link_id"} else shown.data or ""


class ConditionForm(Form):
    """One earlier answer that it depends on."""

    question = StringField(widget=HiddenInput())
    operator = SelectField("How", choices=choices(()), validate_choice=False)
    answer = SelectField("Answer", choices=choices(()), validate_choice=False)
    typed = StringField("Answer")
    # Told by `offer`: the words of the question, its kind, and its answers by their codes.
    asked, kind = "", ""
    labels: Mapping[str, str] = {}

    @property
    def is_chosen(self) -> bool:
        """Whether the answer is one of several."""
        return self.kind in CHOICES or self.kind == "yes-no"

    def offer(self, item: Json | None) -> None:
        self.kind = item["kind"] if item else ""
        self.asked = known_by(item) if item else "A question that is not there any more"
        self.operator.choices = choices(_operators(self.kind))
        labels = [("yes", "Yes"), ("no", "No")] if self.kind == "yes-no" else _labels(item)
        if self.answer.data and self.answer.data not in {code for code, _ in labels}:
            labels.append((self.answer.data, self.answer.data.removeprefix(OWN_WORDS)))
        self.labels = dict(labels)
        self.answer.choices = choices(labels)

    @property
    def in_words(self) -> str:
        """For example: the answer to “How have you slept?” is “Mostly well”."""
        how = dict(_operators(self.kind)).get(self.operator.data, "")
        if self.operator.data in {"given", "not-given"}:
            return f"an answer to “{self.asked}” {how}"
        answer = self.labels.get(self.answer.data, "") if self.is_chosen else self.typed.data
        return f"the answer to “{self.asked}” {how} “{answer}”"

    def show(self, condition: Json) -> None:
        operator, answer = condition["operator"], condition["answer"]
        if operator == "exists":
            self.operator.data = "given" if answer else "not-given"
            return
        self.operator.data = operator
        self.answer.data = "yes" if answer is True else "no" if answer is False else str(answer)
        self.typed.data = _written(answer)

    def validate_typed(self, field: StringField) -> None:
        if self.operator.data in {"given", "not-given"} or self.is_chosen:
            return
        if not (field.data or "").strip():
            raise ValidationError("Enter the answer that it depends on")
        try:
            _ = self.condition
        except ValueError:
            raise ValidationError("Enter a number, like 7") from None

    @property
    def condition(self) -> Json:
        """As a draft has it. Raises ValueError for a number that is none."""
        question, operator = self.question.data, self.operator.data
        if operator in {"given", "not-given"}:
            return {"question": question, "operator": "exists", "answer": operator == "given"}
        return {"question": question, "operator": operator, "answer": self._answer()}

    def _answer(self) -> str | bool | int | float:
        if self.kind == "yes-no":
            return bool(self.answer.data == "yes")
        if self.kind in CHOICES:
            return str(self.answer.data or "")
        typed = (self.typed.data or "").strip()
        if self.kind != "number":
            return typed
        number = float(typed.replace(",", "."))
        if not math.isfinite(number):
            raise ValueError
        return int(number) if number.is_integer() else number


class ConditionsForm(PortalForm):
    seen = HiddenField()
    enable_behaviour = RadioField(
        "When is it asked?",
        choices=choices([("all", "When all of these are so"), ("any", "When one of these is so")]),
        default="all",
    )
    rows = FieldList(FormField(ConditionForm), max_entries=_MOST_CONDITIONS)
    question = SelectField(
        "Which earlier answer does it depend on?", choices=choices(()), validate_choice=False
    )

    def offer(self, sheet: Sheet, key: str) -> None:
        at = next((at for at, item in enumerate(sheet["items"]) if item["key"] == key), 0)
        known = {item["link_id"]: item for item in sheet["items"]}
        earlier = [item for item in sheet["items"][:at] if item["kind"] not in {"note", "section"}]
        self.question.choices = choices((item["link_id"], known_by(item)) for item in earlier)
        for row in self.rows:
            row.form.offer(known.get(row.form.question.data or ""))

    def show(self, item: Json) -> None:
        self.enable_behaviour.data = item.get("enable_behaviour") or "all"
        for condition in (item.get("enable_when") or ())[:_MOST_CONDITIONS]:
            row = self.rows.append_entry({"question": condition["question"]})
            row.form.show(condition)

    def press(self, button: str) -> None:
        """add: a row for the question that is chosen; out-2: without that row."""
        kept = [row.form.data for row in self.rows]
        what, _, at = button.partition("-")
        if what == "out" and at.isascii() and at.isdigit() and int(at[:4]) < len(kept):
            kept.pop(int(at[:4]))
        elif what == "add" and self.question.data:
            kept.append({"question": self.question.data})
        while self.rows.entries:
            self.rows.pop_entry()
        for row in kept[:_MOST_CONDITIONS]:
            self.rows.append_entry({name: each for name, each in row.items() if name != "csrf_token"})

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(field.id, str(field.errors[0])) for row in self.rows for field in row.form if field.errors]

    @property
    def said(self) -> Json:
        return {
            "enable_when": [row.form.condition for row in self.rows],
            "enable_behaviour": self.enable_behaviour.data,
        }


def are_too_many(item: Json) -> bool:
    """Whether it has more conditions than one form can send: they are shown, and stay as they are."""
    return len(item.get("enable_when") or ()) > _MOST_CONDITIONS


class LampForm(PortalForm):
    """The lamp of one question; `of_kind` is how that is answered."""

    seen = HiddenField()
    codes = SelectMultipleField(
        "Which answers light it?",
        choices=choices(()),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
        validate_choice=False,
    )

    of_kind = ""

    @property
    def fields(self) -> list[tuple[Field, FormsField]]:
        return [(each, self[each.name]) for each in LAMP_FIELDS if self._is_shown(each)]

    def _is_shown(self, field: Field) -> bool:
        return self.of_kind in field.kinds

    def validate_minutes(self, field: WholeField) -> None:
        if self["tells"].data == "within-minutes" and not 1 <= (field.number or 0) <= 24 * 60:
            raise ValidationError("Enter a number of minutes from 1 to 1440")

    def validate_at_most(self, field: NumberField) -> None:
        lowest = self["at_least"].number
        if lowest is not None and field.number is not None and field.number < lowest:
            raise ValidationError("Enter a number that is not below the first")

    @property
    def said(self) -> Json:
        """As a draft has it; None takes away what was there."""
        said = {field.name: _read(field, shown) for field, shown in self.fields}
        if said["tells"] != "within-minutes":
            said["minutes"] = None
        return {"codes": self.codes.data or [], **said}


for _field in LAMP_FIELDS:
    setattr(LampForm, _field.name, _form_field(_field))


class WideLampForm(LampForm):
    """A lamp of the whole questionnaire: of questions that are named, or of whichever have such an answer."""

    names = TextAreaField("By which codes of answers is it lit?", validators=[WORDS])
    questions = SelectMultipleField(
        "Only on these questions (optional)",
        choices=choices(()),
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def _is_shown(self, field: Field) -> bool:
        return True

    def offer(self, sheet: Sheet) -> None:
        asked = [(each["link_id"], known_by(each)) for each in sheet["items"] if each["kind"] in LAMPS]
        known = {code for code, _ in asked}
        gone = [each for each in self.questions.data or () if each not in known]
        self.questions.choices = choices(
            [*asked, *((each, "One that is not there any more") for each in gone)]
        )

    @property
    def said(self) -> Json:
        names = [line.strip() for line in (self.names.data or "").splitlines() if line.strip()]
        return {**super().said, "codes": names, "questions": self.questions.data or []}


def shown_lamp(lamp: Json, *, seen: str) -> Json:
    """The data with which a form shows a lamp."""
    data = {field.name: _shown(field, lamp.get(field.name)) for field in LAMP_FIELDS}
    codes, questions = lamp.get("codes") or [], lamp.get("questions") or []
    return data | {"seen": seen, "codes": codes, "names": "\n".join(codes), "questions": questions}


def lamp_answers(item: Json) -> list[tuple[str, str]]:
    """The answers that can light its lamp, by their codes."""
    return [("yes", "Yes"), ("no", "No")] if item["kind"] == "yes-no" else _labels(item)


def is_fit(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value)
    except Unfit:
        return False
    return True


def _labels(item: Json | None) -> list[tuple[str, str]]:
    return [(option["code"], option["label"]) for option in (item or {}).get("options", ())]


_GIVEN = [("given", "is given, whatever it is"), ("not-given", "is not given")]
_SAME = [("=", "is"), ("!=", "is not")]
_ORDERED = [(">", "is more than"), ("<", "is less than"), (">=", "is at least"), ("<=", "is at most")]
_IN_TIME = [(">", "is after"), ("<", "is before"), (">=", "is not before"), ("<=", "is not after")]


def _operators(kind: str) -> list[tuple[str, str]]:
    order = _ORDERED if kind == "number" else _IN_TIME if kind in {"date", "time", "moment"} else []
    return [*_SAME, *order, *_GIVEN]
