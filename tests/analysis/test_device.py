"""One device's names and addresses: the best name, and what is still to be written."""

from random import Random

from analysis.device import GENERIC, NAME_SOURCES, NAMES, Device

KEY = ("eth0", "a4:77:33:00:00:01")


def best(device: Device) -> tuple[str, str] | tuple[None, None]:
    """The newest name of the best source, looked for among all names."""
    for wanted in NAME_SOURCES:
        for source, name in reversed(device.names):
            if source == wanted and name.lower() not in GENERIC:
                return name, source
    return None, None


def test_the_best_name_holds_while_names_come_return_and_are_pushed_out() -> None:
    random, seen = Random(1), set()
    for width in (3, 12, 40):
        device = Device(KEY, 0.0, None, False)
        names = ["localhost", "Android", *(f"name{n}" for n in range(width))]
        for step in range(3_000):
            source = random.choice((*NAME_SOURCES[-3:], "ssdp", "mdns-model", random.choice(NAME_SOURCES)))
            device.named(source, random.choice(names), float(step))
            assert device.wire_name == best(device)
            seen.add(device.wire_name[1])
        assert len(device.names) <= NAMES
    assert seen >= set(NAME_SOURCES)


def test_rows_are_of_what_was_seen_since_the_last_ones() -> None:
    device = Device(KEY, 1.0, None, False)
    for ip in ("192.168.1.9", "192.168.1.20"):
        device.address(ip, 1.0)
    device.named("mdns", "laptop", 1.0)
    assert [row.ip for row in device.drain_addresses()] == ["192.168.1.20", "192.168.1.9"]
    assert [(row.name, row.first_seen, row.last_seen) for row in device.drain_names()] == [
        ("laptop", 1.0, 1.0)
    ]
    assert device.drain_addresses() == [] and device.drain_names() == []
    assert not device.address("192.168.1.9", 2.0)
    device.named("mdns", "laptop", 3.0)
    assert [(row.ip, row.first_seen, row.last_seen) for row in device.drain_addresses()] == [
        ("192.168.1.9", 1.0, 2.0)
    ]
    assert [(row.first_seen, row.last_seen) for row in device.drain_names()] == [(1.0, 3.0)]
