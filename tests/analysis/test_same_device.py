"""Which addresses are one device, and which only look alike."""

import pytest

from analysis.same_device import ENOUGH, Traits, compare, is_personal, proposals

APPLE = "1,121,3,6,15,108,114,119,252 "
JA4 = frozenset({"a", "b", "c", "d"})


def traits(number: int, **changes) -> Traits:
    plain = Traits(
        number, f"02:00:00:00:00:{number:02x}", True, "phone", "iOS", 0.0, 100.0, frozenset({"annas-iphone"}),
        APPLE, frozenset(), frozenset(),
    )  # fmt: skip
    return plain._replace(**changes)


def pairs(*devices: Traits, together: int = 0) -> list[tuple[int, int]]:
    return [(p.a, p.b) for p in proposals(devices, lambda a, b: together)]


def test_a_phone_that_changed_its_address() -> None:
    old, new = traits(1, last_seen=100.0), traits(2, first_seen=160.0, last_seen=300.0)
    (proposal,) = proposals([new, old], lambda a, b: 0)
    assert (proposal.a, proposal.b) == (1, 2) and proposal.score >= 0.88
    assert any("annas-iphone" in sentence for sentence in proposal.evidence)


def test_two_radios_at_the_same_time_are_two_phones() -> None:
    assert pairs(traits(1), traits(2), together=30) == []
    assert pairs(traits(1), traits(2), together=2) == [(1, 2)]


def test_cable_and_air_of_one_computer_may_be_there_together() -> None:
    wired = traits(1, randomised=False, kind="computer", os="macOS", names=frozenset({"lucas-imac"}))
    assert pairs(wired, wired._replace(id=2), together=500) == [(1, 2)]
    duid = frozenset({"000100011c"})
    assert pairs(
        wired._replace(names=frozenset(), identifiers=duid),
        wired._replace(id=2, names=frozenset(), identifiers=duid),
    ) == [(1, 2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"names": frozenset({"toms-iphone"})},
        {"kind": "printer"},
        {"os": "Windows"},
    ],
)
def test_what_speaks_against_it(changes) -> None:
    assert pairs(traits(1), traits(2, first_seen=200.0, **changes)) == []


def test_product_names_and_alike_habits_alone_are_not_enough() -> None:
    for name in (
        "iphone",
        "galaxy-s21",
        "hs110(eu)",
        "dcs-935l",
        "esp_06d902",
        "localhost",
        "pc",
        "raspberrypi",
    ):
        assert not is_personal(name)
        assert (
            pairs(traits(1, names=frozenset({name}), ja4=JA4), traits(2, names=frozenset({name}), ja4=JA4))
            == []
        )
    assert is_personal("desktop-4f2k1ab") and is_personal("android-f7ca0f571270c52d")


def test_plugs_of_one_make_are_never_proposed_by_name() -> None:
    plug = traits(1, randomised=False, kind="plug", os="Linux", names=frozenset({"kitchen"}))
    assert pairs(plug, plug._replace(id=2)) == []


def test_a_name_that_three_devices_have_is_nobodys() -> None:
    assert pairs(traits(1), traits(2, first_seen=150.0, last_seen=200.0), traits(3, first_seen=250.0)) == []


def test_habits_strengthen() -> None:
    bare = compare(traits(1, fingerprint=None), traits(2, fingerprint=None))[0]
    assert (
        bare < ENOUGH < compare(traits(1, fingerprint=None, ja4=JA4), traits(2, fingerprint=None, ja4=JA4))[0]
    )
