import pytest
from scapy.layers import inet6

from analysis.events import NeighborSeen, RouterAdvertised
from sensors.packets import Packet, ParseError
from sensors.parsers import neighbor

from .single import MAC, OTHER_MAC, cuts, mutations, survives


def packet(layers, src: str = "fe80::1", dst: str = "ff02::1") -> Packet:
    payload = bytes(inet6.IPv6(src=src, dst=dst) / layers)[40:]
    return Packet(1.0, MAC, "33:33:00:00:00:01", src, dst, 0, 0, 58, payload, hop_limit=255)


SOLICITATION = packet(inet6.ICMPv6ND_NS(tgt="fe80::2") / inet6.ICMPv6NDOptSrcLLAddr(lladdr=OTHER_MAC))
ADVERTISEMENT = packet(
    inet6.ICMPv6ND_NA(tgt="2001:db8::1", R=1, S=1) / inet6.ICMPv6NDOptDstLLAddr(lladdr=OTHER_MAC)
)
ROUTER = packet(
    inet6.ICMPv6ND_RA(routerlifetime=1800)
    / inet6.ICMPv6NDOptSrcLLAddr(lladdr=MAC)
    / inet6.ICMPv6NDOptMTU(mtu=1492)
    / inet6.ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, L=1)
    / inet6.ICMPv6NDOptPrefixInfo(prefix="2001:db8:2::", prefixlen=64, L=0)
    / inet6.ICMPv6NDOptRDNSS(dns=["2001:db8::53", "fe80::53"])
)


def test_a_solicitation_tells_its_sender():
    assert neighbor.parse_neighbor(SOLICITATION) == (
        NeighborSeen(1.0, "solicitation", MAC, "fe80::1", "fe80::2", OTHER_MAC, False, False),
    )


def test_address_detection_has_no_link_address():
    (event,) = neighbor.parse_neighbor(packet(inet6.ICMPv6ND_NS(tgt="fe80::9"), src="::"))
    assert (event.source_ip, event.target_ip, event.link_mac) == ("::", "fe80::9", None)


def test_an_advertisement_tells_target_and_router():
    assert neighbor.parse_neighbor(ADVERTISEMENT) == (
        NeighborSeen(1.0, "advertisement", MAC, "fe80::1", "2001:db8::1", OTHER_MAC, True, True),
    )


def test_a_solicitation_with_the_wrong_option_claims_nothing():
    (event,) = neighbor.parse_neighbor(
        packet(inet6.ICMPv6ND_NS(tgt="fe80::2") / inet6.ICMPv6NDOptDstLLAddr(lladdr=OTHER_MAC))
    )
    assert event.link_mac is None


def test_a_router_tells_lifetime_on_link_prefixes_and_resolvers():
    assert neighbor.parse_neighbor(ROUTER) == (
        RouterAdvertised(1.0, MAC, "fe80::1", 1800, ("2001:db8:1::/64",), ("2001:db8::53", "fe80::53"), MAC),
    )


def test_a_router_tells_where_it_is():
    (event,) = neighbor.parse_neighbor(
        packet(inet6.ICMPv6ND_RA() / inet6.ICMPv6NDOptSrcLLAddr(lladdr=OTHER_MAC))
    )
    assert (event.source_mac, event.link_mac) == (MAC, OTHER_MAC)


def test_an_advertisement_for_an_address_of_many_does_not_override():
    (event,) = neighbor.parse_neighbor(packet(inet6.ICMPv6ND_NA(tgt="2001:db8::1", O=0)))
    assert not event.override


def test_a_prefix_with_host_bits_is_told_as_its_network():
    layers = inet6.ICMPv6ND_RA() / inet6.ICMPv6NDOptPrefixInfo(prefix="2001:db8::1", prefixlen=64, L=1)
    assert neighbor.parse_neighbor(packet(layers))[0].prefixes == ("2001:db8::/64",)


@pytest.mark.parametrize("kind", [1, 128, 129, 133, 137, 143, 255])
def test_other_icmpv6_says_nothing(kind):
    assert neighbor.parse_neighbor(SOLICITATION._replace(payload=bytes([kind]) + bytes(3))) == ()


def test_an_option_of_length_zero_is_refused():
    raw = SOLICITATION.payload[:24] + b"\1\0" + bytes(6)
    with pytest.raises(ParseError, match="length 0"):
        neighbor.parse_neighbor(SOLICITATION._replace(payload=raw))


@pytest.mark.parametrize("hops", [0, 64, 254])
@pytest.mark.parametrize("seed", [SOLICITATION, ADVERTISEMENT, ROUTER], ids=["ns", "na", "ra"])
def test_what_may_come_from_another_link_says_nothing(seed, hops):
    assert neighbor.parse_neighbor(seed._replace(hop_limit=hops)) == ()


@pytest.mark.parametrize("seed", [SOLICITATION, ADVERTISEMENT, ROUTER], ids=["ns", "na", "ra"])
def test_only_parse_errors_escape(seed):
    survives(neighbor.parse_neighbor, cuts(seed))
    assert survives(neighbor.parse_neighbor, mutations(seed, 20_000)) > 1000
    flood = seed.payload[:24] + (b"\x19\3" + bytes(22)) * 2700
    survives(neighbor.parse_neighbor, [seed._replace(payload=flood)])
