"""Public resolvers: who runs them, where they answer, and by which names they take encrypted questions.

From the operators' own pages. The addresses are those for users' settings; the names are those of DNS over
HTTPS (RFC 8484), TLS (RFC 7858) and QUIC (RFC 9250).
"""

from functools import lru_cache
from typing import NamedTuple


class Resolver(NamedTuple):
    """A service: addresses and names by which devices reach it."""

    who: str
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()


RESOLVERS: tuple[Resolver, ...] = (
    Resolver("Google", ("8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"),
             ("dns.google", "dns.google.com", "dns64.dns.google")),
    Resolver("Cloudflare", (
        "1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3", "2606:4700:4700::1111",
        "2606:4700:4700::1001", "2606:4700:4700::1112", "2606:4700:4700::1002", "2606:4700:4700::1113",
        "2606:4700:4700::1003"), (
        "cloudflare-dns.com", "one.one.one.one", "1dot1dot1dot1.cloudflare-dns.com",
        "mozilla.cloudflare-dns.com", "chrome.cloudflare-dns.com", "security.cloudflare-dns.com",
        "family.cloudflare-dns.com")),
    Resolver("Quad9", ("9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "9.9.9.11",
                       "149.112.112.11", "2620:fe::fe", "2620:fe::9", "2620:fe::10", "2620:fe::11"),
             ("dns.quad9.net", "dns9.quad9.net", "dns10.quad9.net", "dns11.quad9.net")),
    Resolver("OpenDNS", ("208.67.222.222", "208.67.220.220", "208.67.222.123", "208.67.220.123",
                         "2620:119:35::35", "2620:119:53::53"),
             ("doh.opendns.com", "dns.opendns.com", "doh.familyshield.opendns.com", "dns.umbrella.com")),
    Resolver("AdGuard", ("94.140.14.14", "94.140.15.15", "94.140.14.15", "94.140.15.16", "94.140.14.140",
                         "94.140.14.141", "2a10:50c0::ad1:ff", "2a10:50c0::ad2:ff"),
             ("dns.adguard.com", "dns.adguard-dns.com", "family.adguard-dns.com",
              "unfiltered.adguard-dns.com")),
    Resolver("NextDNS", ("45.90.28.0", "45.90.30.0"), ("dns.nextdns.io", "doh3.dns.nextdns.io")),
    Resolver("CleanBrowsing", ("185.228.168.9", "185.228.169.9", "185.228.168.168", "185.228.169.168"),
             ("doh.cleanbrowsing.org", "security-filter-dns.cleanbrowsing.org")),
    Resolver("Mullvad", ("194.242.2.2", "194.242.2.3", "194.242.2.4"),
             ("dns.mullvad.net", "adblock.dns.mullvad.net", "base.dns.mullvad.net")),
    Resolver("Control D", ("76.76.2.0", "76.76.10.0", "76.76.2.1", "76.76.10.1", "76.76.2.2", "76.76.10.2"),
             ("freedns.controld.com", "dns.controld.com")),
    Resolver("dns0.eu", ("193.110.81.0", "185.253.5.0"), ("dns0.eu", "zero.dns0.eu", "kids.dns0.eu")),
    Resolver("DNS.SB", ("185.222.222.222", "45.11.45.11"), ("doh.dns.sb", "dot.sb")),
    Resolver("Yandex", ("77.88.8.8", "77.88.8.1", "77.88.8.88", "77.88.8.2"),
             ("common.dot.dns.yandex.net", "dns.yandex.ru")),
    Resolver("Alibaba", ("223.5.5.5", "223.6.6.6"), ("dns.alidns.com",)),
    Resolver("DNSPod", ("119.29.29.29", "1.12.12.12", "120.53.53.53"), ("doh.pub", "dot.pub", "dns.pub")),
    Resolver("114DNS", ("114.114.114.114", "114.114.115.115")),
    Resolver("Lumen", ("4.2.2.1", "4.2.2.2", "4.2.2.3", "4.2.2.4", "4.2.2.5", "4.2.2.6")),
    Resolver("Vercara", ("64.6.64.6", "64.6.65.6", "156.154.70.1", "156.154.71.1")),
    Resolver("Hurricane Electric", ("74.82.42.42",), ("ordns.he.net",)),
    Resolver("Digitale Gesellschaft", ("185.95.218.42", "185.95.218.43"), ("dns.digitale-gesellschaft.ch",)),
    Resolver("Comcast", (), ("doh.xfinity.com", "dot.xfinity.com")),
)  # fmt: skip

BY_ADDRESS: dict[str, str] = {ip: r.who for r in RESOLVERS for ip in r.addresses}
BY_NAME: dict[str, str] = {name: r.who for r in RESOLVERS for name in r.names}


@lru_cache(maxsize=4096)
def operator_of(name: str) -> str | None:
    """Who takes encrypted questions under a TLS server name, or under a name above it: NextDNS and others
    give every customer a name of his own."""
    while name:
        if (who := BY_NAME.get(name)) is not None:
            return who
        name = name.partition(".")[2]
    return None
