"""Which addresses a webhook may reach: a rule is entered in the browser, so its URL is hostile input.

Only public addresses, unless the operator allows a network: a URL must not make this server speak to itself, to the
metadata service of a cloud or to machines that the reader could not reach.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from pipeline.errors import UserError
from pipeline.outputs.alerts.errors import DeliveryError, TargetError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
SCHEMES = {"http": 80, "https": 443}
LONGEST_URL = 2_000


@dataclass(frozen=True)
class Endpoint:
    """The parts of a webhook's URL that matter for where it leads."""

    scheme: str
    host: str
    port: int


def endpoint(url: str) -> Endpoint:
    """Read a webhook's URL. Raises TargetError for one that is not http or https, or carries a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetError("The webhook's URL cannot be read.") from None
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise TargetError(f"A webhook's URL has at most {LONGEST_URL:,} plain characters.")
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise TargetError("A webhook's URL starts with https:// or http:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise TargetError("A webhook's URL must not carry a name and password.")
    return Endpoint(parts.scheme, parts.hostname, port or SCHEMES[parts.scheme])


def networks(text: str | None) -> tuple[Network, ...]:
    """Read the setting of allowed networks. Raises UserError."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in (text or "").split(",") if part.strip())
    except ValueError as error:
        raise UserError(f"WATTSCAPE_ALERT_NETWORKS must list networks like 10.0.0.0/8: {error}.") from None


def reachable(where: Endpoint, allowed: tuple[Network, ...]) -> Address:
    """Look a host up once and return the address to connect to, so that a second answer cannot lead elsewhere.

    Raises DeliveryError for a host that is not found or has any address that is not allowed.
    """
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError(f"The host {where.host} was not found.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not permitted(address, allowed):
            raise DeliveryError(
                f"{where.host} leads to {address}, an address inside: an operator can allow it with "
                "WATTSCAPE_ALERT_NETWORKS.",
                lasting=True,
            )
    return addresses[0]


def permitted(address: Address, allowed: tuple[Network, ...]) -> bool:
    """Say whether an address is public or in an allowed network; one that wraps another is judged by that."""
    inner = _inner(address)
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    return inner.is_global and not inner.is_multicast


def _inner(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one: mapped, 6to4 or NAT64 (RFC 4291, 3056, 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    nat64 = ipaddress.IPv6Network("64:ff9b::/96")
    if address in nat64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
