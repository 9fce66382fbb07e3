"""Names of addresses: by client, through aliases, bounded; and who registered a name."""

import pytest

from analysis.events import DnsLookup, DnsRecord, HttpRequest
from analysis.names import CONFIRMED, EXCEPTIONS, SHARING, Names, aliases_of, registrable
from tests.analysis.home import LAPTOP, LAPTOP_IP, OUTSIDE, ROUTER_IP, T0, TELEVISION_IP, hello, lookup


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"), ("bbc.co.uk", "bbc.co.uk"), ("co.uk", "co.uk"), ("localhost", "localhost"),
        ("a.alice.github.io", "alice.github.io"), ("bob.github.io", "bob.github.io"), ("github.io", "github.io"),
        ("d1.cloudfront.net", "d1.cloudfront.net"), ("x.y.unknowntld", "y.unknowntld"), ("tv.local", "tv.local"),
        ("", ""),
    ],
)  # fmt: skip
def test_registrable_domains(name: str, domain: str) -> None:
    assert registrable(name) == domain


def test_an_answer_names_its_addresses_for_the_client_and_in_general() -> None:
    names = Names()
    names.answer(lookup("www.example.com", [OUTSIDE, "2606:2800::1"]))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "www.example.com" == names.peer_name("2606:2800::1")
    assert names.peer_name(OUTSIDE, TELEVISION_IP) == "www.example.com"
    assert names.service_of(OUTSIDE) == "example.com" and names.seen(OUTSIDE) == T0
    assert names.peer_name("1.2.3.4") is None is names.service_of("1.2.3.4")


def test_each_client_keeps_its_own_name_for_a_shared_address() -> None:
    names = Names()
    names.answer(lookup("one.example", [OUTSIDE]))
    names.answer(lookup("two.example", [OUTSIDE], client=TELEVISION_IP))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "one.example"
    assert names.peer_name(OUTSIDE, TELEVISION_IP) == "two.example" == names.peer_name(OUTSIDE)


def answer(records: list[DnsRecord], rcode: str = "NOERROR", transport: str = "udp") -> DnsLookup:
    return DnsLookup(
        T0, transport, LAPTOP, LAPTOP_IP, ROUTER_IP, "www.shop.example", "A", rcode, tuple(records), 0.1
    )


def test_aliases_lead_to_the_name_that_was_asked_and_strangers_do_not() -> None:
    names = Names()
    names.answer(answer([
        DnsRecord("www.shop.example", "CNAME", "shop.cdn.net"),
        DnsRecord("shop.cdn.net", "CNAME", "edge7.cdn.net"),
        DnsRecord("edge7.cdn.net", "A", OUTSIDE),
        DnsRecord("bank.example", "A", "6.6.6.6"),
    ]))  # fmt: skip
    assert names.peer_name(OUTSIDE) == "www.shop.example" and names.peer_name("6.6.6.6") is None


@pytest.mark.parametrize(
    ("rcode", "transport"), [("NXDOMAIN", "udp"), ("NOERROR", "mdns"), ("NOERROR", "llmnr")]
)
def test_failures_and_link_local_answers_name_nothing(rcode: str, transport: str) -> None:
    names = Names()
    names.answer(answer([DnsRecord("www.shop.example", "A", OUTSIDE)], rcode, transport))
    assert len(names) == 0


def test_what_a_client_says_holds_for_itself_alone() -> None:
    names = Names()
    names.hello(hello("www.shop.example"))
    names.hello(hello(None))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "www.shop.example"
    assert names.is_claimed(OUTSIDE, LAPTOP_IP) and len(names) == 1
    assert names.peer_name(OUTSIDE, TELEVISION_IP) is None is names.peer_name(OUTSIDE)


def test_what_dns_answered_stands_against_what_a_client_says() -> None:
    names = Names()
    names.answer(lookup("dns.example", [OUTSIDE]))
    names.hello(hello("sni.example"))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "dns.example" == names.peer_name(OUTSIDE)
    assert not names.is_claimed(OUTSIDE, LAPTOP_IP)


def test_of_several_names_that_dns_gave_an_address_the_hello_says_which_is_meant() -> None:
    names = Names()
    for name in ("one.example", "two.example", "three.example"):
        names.answer(lookup(name, [OUTSIDE]))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "three.example"
    names.hello(hello("one.example"))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "one.example" and not names.is_claimed(OUTSIDE, LAPTOP_IP)
    names.answer(lookup("one.example", [OUTSIDE], client=TELEVISION_IP))
    names.hello(hello("two.example"))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "two.example" == names.peer_name(OUTSIDE)


