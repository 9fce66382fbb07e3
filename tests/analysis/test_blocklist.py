"""Matching by suffix and network, compiling, reloading, and what is told about each list."""

import multiprocessing
import os
import random
import time
from hashlib import sha256
from ipaddress import ip_address, ip_network

import pytest

from analysis import blocklist_compile
from analysis.alerts import Severity
from analysis.blocklist import CACHE, Blocklist, Match, health
from analysis.blocklist_build import folder_of, prepare
from analysis.blocklist_compile import digest_of, read_list
from analysis.config import Blocklists, BlocklistSource, Config


def make(folder, allow=(), **lists: str | None) -> Config:
    """A configuration with a list a keyword, `name` or `name__category`; None has no file."""
    sources = []
    for key, text in lists.items():
        name, _, category = key.partition("__")
        if text is not None:
            (folder / f"{name}.txt").write_text(text)
        sources.append(BlocklistSource(name=name, file=f"{name}.txt", category=category or "malware"))
    return Config(base=str(folder), blocklists=Blocklists(lists=tuple(sources), allow=allow))


def test_a_name_matches_itself_and_what_is_below_it(tmp_path) -> None:
    lists = Blocklist.open(make(tmp_path, a="evil.example\nb.c.test\n"))
    hit = Match("a", "evil.example", "malware", Severity.CRITICAL, own=True)
    for name in ("evil.example", "www.evil.example", "a.b.c.evil.example", "EVIL.example", "evil.example."):
        assert lists.match_name(name) == hit
    for name in (
        "notevil.example",
        "evil.example.com",
        "example",
        "c.test",
        "",
        ".",
        "evil",
        "evil..example.",
        "é" * 300,
        "x" * 5000,
    ):
        assert lists.match_name(name) is None


def test_internationalised_names_match_in_both_spellings(tmp_path) -> None:
    lists = Blocklist.open(make(tmp_path, a="bücher.example\n"))
    for name in ("xn--bcher-kva.example", "www.bücher.example", "BÜCHER.example"):
        match = lists.match_name(name)
        assert match is not None
        assert match.entry == "xn--bcher-kva.example"


def test_the_worst_list_wins_then_the_first_then_the_narrowest_entry(tmp_path) -> None:
    config = make(
        tmp_path, ads__advertising="example.test\nboth.test\n", first="a.example.test\nx.test\ny.x.test\n",
        second="a.example.test\nboth.test\nx.test\n",
    )  # fmt: skip
    lists = Blocklist.open(config)
    assert lists.match_name("www.example.test") == Match(
        "ads", "example.test", "advertising", Severity.NORMAL, own=True
    )
    assert lists.match_name("a.example.test") == Match(
        "first", "a.example.test", "malware", Severity.CRITICAL
    )
    assert lists.match_name("both.test") == Match("second", "both.test", "malware", Severity.CRITICAL)
    assert lists.match_name("z.y.x.test") == Match("first", "y.x.test", "malware", Severity.CRITICAL)


