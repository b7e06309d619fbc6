"""The portal as the devices that keep passkeys know it: a host's name, and the origin of its pages."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import current_app, request

from portal.accounts.ceremonies import Party
from portal.practice.facts import current_practice

_HERE = "localhost"


def relying_party() -> Party:
    """From the settings alone: what a visitor says about the host decides nothing.

    Only in development the portal may also be visited by this machine's own name, since a number is no name.
    """
    origin = str(current_app.config["BASE_URL"])
    if current_app.config["DEVELOPMENT"] and request.host.partition(":")[0] == _HERE:
        origin = request.host_url.rstrip("/")
    return Party(urlsplit(origin).hostname or "", current_practice().name, origin)


def passkeys_work_here() -> bool:
    """A passkey belongs to a name. Where the portal is reached by a number there are none."""
    try:
        ip_address(relying_party().host)
    except ValueError:
        return True
    return False
