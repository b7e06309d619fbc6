"""What is typed to make an account, to get into it, and to get back into it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.accounts.passwords import LEAST_CHARACTERS, MOST_CHARACTERS, Problem, problem_with
from portal.practice.facts import current_practice
from portal.web.form import PortalForm
from portal.web.own_address import own_address
from portal.web.zones import real_zone

_ENTER_ADDRESS = "Enter your email address, like name@example.org"
PASSWORD_HINT = (
    f"At least {LEAST_CHARACTERS} characters. Three or four unrelated words are easy to keep in mind"
    " and hard to guess."
)
SAY_WHEN_AGAIN = (
    "This was tried often in a short time, perhaps by somebody else. It works again {}; nothing is lost"
)
WORDS_FOR = {
    Problem.TOO_SHORT: f"Use at least {LEAST_CHARACTERS} characters: three or four unrelated words will do",
    Problem.TOO_LONG: f"Use at most {MOST_CHARACTERS} characters",
    Problem.ONLY_KNOWN_WORDS: "Use more than your address or our name: three or four unrelated words will do",
    Problem.COMMON: "Many people use this one, so it is tried first. Use three or four unrelated words",
    Problem.LEAKED: "This one was stolen before, so it is tried first. Use three or four unrelated words",
    Problem.EASY_TO_GUESS: "This one is easy to guess. Use three or four unrelated words",
}


class _PasswordTyped:
    password: PasswordField

    @property
    def typed_password(self) -> str:
        return self.password.data or ""


class AddressForm(PortalForm):
    """Asks for an address and nothing else."""

    email = EmailField("Email address", [InputRequired(_ENTER_ADDRESS)])

    def validate_email(self, field: EmailField) -> None:
        if not self.address:
            raise ValidationError(_ENTER_ADDRESS)

    @cached_property
    def address(self) -> str:
        """The address as it is kept: in lower case. Empty, if it is none."""
        return address_in(self.email.data or "") or ""


class SignUpForm(_PasswordTyped, AddressForm):
    password = PasswordField("Password")
    # Which button was pressed: a passkey is made later, behind the mailed link.
    way = HiddenField()
    # Filled in by time-zone.js where it runs.
    time_zone = HiddenField(filters=[real_zone])

    def validate_password(self, field: PasswordField) -> None:
        if not self.wants_a_passkey:
            refuse_no_password(field, self.address)

    @property
    def wants_a_passkey(self) -> bool:
        return bool(self.way.data == "passkey")


class GoingOnForm(PortalForm):
    """Brings along where somebody wanted to go, and what they had posted."""

    next = HiddenField(filters=[own_address])
    # What could not be taken while nobody was signed in, sealed for whoever wrote it.
    kept = HiddenField()


class SignInForm(_PasswordTyped, AddressForm, GoingOnForm):
    password = PasswordField("Password", [InputRequired("Enter your password")])
    own_device = BooleanField("This is my own device: keep me signed in here for two weeks")


class PasskeySignInForm(GoingOnForm):
    credential = HiddenField()
    own_device = BooleanField()


class SecondStepForm(GoingOnForm):
    """The code of an app, or a recovery code."""

    step_code = StringField("Code", [Length(max=100, message="A code is shorter")])
    credential = HiddenField()


class ConfirmForm(_PasswordTyped, SecondStepForm):
    """Who is it? The password, and the code where one is asked for; or a passkey."""

    password = PasswordField("Your password")


class AppForm(PortalForm):
    step_code = StringField("Code from the app", [InputRequired("Enter the code that the app shows")])


class PasskeyForm(PortalForm):
    name = StringField("Name", [Length(max=80, message="Use a shorter name")])
    credential = HiddenField()


class NewPasswordForm(_PasswordTyped, PortalForm):
    """Is given the address that the password will be for."""

    password = PasswordField("New password", [InputRequired("Choose a password")])

    def __init__(self, address: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.address = address

    def validate_password(self, field: PasswordField) -> None:
        refuse_a_weak_password(field, self.address)


class PasswordChangeForm(NewPasswordForm):
    """Asks for the password so far, but of who has none or has just shown a passkey."""

    current_password = PasswordField("Your password so far")

    def __init__(self, address: str, *, asks_current: bool, **arguments: Any) -> None:
        super().__init__(address, **arguments)
        self.asks_current = asks_current

    def validate_current_password(self, field: PasswordField) -> None:
        if self.asks_current and not field.data:
            raise ValidationError("Enter your password so far")


class FirstWayForm(_PasswordTyped, PortalForm):
    """Behind a mailed link: a password, or a passkey that a device has made. Is given the address."""

    password = PasswordField("Password")
    credential = HiddenField()

    def __init__(self, address: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.address = address

    def validate_password(self, field: PasswordField) -> None:
        if not self.credential.data:
            refuse_no_password(field, self.address)


class JoinForm(FirstWayForm):
    # Filled in by time-zone.js where it runs.
    time_zone = HiddenField(filters=[real_zone])


class InvitationForm(AddressForm):
    name = StringField("What they like to be called", [Length(max=80, message="Use a shorter name")])
    words = TextAreaField("A sentence for them", [Length(max=1000, message="Use at most 1,000 characters")])


def refuse_no_password(field: PasswordField, address: str) -> None:
    """Where a password has to be chosen if nothing else is."""
    if not field.data:
        raise ValidationError("Choose a password")
    refuse_a_weak_password(field, address)


def refuse_a_weak_password(field: PasswordField, address: str) -> None:
    problem = problem_with(field.data or "", address=address, words=current_practice().name.split())
    if problem is not None:
        raise ValidationError(WORDS_FOR[problem])


def address_in(typed: str) -> str | None:
    """The address as it is kept, in lower case and at most 254 characters (RFC 5321), or None if it is none.

    In development an address under .test will do, which no mail ever reaches.
    """
    development = current_app.config["DEVELOPMENT"]
    try:
        found = validate_email(
            typed,
            strict=True,
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=development,
        )
    except EmailNotValidError:
        return None
    return found.ascii_email.lower() if found.ascii_email else None
