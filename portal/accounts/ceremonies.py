"""What the portal and a device say to each other about a passkey (WebAuthn level 3). Pure."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from portal.errors import Refused

# The library is fetched where it is used: it takes a tenth of the portal's start, and most visits need none.

# A device sends some hundreds of characters; whoever sends more is no device.
_MOST_CHARACTERS = 20_000
_CHALLENGE_BYTES = 32


class PasskeyRefused(Refused):
    """What the device sent does not fit: another challenge, origin or key, or its owner was not asked."""


@dataclass(frozen=True)
class Party:
    """The portal as a device knows it: the host's name, how it is called, and the origin of its pages."""

    host: str
    name: str
    origin: str


@dataclass(frozen=True)
class Made:
    """A passkey that a device has made, as it is kept."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Shown:
    """A passkey that a device shows, before anybody has looked whether it is right."""

    credential_id: bytes
    # Whom the device made it for.
    handle: str
    said: str


def new_challenge() -> bytes:
    return secrets.token_bytes(_CHALLENGE_BYTES)


def wish_to_make(
    party: Party, challenge: bytes, *, handle: str, address: str, has: Sequence[bytes] = ()
) -> str:
    """What a device is asked in order to make a passkey, as JSON.

    `handle` names its owner to the device and tells nobody anything. The device has to find it by itself
    later, without an address, and to ask its owner for finger, face or code: so it is two factors in one.
    """
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.structs import (  # noqa: PLC0415
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    return options_to_json(
        generate_registration_options(
            rp_id=party.host,
            rp_name=party.name,
            user_id=handle.encode(),
            user_name=address,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in has],
        )
    )


def wish_to_see(party: Party, challenge: bytes, *, of: Sequence[bytes] = ()) -> str:
    """What a device is asked in order to show a passkey, one of these or any of the portal's, as JSON."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers.structs import (  # noqa: PLC0415
        PublicKeyCredentialDescriptor,
        UserVerificationRequirement,
    )

    return options_to_json(
        generate_authentication_options(
            rp_id=party.host,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in of],
        )
    )


def made(said: str, *, party: Party, challenge: bytes) -> Made:
    """The passkey that a device says it has made. Raises PasskeyRefused."""
    from webauthn import verify_registration_response  # noqa: PLC0415

    _refuse_too_much(said)
    try:
        verified = verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception as problem:
        # What a stranger sends is taken apart in there, and fails in more ways than the library names.
        raise PasskeyRefused from problem
    return Made(verified.credential_id, verified.credential_public_key, verified.sign_count)


def shown(said: str) -> Shown:
    """Which passkey a device shows. Raises PasskeyRefused if nobody could tell."""
    from webauthn import base64url_to_bytes  # noqa: PLC0415

    _refuse_too_much(said)
    try:
        told = json.loads(said)
        handle = base64url_to_bytes(told["response"].get("userHandle") or "").decode()
        return Shown(base64url_to_bytes(told["rawId"]), handle, said)
    except Exception as problem:
        raise PasskeyRefused from problem


def checked(shown: Shown, *, party: Party, challenge: bytes, public_key: bytes, sign_count: int) -> int:
    """How often the passkey says by now that it was used. Raises PasskeyRefused.

    One that does not count further than `sign_count` may have been copied, and is refused as well; those that
    wander between devices never count, and say 0.
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415

    try:
        verified = verify_authentication_response(
            credential=shown.said,
            expected_challenge=challenge,
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as problem:
        raise PasskeyRefused from problem
    return verified.new_sign_count


def _refuse_too_much(said: str) -> None:
    if len(said) > _MOST_CHARACTERS:
        raise PasskeyRefused
