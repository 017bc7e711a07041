"""Which IP addresses a webhook may lead to: public unicast ones, and networks that the operator has named.

Python's own `is_global` differs between versions and between kinds of addresses, so the networks are listed here. Of
IPv6 only what is given out as global unicast is public; everything that carries an IPv4 address inside is refused,
whatever that address is: a gateway on our own network would unpack it.
"""

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_PUBLIC_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        [
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers (CGNAT)
            "127.0.0.0/8",  # this machine
            "168.63.129.16/32",  # Azure's platform, from inside its machines
            "169.254.0.0/16",  # link-local, and the metadata of cloud machines
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ],
    )
)
GLOBAL_UNICAST_IPV6 = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        [
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3ffe::/16",  # the former 6bone
            "3fff::/20",  # documentation
        ],
    )
)


def is_allowed(address: str, networks: Iterable[str] = ()) -> bool:
    """Whether a webhook may lead to this IP address. `networks` are those that the operator allows besides."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(ip in network for network in parsed_networks(networks)):
        return True
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_outside(ip, NOT_PUBLIC_IPV4)
    return ip.scope_id is None and ip in GLOBAL_UNICAST_IPV6 and _is_outside(ip, NOT_PUBLIC_IPV6)


def parsed_networks(networks: Iterable[str]) -> list[Network]:
    """Raises ValueError for a text that is not a network; a system check says so before anything is served."""
    return [ipaddress.ip_network(text) for text in networks]


def _is_outside(ip: Address, networks: Sequence[Network]) -> bool:
    return not any(ip in network for network in networks)
