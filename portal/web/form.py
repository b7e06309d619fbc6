"""The form every feature's forms start from."""

from __future__ import annotations

import functools
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.csrf import _FlaskFormCSRF
from wtforms import Field, FieldList, FormField, HiddenField, PasswordField, widgets
from wtforms.csrf.core import CSRFTokenField

# So many sets of attributes are written out once, each a line of HTML.
_MOST_SETS = 500
# What is kept as it was typed, or is made of fields of its own.
_AS_TYPED = (FieldList, FormField, PasswordField)


_params = widgets.core.html_params
# Typed, since True and 1 are written differently, but are equal.
_params_again = functools.lru_cache(_MOST_SETS, typed=True)(_params)


def _params_written_once(**attributes: Any) -> str:
    """As WTForms writes them, which takes longer than the rest of a field; what somebody typed, anew."""
    try:
        return (_params if "value" in attributes else _params_again)(**attributes)
    except TypeError:
        # One of them cannot be remembered by.
        return _params(**attributes)


widgets.core.html_params = _params_written_once


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
