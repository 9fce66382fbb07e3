"""What a device is: claims of single clues, how they are weighed, and what is kept."""

import pytest

from analysis.fingerprints import short_maker
from analysis.identity import CLUES, REFRESH, Evidence, claims_of, conclude, confidence_word, lineage

KEY = ("eth0", "02:00:00:00:00:01")


def verdict(*clues: tuple[str, str]):
    evidence = Evidence()
    for number, (source, clue) in enumerate(clues):
        evidence.add(source, clue, float(number))
    return evidence.verdict


@pytest.mark.parametrize(
    ("clues", "kind", "system"),
    [
        ([("name", "Annas-iPhone"), ("dhcp-parameters", "1,121,3,6,15,108,114,119,252")], "phone", "iOS"),
        ([("name", "Kids-iPad")], "tablet", "iPadOS"),
        ([("name", "Lucas-iMac"), ("dhcp-parameters", "1,121,3,6,15,119,252,95,44,46")], "computer", "macOS"),
        ([("dhcp-class", "android-dhcp-14"), ("name", "Pixel-8")], "phone", "Android 14"),
        ([("dhcp-class", "android-dhcp-13")], "phone or tablet", "Android 13"),
        ([("dhcp-class", "MSFT 5.0"), ("name", "DESKTOP-1A2B3C4")], "computer", "Windows"),
        ([("dhcp-class", "MSFT 5.0 XBOX")], "console", None),
        ([("dhcp-class", "udhcp 1.29.3")], None, "Linux"),
        ([("dhcp-class", "udhcp 1.29.3"), ("ssdp-server", "WebOS/4.1.0 UPnP/1.0")], "television", "webOS"),
        ([("mdns-service", "_ipp._tcp"), ("mdns-service", "_scanner._tcp")], "printer", None),
        ([("mdns-service", "_googlecast._tcp"), ("mdns-model", "Google Home Mini")], "speaker", None),
        ([("mdns-service", "_googlecast._tcp")], None, None),
        ([("hap-category", "9")], "thermostat", None),
        ([("ssdp-type", "urn:Belkin:device:controllee:1")], "plug", None),
        ([("ssdp-type", "roku:ecp")], "television", "Roku OS"),
        ([("vendor", "Nintendo Co.,Ltd")], "console", None),
        ([("vendor", "Liteon Technology Corporation")], None, None),
        ([("name", "btest.is.cool")], None, None),
        ([("name", "Marco")], None, None),
        ([("user-agent", "Chrome Mobile | Android 9 | Nokia 2")], "phone", "Android 9"),
        ([("user-agent", "Chrome | Linux | ")], None, None),
        ([("user-agent", "Android | Android 11 | sdk_gphone_x86")], None, None),
    ],
)  # fmt: skip
def test_what_clues_say_together(clues, kind, system):
    told = verdict(*clues)
    assert (told.kind, told.os) == (kind, system)


def test_a_name_by_three_protocols_is_one_source():
    once, thrice = Evidence(), Evidence()
    once.add("name", "Kitchen-Speaker", 1.0)
    for name in ("Kitchen-Speaker", "KITCHEN-SPEAKER", "kitchen speaker"):
        thrice.add("name", name, 1.0)
    assert once.verdict.confidence == thrice.verdict.confidence == 0.65
    thrice.add("mdns-service", "_sonos._tcp", 2.0)
    assert thrice.verdict.confidence > 0.9


def test_contradictions_make_unsure_and_take_the_answer_back():
    evidence = Evidence()
    evidence.add("name", "Toms-iPhone", 1.0)
    assert (evidence.verdict.kind, evidence.verdict.confidence) == ("phone", 0.85)
    evidence.add("mdns-service", "_ipp._tcp", 2.0)
    assert evidence.verdict.confidence < 0.7
    evidence.add("mdns-service", "_pdl-datastream._tcp", 3.0)
    assert (evidence.verdict.kind, evidence.verdict.confidence) == ("printer", 0.574)


def test_brothers_in_doubt_leave_their_parent():
    found, confidence = conclude({("name", "phone"): 0.6, ("http", "tablet"): 0.6})
    assert found == "phone or tablet" and confidence == 0.84
    assert conclude({("name", "phone"): 0.6, ("http", "printer"): 0.6}) == (None, 0.0)
    assert conclude({}) == (None, None)


def test_special_systems_are_kinds_of_general_ones():
    assert lineage("Android 14") == ("Android 14", "Android", "Linux")
    assert lineage("iPadOS") == ("iPadOS", "iOS", "iOS or macOS")
    assert lineage("phone or tablet") == ("phone or tablet",)


def test_the_order_of_clues_changes_nothing():
    clues = [
        ("name", "Pixel-8"),
        ("dhcp-class", "android-dhcp-14"),
        ("vendor", "Google, Inc."),
        ("dns", "captive.apple.com"),
    ]
    assert verdict(*clues) == verdict(*reversed(clues))


def test_makers_and_models():
    told = verdict(
        ("vendor", "D-Link International"), ("name", "DCS-935L"), ("mdns-model", "D-Link DCS-935L Utility")
    )
    assert (told.maker, told.model) == ("D-Link", "DCS-935L")
    assert verdict(("vendor", "TP-LINK TECHNOLOGIES CO.,LTD.")).maker == "TP-LINK"
    assert short_maker("Samsung Electronics Co.,Ltd") == "Samsung"
    assert verdict(("vendor", "Intel Corporate")).maker is None


def test_evidence_is_bounded_and_tells_what_it_lost():
    evidence = Evidence("Apple, Inc.", 1.0)
    for number in range(CLUES + 40):
        evidence.add("user-agent", f"Program{number} |  | ", 2.0)
    assert evidence.evictions == 41
    assert evidence.verdict.maker == "Apple", "the flood pushes out only its own"
    assert len(evidence.take(KEY)) <= CLUES + 1


def test_rows_come_once_and_again_after_a_minute():
    evidence = Evidence()
    evidence.add("name", "Pixel-8", 100.0)
    rows = evidence.take(KEY)
    assert {(r.source, r.clue, r.says) for r in rows} >= {
        ("name", "Pixel-8", "kind=phone"),
        ("name", "Pixel-8", "model=Pixel-8"),
    }
    evidence.add("name", "Pixel-8", 100.0 + REFRESH / 2)
    assert evidence.take(KEY) == []
    evidence.add("name", "Pixel-8", 100.0 + REFRESH)
    assert {r.last_seen for r in evidence.take(KEY)} == {100.0 + REFRESH}


def test_what_an_earlier_run_knew_counts_and_is_not_written_again():
    evidence = Evidence()
    evidence.restore([("dhcp-class", "android-dhcp-14", 10.0, 50.0), ("ja4", "t13d1516h2_x_y", 20.0, 60.0)])
    assert evidence.verdict.os == "Android 14"
    assert evidence.take(KEY) == []
    assert evidence.first_seen("ja4") == {"t13d1516h2_x_y": 20.0}


def test_hostile_texts_say_nothing_and_cost_little():
    for text in ("", "\\1", "a" * 255, "phone" * 50, "(((((", "Galaxy-" * 30, "-" * 255, "\\u202etv"):
        for source in ("name", "mdns-model", "ssdp-server", "ssdp-type", "dhcp-class", "user-agent"):
            assert all(0 < claim.weight <= 1 for claim in claims_of(source, text))


def test_confidence_in_words():
    assert [confidence_word(value) for value in (0.95, 0.8, 0.5)] == ["certain", "likely", "perhaps"]