def test_the_severity_of_a_list_can_be_set(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("evil.example\n")
    source = BlocklistSource(name="a", file="a.txt", category="tracking", severity="HIGH")
    lists = Blocklist.open(Config(base=str(tmp_path), blocklists=Blocklists(lists=(source,))))
    match = lists.match_name("evil.example")
    assert match is not None
    assert match.severity is Severity.HIGH


def test_what_is_allowed_is_on_no_list(tmp_path) -> None:
    lists = Blocklist.open(
        make(tmp_path, allow=("Good.Evil.example.",), a="evil.example\nx.good.evil.example\n")
    )
    assert lists.match_name("good.evil.example") is None
    assert lists.match_name("x.good.evil.example") is None
    assert lists.match_name("bad.evil.example") is not None


def test_an_exception_holds_for_its_own_list_only(tmp_path) -> None:
    config = make(tmp_path, a="||evil.example^\n@@||ok.evil.example^\n", b__tracking="b.ok.evil.example\n")
    lists = Blocklist.open(config)
    assert lists.match_name("ok.evil.example") is None
    assert lists.match_name("b.ok.evil.example") == Match(
        "b", "b.ok.evil.example", "tracking", Severity.NORMAL
    )
    assert lists.match_name("x.evil.example") is not None


def test_addresses(tmp_path) -> None:
    lists = Blocklist.open(
        make(tmp_path, a="1.2.0.0/16\n1.2.3.0/24\n8.8.8.8\n2a06:e480::/29\n2a06:e480::/64\n")
    )
    for address, entry in (
        ("1.2.3.4", "1.2.3.0/24"), ("1.2.4.4", "1.2.0.0/16"), ("1.2.0.0", "1.2.0.0/16"), ("1.2.255.255", "1.2.0.0/16"),
        ("8.8.8.8", "8.8.8.8"), ("::ffff:8.8.8.8", "8.8.8.8"), ("2a06:e480::1", "2a06:e480::/64"),
        ("2a06:e487:ffff::", "2a06:e480::/29"),
    ):  # fmt: skip
        assert lists.match_address(address) == Match("a", entry, "malware", Severity.CRITICAL, own=True)
    for address in (
        "1.1.255.255",
        "1.3.0.0",
        "8.8.8.7",
        "8.8.8.9",
        "::",
        "2a06:e488::",
        "ffff::",
        "",
        "x",
        "8.8.8",
        "fe80::1%eth0",
    ):
        assert lists.match_address(address) is None


def test_an_ipv6_address_that_leads_to_a_listed_one(tmp_path) -> None:
    """NAT64's prefix is RFC 6052's, 6to4's is RFC 3056's; of the others the last 32 bits mean nothing."""
    lists = Blocklist.open(make(tmp_path, a="203.0.113.7\n64:ff9b::c000:201\n"))
    for address in ("64:ff9b::cb00:7107", "2002:cb00:7107::1", "2002:cb00:7107:ffff::"):
        match = lists.match_address(address)
        assert match is not None and match.entry == "203.0.113.7"
    assert lists.match_address("64:ff9b::c000:201") is not None
    for address in ("64:ff9b::cb00:7108", "64:ff9b:1::cb00:7107", "2003:cb00:7107::1", "2001:db8::cb00:7107"):
        assert lists.match_address(address) is None


def test_addresses_agree_with_ipaddress(tmp_path) -> None:
    chance = random.Random(3)
    networks = {
        ip_network(
            (chance.randrange(0x20000000, 0x20100000), chance.choice((16, 20, 24, 28, 31, 32))), strict=False
        )
        for _ in range(300)
    }
    networks |= {
        ip_network(((0x2A06 << 112) | (chance.randrange(1 << 12) << 84), chance.choice((32, 44, 48, 64, 128))), strict=False)
        for _ in range(300)
    }  # fmt: skip
    lists = Blocklist.open(make(tmp_path, a="\n".join(map(str, networks))))
    edges = {edge for n in networks for edge in (int(n[0]) - 1, int(n[0]), int(n[-1]), int(n[-1]) + 1)}
    for number in edges:
        address = ip_address(number)
        around = [n for n in networks if n.version == address.version and address in n]
        match = lists.match_address(str(address))
        assert (match is not None) == bool(around), address
        if match:
            assert ip_network(match.entry) == max(around, key=lambda n: n.prefixlen)


def test_many_names_agree_with_a_plain_search(tmp_path) -> None:
    chance = random.Random(5)
    word = lambda: "".join(chance.choices("ab", k=chance.randrange(1, 4)))  # noqa: E731
    names = {f"{word()}.{word()}.test" for _ in range(60)} | {
        f"{word()}.{word()}.{word()}.test" for _ in range(60)
    }
    lists = Blocklist.open(make(tmp_path, a="\n".join(names)))
    for _ in range(3000):
        name = ".".join([word() for _ in range(chance.randrange(1, 5))] + ["test"])
        parents = [name.split(".", i)[-1] for i in range(name.count(".") + 1)]
        match = lists.match_name(name)
        assert (match.entry if match else None) == next((p for p in parents if p in names), None)


def test_the_cache_is_bounded_and_counts(tmp_path) -> None:
    lists = Blocklist.open(make(tmp_path, a="evil.example\n"))
    for i in range(CACHE + 10):
        lists.match_name(f"{i}.example")
    assert lists.evictions == CACHE
    assert lists.match_name("x.evil.example") is not None


def test_compiled_once(tmp_path) -> None:
    config = make(tmp_path, a="evil.example\n")
    folder = prepare(config)
    assert folder.parent == folder_of(config) / "compiled"
    stamp = (folder / "names.trie").stat().st_mtime_ns
    Blocklist.open(config)
    assert prepare(config) == folder
    assert (folder / "names.trie").stat().st_mtime_ns == stamp
    (tmp_path / "a.txt").write_text("evil2.example\n")
    assert prepare(config) != folder


def test_the_digest_of_a_list_is_of_what_is_read_of_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(blocklist_compile, "MAX_BYTES", 700_000)
    path = tmp_path / "list.txt"
    for size in (0, 1, 262_144, 262_145, 699_999, 700_000, 700_001, 900_000):
        path.write_bytes(random.Random(size).randbytes(size))
        assert digest_of(path) == sha256(read_list(path) or b"").digest()
    assert digest_of(tmp_path / "none.txt") is None
    assert digest_of(tmp_path) is None


def test_a_damaged_folder_is_built_again(tmp_path) -> None:
    config = make(tmp_path, a="evil.example\n")
    folder = prepare(config)
    for name in ("manifest.json", "names.npy", "starts.npy", "names.trie"):
        (folder / name).write_bytes(b"")
        match = Blocklist.open(config).match_name("evil.example")
        assert match is not None


def test_old_folders_are_removed(tmp_path) -> None:
    config = make(tmp_path, a="evil.example\n")
    left = folder_of(config) / "compiled" / "building-killed"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))
    for i in range(6):
        (tmp_path / "a.txt").write_text(f"evil{i}.example\n")
        prepare(config)
    assert len(list((folder_of(config) / "compiled").iterdir())) == 3


