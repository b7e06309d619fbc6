"""The form every feature's forms start from."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.csrf import _FlaskFormCSRF
from wtforms import Field, FieldList, FormField, HiddenField, PasswordField
from wtforms.csrf.core import CSRFTokenField

# What is kept as it was typed, or is made of fields of its own.
_AS_TYPED = (FieldList, FormField, PasswordField)


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class _Token(CSRFTokenField):
    """The form's token, made when the form is drawn: one that is only read needs no new one."""

    def process(self, *args: Any, **kwargs: Any) -> None:
        HiddenField.process(self, *args, **kwargs)

    @property
    def current_token(self) -> str:  # type: ignore[override]
        return str(self.csrf_impl.generate_csrf_token(self))


class _Tokens(_FlaskFormCSRF):  # type: ignore[misc]
    field_class = _Token


class PortalForm(FlaskForm):  # type: ignore[misc]
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf_class = _Tokens

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Typed text loses the blanks around it; a password keeps them."""
            if not issubclass(unbound_field.field_class, _AS_TYPED):
                options["filters"] = [_strip, *unbound_field.kwargs.get("filters", ())]
            return unbound_field.bind(form=form, **options)

    def refuse(self, field: Field, message: str) -> None:
        """Show a service's refusal where the person can mend it."""
        field.errors = [*field.errors, message]
