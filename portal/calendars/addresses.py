"""Addresses of calendars elsewhere, and which of them lead into the practice's own network. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urljoin, urlsplit

from portal.calendars.failures import CannotBeRead, Why

Ip = IPv4Address | IPv6Address

LONGEST = 2000
# What subscribing programs write in front of an address is a page like any other.
_SCHEMES = {"http": "http", "https": "https", "webcal": "https", "webcals": "https"}
_PORTS = {"http": 80, "https": 443}
# RFC 3986: what may stand in a path or query as it is; the rest is written with per cent signs.
_SAFE = "%/:@!$&'()*+,;=~-._?[]|"
# RFC 6052: under this prefix some networks reach the addresses of the older kind.
_NAT64 = ip_network("64:ff9b::/96")
# RFC 6890: for protocols of a network's own. Older Pythons know only parts of it.
_OF_PROTOCOLS = IPv4Network("192.0.0.0/24")
_LAST_32_BITS = 0xFFFFFFFF


@dataclass(frozen=True)
class Address:
    """Where a calendar is asked for: `scheme` is http or https, `target` path and query, all of it ASCII."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whoever has this is the same server."""
        return self.scheme, self.host, self.port

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.target}"


def address_of(text: str) -> Address:
    """The address that somebody typed or a server named. Raises CannotBeRead.

    http, https and webcal, which is https. A user name inside it is refused: it has a place of its own.
    """
    try:
        parts = urlsplit(text.strip())
        scheme, host = _SCHEMES[parts.scheme.lower()], _host(parts.hostname or "")
        port = parts.port or _PORTS[scheme]
    except (KeyError, ValueError):
        raise CannotBeRead(Why.UNFIT_ADDRESS) from None
    if not host or len(text) > LONGEST or "@" in parts.netloc or not text.strip().isprintable():
        raise CannotBeRead(Why.UNFIT_ADDRESS)
    query = f"?{parts.query}" if parts.query else ""
    return Address(scheme, host, port, quote((parts.path or "/") + query, safe=_SAFE))


def sent_on(address: Address, location: str) -> Address:
    """Where a redirect leads. Raises CannotBeRead, also where it leaves encryption behind."""
    try:
        further = address_of(urljoin(str(address), location))
    except ValueError:
        raise CannotBeRead(Why.UNFIT_ADDRESS) from None
    if address.is_encrypted and not further.is_encrypted:
        raise CannotBeRead(Why.NOT_SECURE)
    return further


class Inside:
    """The hosts and networks within the practice's own walls that may be asked all the same."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Each is a host name, an address, or a network (192.168.1.0/24)."""
        self._hosts: set[str] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        for each in allowed:
            try:
                self._networks.append(ip_network(each, strict=False))
            except ValueError:
                self._hosts.add(each.lower().rstrip("."))

    def allows(self, host: str, ip: Ip) -> bool:
        """Whether this host, which was found at this address, is one of them."""
        return host in self._hosts or any(_innermost(ip) in network for network in self._networks)


def is_public(ip: Ip) -> bool:
    """Whether the address is one of the open internet.

    Not loopback, private, link-local, shared (RFC 6598), multicast or reserved; one wrapped in
    another (mapped, 6to4, NAT64) is judged as itself.
    """
    real = _innermost(ip)
    if isinstance(real, IPv6Address) and real.is_site_local:
        return False
    return real.is_global and not (real.is_multicast or real.is_reserved or real in _OF_PROTOCOLS)


def _innermost(ip: Ip) -> Ip:
    if isinstance(ip, IPv4Address):
        return ip
    wrapped = ip.ipv4_mapped or ip.sixtofour
    if wrapped is None and ip in _NAT64:
        wrapped = IPv4Address(int(ip) & _LAST_32_BITS)
    return wrapped or ip


def ip_of(text: str) -> Ip:
    """The address as a resolver writes it."""
    return ip_address(text)


def _host(name: str) -> str:
    """In lower case and ASCII, as it stands in certificates. Raises ValueError (UnicodeError)."""
    plain = name.lower().rstrip(".")
    return plain if plain.isascii() else plain.encode("idna").decode()
