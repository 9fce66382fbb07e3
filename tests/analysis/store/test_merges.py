"""One device under two addresses: proposed from the store, decided by a person, shown as one."""

import pytest

from analysis.store import merges, rows
from analysis.store.notes import NoteError, Notes
from analysis.store.reader import Reader
from analysis.store.writer import Writer
from tests.analysis.store import samples
from tests.analysis.store.samples import KEY, OTHER, T0

HOUR = int(T0 // 3600)


@pytest.fixture
def path(tmp_path):
    """A phone that changed its address after ten minutes, and a tablet beside it."""
    path = tmp_path / "s.db"
    tablet = ("eth0", "02:00:00:00:00:03")
    with Writer(path, "eth0") as writer:
        writer.write(rows.Batch(
            devices=[
                samples.device(KEY, name="annas-phone", last_seen=T0 + 600, ip="192.168.1.7"),
                samples.device(OTHER, name="annas-phone", first_seen=T0 + 700, last_seen=T0 + 900, ip="192.168.1.8"),
                samples.device(tablet, name="kids-ipad", kind="tablet", os="iPadOS"),
            ],
            names=[
                rows.NameRow(KEY, "dhcp", "Annas-Phone", T0, T0), rows.NameRow(OTHER, "dhcp", "Annas-Phone", T0 + 700, T0 + 700),
                rows.NameRow(tablet, "dhcp", "Kids-iPad", T0, T0),
            ],
            addresses=[rows.AddressRow(KEY, "192.168.1.7", T0, T0), rows.AddressRow(OTHER, "192.168.1.8", T0, T0 + 900)],
            evidence=[
                rows.EvidenceRow(KEY, "dhcp-class", "android-dhcp-14", "os=Android 14", 0.95, T0, T0),
                rows.EvidenceRow(OTHER, "dhcp-class", "android-dhcp-14", "os=Android 14", 0.95, T0, T0 + 700),
                rows.EvidenceRow(KEY, "user-agent", "curl |  | ", "", 0.0, T0, T0),
                rows.EvidenceRow(KEY, "ja4", "t13d", "", 0.0, T0, T0),
            ],
            flows=[samples.flow(1, device=KEY), samples.flow(2, device=OTHER, server_ip="203.0.113.10")],
            traffic=[rows.TrafficRow(KEY, HOUR * 60, 100, 200, 3), rows.TrafficRow(OTHER, HOUR * 60 + 20, 10, 20, 1)],
        ))  # fmt: skip
    return path


def numbers(path) -> dict[str, int]:
    return {mac: number for mac, number in samples.ask(path, "SELECT mac, id FROM devices")}


def test_a_proposal_is_written_and_told_of_both(path):
    assert merges.propose(path) == 1
    ids, reader = numbers(path), Reader(path)
    (row,) = reader.merge_proposals(ids[OTHER[1]])
    assert row["other"] == ids[KEY[1]] and row["label"] == "annas-phone" and row["score"] > 0.8
    assert any("annas-phone" in sentence for sentence in row["evidence"])
    assert len(reader.merge_proposals()) == 1
    assert reader.merge_proposals(ids["02:00:00:00:00:03"]) == []


def test_both_at_once_are_two_devices(path):
    with Writer(path, "eth0") as writer:
        both = [
            rows.TrafficRow(key, HOUR * 60 + minute, 1, 1, 1)
            for key in (KEY, OTHER)
            for minute in range(30, 40)
        ]
        writer.write(rows.Batch(traffic=both))
    assert merges.propose(path) == 0


def test_what_a_person_confirmed_is_shown_as_one(path):
    merges.propose(path)
    ids = numbers(path)
    one, other = ids[KEY[1]], ids[OTHER[1]]
    Notes(path).link_devices(other, one, True)
    reader = Reader(path)
    shown = {row["id"]: row for row in reader.devices(HOUR)}
    assert set(shown) == {one, ids["02:00:00:00:00:03"]}
    assert (shown[one]["bytes"], shown[one]["ip"], shown[one]["last_seen"]) == (330, "192.168.1.8", T0 + 900)
    assert reader.device_counts(0)["devices"] == 2
    found = reader.device(other)
    assert found["id"] == one and {row["mac"] for row in found["members"]} == {KEY[1], OTHER[1]}
    assert {row["ip"] for row in reader.device_addresses(one)} == {"192.168.1.7", "192.168.1.8"}
    assert [row["name"] for row in reader.device_names(other)] == ["Annas-Phone"]
    assert set(reader.edges(HOUR)) == {one}
    assert (
        len(reader.page("flows", {"device": str(one)}).rows)
        == len(reader.page("flows", {"device": str(other)}).rows)
        == 2
    )
    assert reader.page("packets", {"device": str(one)}).rows == []
    assert reader.merge_proposals(one) == []
    assert merges.propose(path) == 0


def test_two_devices_stay_two_and_are_not_asked_again(path):
    merges.propose(path)
    ids = numbers(path)
    Notes(path).link_devices(ids[KEY[1]], ids[OTHER[1]], False)
    assert merges.propose(path) == 0
    assert len(Reader(path).devices(HOUR)) == 3
    Notes(path).link_devices(ids[KEY[1]], ids[OTHER[1]], True)
    assert len(Reader(path).devices(HOUR)) == 2, "a person may change their mind"


def test_three_addresses_hang_together(path):
    ids = numbers(path)
    third = ids["02:00:00:00:00:03"]
    notes = Notes(path)
    notes.link_devices(ids[KEY[1]], ids[OTHER[1]], True)
    notes.link_devices(ids[OTHER[1]], third, True)
    names = Reader(path).directory()
    assert len({names.head(number) for number in ids.values()}) == 1
    assert sorted(names.members(third)) == sorted(ids.values())


def test_nonsense_is_refused(path):
    one = numbers(path)[KEY[1]]
    with pytest.raises(NoteError):
        Notes(path).link_devices(one, one, True)
    with pytest.raises(NoteError):
        Notes(path).link_devices(one, 999, True)


def test_evidence_and_agents_of_a_device(path):
    ids, reader = numbers(path), Reader(path)
    one = ids[KEY[1]]
    assert [(r["source"], r["says"]) for r in reader.device_evidence(one)] == [
        ("dhcp-class", "os=Android 14")
    ]
    assert [r["clue"] for r in reader.device_agents(one)] == ["curl |  | "]
    assert reader.device_habits(one) == 1
