"""What a person adds from the dashboard stands in the file, is taken by the sensors, and can be taken back."""

from pathlib import Path

import pytest

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config
from analysis.own_list import MOST_BYTES, OwnList, OwnListError

HEAD = "# mine\nfirst.example\n"


def home(folder: Path, text: str | None = HEAD) -> Config:
    if text is not None:
        (folder / "own.txt").write_text(text, encoding="utf-8")
    lists = (BlocklistSource(name="Own list", file="own.txt"),)
    return Config(blocklists=Blocklists(lists=lists), base=str(folder))


def test_a_running_sensor_takes_an_added_name_up_and_gives_it_up(tmp_path: Path) -> None:
    config = home(tmp_path)
    sensor = Blocklist.open(config)
    assert sensor.match_name("www.evil.example") is None
    assert OwnList(config).add("Evil.Example.") == "evil.example"
    assert (tmp_path / "own.txt").read_text() == HEAD + "evil.example\n"
    found = Blocklist.open(config).match_name("www.evil.example")
    assert found is not None and (found.list, found.entry, found.own) == ("Own list", "evil.example", True)
    OwnList(config).remove("EVIL.example")
    assert (tmp_path / "own.txt").read_text() == HEAD
    assert Blocklist.open(config).match_name("www.evil.example") is None


def test_addresses_and_international_names(tmp_path: Path) -> None:
    own = OwnList(home(tmp_path))
    assert own.add("203.0.113.7") == "203.0.113.7"
    assert own.add("2001:DB8::7") == "2001:db8::7"
    assert own.add("bücher.example") == "xn--bcher-kva.example"
    assert own.entries() == ["first.example", "203.0.113.7", "2001:db8::7", "xn--bcher-kva.example"]
    assert own.holds("bücher.example") and own.holds("203.0.113.7") and not own.holds("example")


def test_twice_is_once_and_a_file_without_a_last_line_end_is_continued(tmp_path: Path) -> None:
    own = OwnList(home(tmp_path, "first.example"))
    own.add("second.example")
    own.add("SECOND.example.")
    own.add("first.example")
    assert (tmp_path / "own.txt").read_text() == "first.example\nsecond.example\n"


@pytest.mark.parametrize(
    "text",
    [
        "com", "co.uk", "localhost", "router", "fritz.box", "192.168.1.1", "10.0.0.0/8", "0.0.0.0/0", "", " ",
        "evil.example\nother.example", "evil.example\r# x", "# comment", "!x", "||evil.example^", "@@evil.example",
        "http://evil.example/", "../../etc/passwd", "a b.example", "evil.example\x00", "\u202eelpmaxe.live",
        "<img src=x onerror=alert(1)>.example", "a" * 300 + ".example", "=cmd()", "127.0.0.1 evil.example",
        "address=/evil.example/", "*", "*.com", "home.arpa", "1.2.3.4.5",
    ],
)  # fmt: skip
def test_what_is_no_single_entry_is_refused_and_the_file_stays(tmp_path: Path, text: str) -> None:
    with pytest.raises(OwnListError):
        OwnList(home(tmp_path)).add(text)
    assert (tmp_path / "own.txt").read_text() == HEAD
    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]


def test_a_list_of_another_format_is_left_to_its_owner(tmp_path: Path) -> None:
    dnsmasq = "address=/a.example/\naddress=/b.example/\n"
    own = OwnList(home(tmp_path, dnsmasq))
    with pytest.raises(OwnListError):
        own.add("evil.example")
    assert (tmp_path / "own.txt").read_text() == dnsmasq


def test_nothing_is_taken_out_by_an_empty_name(tmp_path: Path) -> None:
    own = OwnList(home(tmp_path))
    for text in ("", " ", "# mine", "a b"):
        with pytest.raises(OwnListError):
            own.remove(text)
    assert (tmp_path / "own.txt").read_text() == HEAD


def test_other_lines_stay_byte_for_byte(tmp_path: Path) -> None:
    text = "# a\r\n\r\n  first.example  # why\r\nsecond.example\r\n"
    (tmp_path / "own.txt").write_bytes(text.encode())
    own = OwnList(home(tmp_path, None))
    own.remove("second.example")
    assert (tmp_path / "own.txt").read_bytes() == text.replace("second.example\r\n", "").encode()


def test_a_missing_file_is_made_and_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "own.txt").symlink_to(tmp_path / "real.txt")
    own = OwnList(home(tmp_path, None))
    own.add("evil.example")
    assert (tmp_path / "real.txt").read_text() == "evil.example\n"
    assert (tmp_path / "own.txt").is_symlink()


def test_the_mode_stays(tmp_path: Path) -> None:
    config = home(tmp_path)
    (tmp_path / "own.txt").chmod(0o640)
    OwnList(config).add("evil.example")
    assert (tmp_path / "own.txt").stat().st_mode & 0o777 == 0o640


def test_without_a_list_of_ones_own_it_says_so(tmp_path: Path) -> None:
    config = Config(
        blocklists=Blocklists(lists=(BlocklistSource(name="x", feed="urlhaus"),)), base=str(tmp_path)
    )
    with pytest.raises(OwnListError, match="names no list of your own"):
        OwnList(config).add("evil.example")


def test_what_cannot_be_read_or_is_too_large_is_told(tmp_path: Path) -> None:
    own = OwnList(home(tmp_path, "#" * (MOST_BYTES + 1)))
    with pytest.raises(OwnListError, match="too large"):
        own.add("evil.example")
    (tmp_path / "own.txt").write_bytes(b"\xff\xfe\xe9")
    with pytest.raises(OwnListError, match="not UTF-8"):
        own.add("evil.example")
    (tmp_path / "own.txt").unlink()
    (tmp_path / "own.txt").mkdir()
    with pytest.raises(OwnListError, match="cannot be read"):
        own.add("evil.example")


def test_only_the_list_that_the_pages_change_is_ones_own(tmp_path: Path) -> None:
    names = {"off": False, "mine": True, "other": True}
    for name in names:
        (tmp_path / f"{name}.txt").write_text(f"{name}.example\n", encoding="utf-8")
    lists = tuple(BlocklistSource(name=n, file=f"{n}.txt", enabled=on) for n, on in names.items())
    config = Config(blocklists=Blocklists(lists=lists), base=str(tmp_path))
    matches = [Blocklist.open(config).match_name(f"{name}.example") for name in names]
    assert OwnList(config).name == "mine"
    assert [match and (match.list, match.own) for match in matches] == [
        None,
        ("mine", True),
        ("other", False),
    ]