def test_another_name_of_the_domain_that_dns_told_is_believed() -> None:
    names = Names()
    names.answer(lookup("star.example.com", [OUTSIDE]))
    names.hello(hello("www.example.com"))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "www.example.com" == names.peer_name(OUTSIDE)
    names.hello(hello("www.example.org"))
    assert names.peer_name(OUTSIDE, LAPTOP_IP) == "www.example.com"


def test_an_address_of_very_many_names_keeps_the_newest() -> None:
    names = Names()
    for n in range(100):
        names.answer(lookup(f"n{n}.example", [OUTSIDE]))
    assert len(names._names[OUTSIDE][2]) == SHARING and names.peer_name(OUTSIDE) == "n99.example"


def test_who_looks_its_names_up_where_we_see_it_is_not_believed_otherwise() -> None:
    """Who hides its look-ups is: nothing else could be known of its peers."""
    names = Names()
    names.hello(hello("www.shop.example", "203.0.113.1"))
    assert names.service_of("203.0.113.1", LAPTOP_IP) == "shop.example"
    for _ in range(CONFIRMED):
        names.answer(lookup("www.shop.example", [OUTSIDE]))
        names.hello(hello("www.shop.example"))
    assert names.service_of("203.0.113.1", LAPTOP_IP) is None
    assert names.service_of(OUTSIDE, LAPTOP_IP) == "shop.example"
    assert names.peer_name("203.0.113.1", LAPTOP_IP) == "www.shop.example"
    for n in range(EXCEPTIONS):
        names.hello(hello("www.shop.example", f"203.0.113.{n + 2}"))
    assert names.service_of("203.0.113.1", LAPTOP_IP) == "shop.example"


def test_habits_are_bounded_and_what_goes_is_counted() -> None:
    names = Names()
    for n in range(5000):
        names.hello(hello("a.example")._replace(client_ip=f"10.0.{n >> 8}.{n & 255}"))
    assert names.evictions == 5000 - 4096


def test_aliases_are_those_of_the_name_that_was_asked() -> None:
    records = (
        DnsRecord("www.shop.example", "CNAME", "a.cdn.net"), DnsRecord("b.cdn.net", "CNAME", "stranger.net"),
        DnsRecord("a.cdn.net", "CNAME", "b.cdn.net"), DnsRecord("a.cdn.net", "CNAME", "www.shop.example"),
    )  # fmt: skip
    assert aliases_of("www.shop.example", records) == ["a.cdn.net", "b.cdn.net"]
    assert aliases_of("other.example", records) == [] == aliases_of("www.shop.example", ())


def test_a_host_header_names_only_what_has_no_name() -> None:
    names = Names()

    def request(server: str, host: str | None) -> HttpRequest:
        return HttpRequest(T0, LAPTOP, LAPTOP_IP, server, 80, "GET", host, "/", None, False)

    for host in ("10.0.0.1", "10.0.0.1:80", "[::1]:80", "printer", None):
        names.request(request("1.1.1.1", host))
    assert names.peer_name("1.1.1.1") is None
    names.request(request("1.1.1.1", "Web.Example.:8080"))
    names.request(request("1.1.1.1", "liar.example"))
    assert names.peer_name("1.1.1.1", LAPTOP_IP) == "web.example" and names.peer_name("1.1.1.1") is None


def test_two_hundred_thousand_addresses_stay_bounded() -> None:
    names = Names(kept=1000)
    for n in range(200_000):
        names.add(LAPTOP_IP, f"a{n}", "x.example", T0)
    assert len(names) == 1000 and names.evictions == 400_000 - 1000
    assert names.peer_name("a199999") and not names.peer_name("a0")


def test_an_answer_of_a_thousand_records_is_cut() -> None:
    names = Names()
    names.answer(lookup("flood.example", [f"203.0.{n >> 8}.{n & 255}" for n in range(1000)]))
    assert len(names) <= 128


def test_the_addresses_of_an_answer_push_out_one_after_the_other():
    """As if each had been added alone, also where one of them would have been the next to go."""
    answered, added = Names(kept=8), Names(kept=8)
    for number in range(20):
        ips = [f"192.0.2.{(number * step) % 7}" for step in (1, 2, 3, 5)]
        answered.answer(lookup("a.example", ips, ts=T0 + number))
        for ip in ips:
            added.add(LAPTOP_IP, ip, "a.example", T0 + number)
    assert (list(answered._names.items()), answered.evictions) == (
        list(added._names.items()),
        added.evictions,
    )
    assert added.evictions > 20
