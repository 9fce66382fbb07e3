"""A list that arrives wrong leaves the last good one in its place."""

import os
import subprocess
import sys
import time

import pytest

from analysis.blocklist import Blocklist
from analysis.blocklist_build import list_path
from analysis.blocklist_formats import FORMATS
from analysis.config import DEFAULT_LISTS, Blocklists, BlocklistSource, Config
from analysis.config_types import FEEDS, ROOT
from blocklists.fetch import Policy
from blocklists.sources import feeds
from blocklists.update import offline, update
from tests.blocklists.server import body, redirect, serving

POLICY = Policy(allowed=lambda address: address == "127.0.0.1", schemes=("http",), seconds=5)
GOOD = b"".join(b"evil%d.example\n" % i for i in range(100))


def config_for(folder, url: str) -> Config:
    # the schema takes https only, so a server without TLS is put in behind it
    source = BlocklistSource.model_construct(
        name="Test", file=None, feed=None, url=url, category="malware", severity=None, enabled=True
    )
    own = BlocklistSource(name="Own", file="own.txt")
    return Config(
        base=str(folder), blocklists=Blocklists.model_construct(lists=(source, own), allow=(), stale_days=7.0)
    )


def run(folder, answer, lines=None):
    """Update from a server that always gives this answer, under an address that stays the same."""
    with serving({"/list": answer}) as base:
        config = config_for(folder, f"{base}/list")
        path = list_path(config.blocklists.lists[0], config)
        kept = next(iter(path.parent.glob("url-*")), None) if path.parent.is_dir() else None
        if kept:
            kept.rename(path)
        [result] = update(config, (lines if lines is not None else []).append, POLICY)
        return result, path, config


def test_first_fetch_is_written_compiled_and_found(tmp_path) -> None:
    lines: list[str] = []
    result, path, config = run(tmp_path, body(GOOD), lines)
    assert (result.state, result.entries) == ("updated", 100)
    assert path.read_bytes() == GOOD
    assert path.parent == tmp_path / "blocklists" / "fetched"
    assert path.stat().st_mode & 0o777 == 0o644
    assert any("fetching" in line for line in lines)
    assert any("100 entries" in line for line in lines)
    match = Blocklist.open(config).match_name("www.evil7.example")
    assert match is not None
    assert (match.list, match.entry) == ("Test", "evil7.example")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (body(b"<!DOCTYPE html><title>Log in to the Wi-Fi</title>"), "web page"),
        (body(b"\n\n  <html>\n" + GOOD), "web page"),
        (body(b""), "0 entries"),
        (body(b"# only a comment\n"), "0 entries"),
        (body(GOOD[: len(GOOD) // 3]), "only 3"),
        (body(b"\x00\x01\x02" * 100), "not a text file"),
        (body(b"two words here\n" * 200 + GOOD), "no entries"),
        (body(b"", 503), "503"),
        (redirect("http://127.0.0.2/"), "not a public address"),
    ],
)
def test_the_last_good_list_stays(tmp_path, answer, why: str) -> None:
    run(tmp_path, body(GOOD))
    result, path, config = run(tmp_path, answer)
    assert (result.state, result.entries) == ("kept", 100)
    assert why in result.message
    assert path.read_bytes() == GOOD
    assert not list(path.parent.glob(".fetched-*"))
    assert Blocklist.open(config).match_name("evil1.example") is not None


def test_without_a_last_good_list_it_failed(tmp_path) -> None:
    result, path, config = run(tmp_path, body(b"", 500))
    assert result.state == "failed"
    assert not path.exists()
    assert [row.level for row in Blocklist.open(config).health()] == ["alarm", "alarm"]


def test_an_unchanged_list_is_fresh_again(tmp_path) -> None:
    _, path, _ = run(tmp_path, body(GOOD))
    os.utime(path, (0, 0))
    result, path, _ = run(tmp_path, body(GOOD))
    assert result.state == "unchanged"
    assert time.time() - path.stat().st_mtime < 60


def test_growing_and_shrinking_a_little_is_usual(tmp_path) -> None:
    run(tmp_path, body(GOOD))
    result, _, _ = run(tmp_path, body(GOOD[: len(GOOD) * 2 // 3]))
    assert result.state == "updated"
    result, _, _ = run(tmp_path, body(GOOD + b"new.example\n"))
    assert (result.state, result.entries) == ("updated", 101)


def test_every_feed_is_whole_and_the_default_lists_use_them() -> None:
    known = feeds()
    assert tuple(known) == FEEDS
    for feed in known.values():
        assert feed.url.startswith("https://")
        assert feed.homepage.startswith("https://")
        assert feed.format in FORMATS
        assert feed.minimum >= 1
        assert feed.licence
    for source in DEFAULT_LISTS:
        if source.feed:
            assert source.category == known[source.feed].category
            assert source.name == known[source.feed].name
    assert {source.feed for source in DEFAULT_LISTS} - {None} == set(known)


def test_the_command_says_what_it_did_by_its_exit_code(tmp_path) -> None:
    (tmp_path / "config.yaml").write_text("blocklists: {lists: []}\ndestinations: {fetch: false}\n")
    command = [sys.executable, "-m", "blocklists.update", "--config", str(tmp_path / "config.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no list" in done.stdout
    (tmp_path / "config.yaml").write_text("blocklist: {}\n")
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "did you mean 'blocklists'" in done.stderr
    (tmp_path / "config.yaml").write_text(
        "blocklists: {lists: [{name: A, url: 'https://127.0.0.1/list'}]}\ndestinations: {fetch: false}\n"
    )
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "not a public address" in done.stdout


def test_without_internet_it_is_said_once_and_plainly(tmp_path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a computer without a network is made by root on Linux: unshare --net")
    (tmp_path / "config.yaml").touch()
    command = [sys.executable, "-m", "blocklists.update", "--config", str(tmp_path / "config.yaml")]
    done = subprocess.run(
        ["unshare", "--net", *command], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this root may not make network namespaces")
    assert done.returncode == 1
    assert done.stderr.startswith("No internet: ")
    lists = sum(source.enabled and source.file is None for source in DEFAULT_LISTS)
    assert f"({lists} lists, 2 files about addresses)" in done.stderr
    assert done.stdout.count("fetching") == 2  # the others are not tried
    assert not (tmp_path / "blocklists" / "fetched").exists()


def test_one_server_without_a_way_to_it_is_no_missing_internet(tmp_path) -> None:
    with serving({"/list": body(GOOD)}) as base:
        config = config_for(tmp_path, f"{base}/list")
        good = config.blocklists.lists[0]
        gone = good.model_copy(update={"name": "Gone", "url": "http://no-such-host.invalid/list"})
        lists = config.blocklists.model_copy(update={"lists": (gone, good, gone.model_copy())})
        results = update(config.model_copy(update={"blocklists": lists}), lambda _: None, POLICY)
    assert [result.state for result in results] == ["offline", "updated", "offline"]
    assert not offline(results)
