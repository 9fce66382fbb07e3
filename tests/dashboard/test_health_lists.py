"""Health: what each blocklist holds and what of it was met last; rules by their titles."""

from pathlib import Path

from analysis.blocklist import Blocklist
from analysis.config import Blocklists, BlocklistSource, Config
from analysis.store.database import open_writer
from analysis.store.notes import Notes
from analysis.store.scopes import Scope
from analysis.store.status import write_health
from dashboard.app import create_app
from tests.dashboard.filldb import Home
from tests.dashboard.pages.test_layouts import page


def serve(home: Home, folder: Path, checked: bool = True, **options: object) -> str:
    """The health page of a home with three lists, two of them with entries, one switched off."""
    (folder / "bad.txt").write_text("evil.example\nworse.example\n203.0.113.0/24\n")
    (folder / "quiet.txt").write_text("198.51.100.7\n")
    sources = (
        BlocklistSource(name="Bad places", category="malware", file="bad.txt"),
        BlocklistSource(name="Quiet one", category="malware", file="quiet.txt"),
        BlocklistSource(name="Resting", category="malware", file="none.txt", enabled=False),
    )
    config = Config(base=str(folder), blocklists=Blocklists(lists=sources), **options)
    found = Blocklist.open(config).health()
    db = open_writer(home.path)
    db.execute("DELETE FROM health")
    if checked:
        write_health(db, found)
    db.close()
    return page(create_app(home.path, config).server.test_client(), "/health")


def met(home: Home, device: int, name: str, seen: float, rule: str = "blocklisted-name") -> int:
    """An incident of the list "Bad places"."""
    told = (rule, 2, "{d} looked up {p}", "Bad.", "Look.", 53)
    home.alert(device, told, name, seen)
    number = home.db.execute("SELECT MAX(id) FROM alerts").fetchone()[0]
    home.db.execute('UPDATE alerts SET evidence = \'{"list": "Bad places"}\' WHERE id = ?', (number,))
    return int(number)


def test_each_list_says_what_it_holds_and_what_was_met_last(home: Home, tmp_path: Path) -> None:
    met(home, 4, "evil.example", home.now - 500)
    newest = met(home, 1, "worse.example", home.now - 50)
    met(home, 4, "203.0.113.9", home.now - 5_000, "blocklisted-address")
    shown = serve(home, tmp_path)
    assert "2 names, 1 address" in shown
    listed = shown.split("Found last", 1)[1].split("Your own list")[0].replace("\\u002f", "/")
    assert f'"/alerts?id={newest}&state=all&range=all"' in listed
    assert '"worse.example"' in listed and "evil.example" not in listed and '"Anna\'s phone"' in listed
    assert listed.count("not found so far") == 2 and "fingerprint" not in listed


def test_where_no_checks_run_it_says_what_was_compiled(home: Home, tmp_path: Path) -> None:
    listed = serve(home, tmp_path, checked=False).split("Found last", 1)[1]
    assert '"2 names, 1 address"' in listed and '"1 address"' in listed and "not read yet" not in listed


def test_fingerprints_stand_under_their_rule(home: Home, tmp_path: Path) -> None:
    shown = serve(home, tmp_path, rules={"listed-tls": {"ja4": ("t13d190900_9dc949149365_97f8aa674fd9",)}})
    told = "1 fingerprint of encrypted connections (JA4): under the rule"
    assert told in shown


def test_what_is_expected_names_its_rule_in_words(home: Home, tmp_path: Path) -> None:
    Notes(home.path).expect(Scope("port-scan", 4, None, None), 30)
    shown = serve(home, tmp_path).split("What you expect")[1].split("Blocklists")[0]
    assert '"children":"Port scan"' in shown
    assert '"children":"port-scan"' not in shown and '"title":"port-scan"' in shown