def _open(config: Config) -> bool:
    return Blocklist.open(config).match_name("n7.evil.example") is not None


def test_processes_that_build_at_once_make_one_folder(tmp_path) -> None:
    config = make(tmp_path, a="".join(f"n{i}.evil.example\n" for i in range(20_000)))
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert all(pool.map(_open, [config] * 6))
    [folder] = (folder_of(config) / "compiled").iterdir()
    assert not folder.name.startswith("building-")


def test_where_nothing_can_be_written_a_private_folder_serves(tmp_path, monkeypatch) -> None:
    config = make(tmp_path, a="evil.example\n")
    (tmp_path / "blocklists").write_text("a file where the folder should be")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lists = Blocklist.open(config)
    assert lists.match_name("evil.example") is not None
    assert len(list(tmp_path.glob("sentinel-blocklists-*"))) == 1
    del lists
    assert not list(tmp_path.glob("sentinel-blocklists-*"))


def reload(lists: Blocklist) -> bool:
    """Poll as a sensor does, for at most ten seconds."""
    return any(lists.reload_if_changed() or time.sleep(0.02) for _ in range(500))


def test_a_changed_list_is_taken_up(tmp_path) -> None:
    config = make(tmp_path, a="evil.example\n", b=None)
    lists = Blocklist.open(config)
    assert lists.match_name("new.example") is None
    assert not lists.reload_if_changed()
    (tmp_path / "a.txt").write_text("evil.example\nnew.example\n")
    assert reload(lists)
    assert lists.match_name("new.example") is not None
    (tmp_path / "b.txt").write_text("late.example\n")
    assert reload(lists)
    assert lists.match_name("late.example") is not None
    assert not lists.reload_if_changed()


