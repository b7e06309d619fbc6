"""The form every feature's forms start from."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, FieldList, PasswordField


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


class PortalForm(FlaskForm):  # type: ignore[misc]
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Typed text loses the blanks around it; a password keeps them."""
            if not issubclass(unbound_field.field_class, FieldList | PasswordField):
                options["filters"] = [_strip, *unbound_field.kwargs.get("filters", ())]
            return unbound_field.bind(form=form, **options)

    def refuse(self, field: Field, message: str) -> None:
        """Show a service's refusal where the person can mend it."""
        field.errors = [*field.errors, message]
