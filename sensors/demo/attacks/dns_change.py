"""What the DHCP server gives as the resolver."""

import random

from sensors.demo.attacks.case import Case
from sensors.demo.attacks.rogue_dhcp import answer
from sensors.demo.cast import LAPTOP, PHONE, ROUTER_IP, ROUTER_MAC, Device
from sensors.demo.talk import Frames, join


def _renew(t: float, device: Device, *dns: str) -> Frames:
    return answer(t, device, 5, ROUTER_IP, server=ROUTER_IP, mac=ROUTER_MAC, dns=dns)


def another_resolver(t: float, rng: random.Random) -> Frames:
    """A router that was broken into."""
    yield from join(t, rng, PHONE)
    yield from join(t + 5, rng, LAPTOP)
    yield from _renew(t + 600, PHONE, "203.0.113.53")
    yield from _renew(t + 601, LAPTOP, "203.0.113.53")


def one_less(t: float, rng: random.Random) -> Frames:
    """The same resolvers in another order, then one of them only."""
    yield from join(t, rng, PHONE)
    for n, dns in enumerate((("9.9.9.9", ROUTER_IP), (ROUTER_IP, "9.9.9.9"), (ROUTER_IP,))):
        yield from _renew(t + 600 * n, LAPTOP, *dns)


def other_device(t: float, rng: random.Random) -> Frames:
    """A router that gives children's devices a filtering resolver."""
    yield from join(t, rng, PHONE)
    for n in range(3):
        yield from _renew(t + 60 + n * 600, LAPTOP, "1.1.1.3")
        yield from _renew(t + 61 + n * 600, PHONE, ROUTER_IP)


CASES = (
    Case("dns-change", "positive", "another resolver", another_resolver),
    Case("dns-change", "near-miss", "other order and one less", one_less),
    Case("dns-change", "benign", "one resolver for each kind of device", other_device),
)