def test_lists_that_cannot_be_compiled_leave_the_last_ones(tmp_path, monkeypatch) -> None:
    lists = Blocklist.open(make(tmp_path, a="evil.example\n"))

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("analysis.blocklist.prepare", full)
    (tmp_path / "a.txt").write_text("other.example\n")
    for _ in range(100):
        assert not lists.reload_if_changed()
        time.sleep(0.005)
    assert lists.match_name("evil.example") is not None
    assert [row for row in lists.health() if "no space left" in row.message and row.level == "alarm"]


def test_what_is_told_about_each_list(tmp_path) -> None:
    config = make(tmp_path, good="evil.example\n", odd="com\nok.example\n", empty="# nothing\n", absent=None)
    fetched = folder_of(config) / "fetched"
    fetched.mkdir(parents=True)
    (fetched / "urlhaus.txt").write_text("0.0.0.0 evil.example\n")
    os.utime(fetched / "urlhaus.txt", (time.time() - 30 * 86_400,) * 2)
    more = (BlocklistSource(name="old", feed="urlhaus"), BlocklistSource(name="never", feed="feodo"),
            BlocklistSource(name="off", feed="stevenblack", enabled=False))  # fmt: skip
    config = config.model_copy(update={"blocklists": Blocklists(lists=config.blocklists.lists + more)})
    lists = Blocklist.open(config)
    assert [(s.name, s.entries, s.state) for s in lists.status] == [
        ("good", 1, "ok"), ("odd", 1, "ok"), ("empty", 0, "empty"), ("absent", 0, "missing"), ("old", 1, "stale"),
        ("never", 0, "missing"),
    ]  # fmt: skip
    assert lists.status[1].refused == {"public suffix": 1}
    rows = {row.subject: row for row in health(config)}
    assert {name: row.level for name, row in rows.items()} == {
        "good": "ok", "odd": "note", "empty": "alarm", "absent": "alarm", "old": "note", "never": "alarm",
    }  # fmt: skip
    assert rows["odd"].message.endswith("refused 1: 1 public suffix (line 1)")
    assert "30 days" in rows["old"].message
    assert rows["never"].fix == "run: sentinel.py update"
    assert all(row.fix for row in rows.values() if row.level != "ok")


def test_no_list_at_all_is_told(tmp_path) -> None:
    [row] = health(Config(base=str(tmp_path), blocklists=Blocklists(lists=())))
    assert row.level == "note"


def test_the_list_that_comes_along_proves_the_alarm(pytestconfig) -> None:
    text = (pytestconfig.rootpath / "blocklists" / "own.txt").read_bytes()
    from analysis.blocklist_formats import parse

    parsed = parse(text, own=True)
    assert parsed.names == {"blocked.sentinel.test"}
    assert not parsed.refused


@pytest.mark.captures
def test_real_lists(tmp_path, shared_blocklists) -> None:
    sources = tuple(
        BlocklistSource(name=path.name, file=str(path)) for path in sorted(shared_blocklists.iterdir())
    )
    lists = Blocklist.open(Config(base=str(tmp_path), blocklists=Blocklists(lists=sources)))
    entries = {status.name: status.entries for status in lists.status}
    same = {
        entries[name]
        for name in ("ransomware.txt", "ransomware-nl.txt", "ransomware-dnsmasq.txt", "ransomware-ags.txt")
    }
    assert len(same) == 1
    assert entries["phishing-nl.txt"] > 190_000
    assert all(sum(status.refused.values()) < 10 for status in lists.status)


def test_large_lists_are_compiled_in_a_process_of_their_own(tmp_path, monkeypatch) -> None:
    names = "".join(f"n{i}.{'x' * 40}.example\n" for i in range(50_000))
    config = make(tmp_path, a=names, allow=("n1.example",))

    def here(*_: object) -> None:
        raise AssertionError("compiled in this process")

    monkeypatch.setattr("analysis.blocklist_build.build", here)
    assert Blocklist.open(config).match_name(f"www.n49999.{'x' * 40}.example") is not None
    monkeypatch.undo()
    monkeypatch.setattr("sys.executable", str(tmp_path / "absent"))
    (tmp_path / "a.txt").write_text(names + "late.example\n")
    assert Blocklist.open(config).match_name("late.example") is not None
