"""`replay --json` over real captures, judged by what tshark and a person said of them."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from sensors.replay import main

pytestmark = pytest.mark.captures

INSECURE, SUSPICIOUS, SCAN = "insecure-protocol", "suspicious-port", "port-scan"
GUESSING, CLEAR = "password-guessing", "clear-credentials"


def manifest(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def facts(folder: Path) -> dict[str, dict]:
    lines = (folder / "FACTS.jsonl").read_text(encoding="utf-8").splitlines()
    return {fact["file"]: fact for fact in map(json.loads, lines)}


class Results:
    """Each capture replayed once."""

    def __init__(self, folder: Path, tmp: Path) -> None:
        self.folder, self._tmp = folder, tmp
        self.manifest, self.facts = manifest(folder), facts(folder)
        self._done: dict[tuple, tuple[int, str]] = {}

    def run(self, name: str, *more: str) -> tuple[int, str]:
        if (name, *more) not in self._done:
            import contextlib
            import io

            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                code = main([str(self.folder / name), "--json", *more])
            self._done[name, *more] = code, out.getvalue()
        return self._done[name, *more]

    def records(self, name: str, kind: str, *more: str) -> list[dict]:
        return [r for r in map(json.loads, self.run(name, *more)[1].splitlines()) if r["type"] == kind]

    def alerts(self, name: str, rule: str | None = None, *more: str) -> list[dict]:
        return [a for a in self.records(name, "alert", *more) if rule in (None, a["rule"])]


@pytest.fixture(scope="module")
def results(captures, tmp_path_factory) -> Results:
    return Results(captures, tmp_path_factory.mktemp("replay"))


def folder() -> Path:
    return Path(__file__).parent.parent.parent / "shared" / "captures"


NAMES = sorted(manifest(folder())) if folder().is_dir() else []
each = pytest.mark.parametrize("name", NAMES)


@each
def test_every_capture_is_read_to_its_end(results, name):
    code, out = results.run(name)
    assert code == (3 if results.manifest[name]["read_errors"] not in ("", "0") else 0)
    summary = json.loads(out.splitlines()[-1])
    assert summary["type"] == "summary"
    assert summary["packets"] == int(results.manifest[name]["packets"])
    counted = Counter(json.loads(line)["type"] for line in out.splitlines()[:-1])
    assert dict(counted) == summary["counts"]


@each
def test_dns_queries_are_those_that_tshark_counts(results, name):
    counts = json.loads(results.manifest[name]["dns"] or "{}")
    records = results.records(name, "dns")
    assert len(records) == counts.get("query", 0)
    names = results.facts[name].get("dns_qnames_all")
    if names:
        plain = {n.lower() for n in names if n.isascii()}
        assert plain <= {r["name"] for r in records}


@each
def test_dhcp_hostnames_are_names_of_the_devices(results, name):
    devices = {d["mac"]: d["names"] for d in results.records(name, "device")}
    for mac, told in json.loads(results.manifest[name]["dhcp_clients"] or "{}").items():
        if "hostname" in told:
            assert told["hostname"] in devices[mac]


@each
def test_insecure_sessions_are_one_incident_each_and_nothing_else_is(results, name):
    expected = Counter()
    for _protocol, ends, _ in json.loads(results.manifest[name]["insecure_sessions"] or "[]"):
        client, _, server = ends.partition("->")
        ip, _, port = server.rpartition(":")
        expected[client, ip, int(port)] += 1
    found = Counter((a["device_ip"], a["peer_ip"], a["port"]) for a in results.alerts(name, INSECURE))
    assert found == expected
    assert all(a["severity"] == "CRITICAL" for a in results.alerts(name, INSECURE))


@each
def test_tls_and_http_facts_are_those_that_tshark_counts(results, name):
    row = results.manifest[name]
    assert len(results.records(name, "tls")) == int(row["tls_client_hellos"] or 0) + quic_hellos(
        results, name
    )
    if "wlan" not in row["link_type"] and not name.startswith("wifi"):
        assert len(results.records(name, "http")) == int(row["http_requests"] or 0)


def quic_hellos(results: Results, name: str) -> int:
    return sum(1 for r in results.records(name, "tls") if r["quic"])


@each
def test_two_runs_print_the_same(results, name):
    first = results.run(name)
    again = Results(results.folder, Path()).run(name)
    assert first == again


@each
def test_quiet_captures_stay_quiet(results, name):
    unwanted = results.manifest[name]["should_not_detect"]
    if unwanted.startswith("no CRITICAL/HIGH") or "benign" in unwanted:
        assert [a for a in results.alerts(name) if a["severity"] != "NORMAL"] == []
    if unwanted == "no HIGH":
        assert [a for a in results.alerts(name) if a["severity"] == "HIGH"] == []


@pytest.mark.parametrize(
    "name, rule, severity, device, peer, port, more",
    [
        ("telnet-ndpi.pcap", INSECURE, "CRITICAL", "192.168.0.2", "192.168.0.1", 23, []),
        ("ftp-anonymous-ndpi.pcap", INSECURE, "CRITICAL", "192.168.1.212", "90.130.70.73", 21, []),
        ("ftp-bruteforce-zeek.pcap", INSECURE, "CRITICAL", "192.168.56.1", "192.168.56.101", 21, []),
        ("rsh-ndpi.pcap", INSECURE, "CRITICAL", "127.0.0.1", "127.0.0.1", 514, []),
        ("rlogin-zeek-first200.pcapng", INSECURE, "CRITICAL", "10.0.0.1", "10.0.0.2", 513, []),
        ("mqtt-midstream-zeek.pcap", INSECURE, "CRITICAL", "10.0.1.4", "198.41.30.241", 1883, []),
        ("mqtt-userpass-ipv6-suricata.pcap", INSECURE, "CRITICAL", "::1", "::1", 1883, []),
        ("vlan-mpls-telnet-zeek.pcap", INSECURE, "CRITICAL", "10.1.2.1", "10.34.0.1", 23, []),
        ("ssh-outbound-zeek.pcap", SUSPICIOUS, "HIGH", "192.150.186.169", "131.159.14.23", 22, ["--home", "192.150.186.169/32"]),
        ("ipv6-ssh-dns-ja4.pcap", SUSPICIOUS, "HIGH", "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:410:0:2c0:dfff:fe47:33e", 22, []),
        ("smb-worm-irc-mercury.pcap", SUSPICIOUS, "HIGH", "192.168.1.124", "82.3.97.99", 6667, []),
        ("ftp-anonymous-ndpi.pcap", "new-connection", "NORMAL", "192.168.1.212", "90.130.70.73", 25685, []),
        ("ftp-anonymous-ndpi.pcap", "new-connection", "NORMAL", "192.168.1.212", "90.130.70.73", 24523, []),
        ("iot-tplink-plug-sentinel.pcap", "new-connection", "NORMAL", None, "52.49.107.41", 50443, []),
        ("ftp-bruteforce-zeek.pcap", GUESSING, "HIGH", "192.168.56.1", "192.168.56.101", 21, []),
        ("http-basicauth-ndpi.pcap", CLEAR, "HIGH", "192.168.0.4", "192.254.189.169", 80, []),
        ("rawip-basicauth-zeek.pcap", CLEAR, "NORMAL", None, "172.24.133.205", 8000, []),
        ("pop3-login-ndpi.pcapng", CLEAR, "HIGH", "192.168.0.4", "212.227.15.166", 110, []),
        ("imap-login-ndpi.pcap", CLEAR, "NORMAL", "10.40.4.2", "10.40.3.2", 143, []),
        ("snmp-ndpi.pcapng", CLEAR, "HIGH", "65.2.162.193", "130.70.149.185", 161, []),
        ("smtp-ndpi.pcap", "exposed-service", "HIGH", "172.16.114.207", "194.7.248.153", 25, []),
        ("malware-rat-4433-chrissanders.pcapng", "foreign-port", "NORMAL", "172.16.0.114", "172.16.0.111", 4433, []),
        ("malware-rat-4433-chrissanders.pcapng", "foreign-port", "HIGH", "172.16.0.114", "172.16.0.111", 4433, ["--home", "172.16.0.114/32"]),
        ("iot-dlink-camera-sentinel.pcap", "old-tls", "NORMAL", "10.10.10.37", None, 443, []),
        ("portscan-syn-ndpi.pcap", SCAN, "HIGH", "172.16.0.8", "64.13.134.52", None, []),
    ],
)  # fmt: skip
def test_what_a_person_expects_is_found(results, name, rule, severity, device, peer, port, more):
    found = [
        a for a in results.alerts(name, rule, *more)
        if a["severity"] == severity and peer in (None, a["peer_ip"]) and a["port"] == port
        and device in (None, a["device_ip"])
    ]  # fmt: skip
    assert len(found) == 1


def test_a_scan_is_told_once_and_its_probes_are_not(results):
    assert len(results.alerts("portscan-syn-ndpi.pcap", SCAN)) == 1
    assert results.alerts("portscan-syn-ndpi.pcap", SUSPICIOUS) == []


def test_a_worm_that_is_answered_everywhere_is_a_scan_and_not_a_hundred_alerts(results):
    alerts = [a for a in results.alerts("smb-worm-irc-mercury.pcap") if a["severity"] == "HIGH"]
    assert {a["port"] for a in alerts if a["rule"] == SCAN} == {139, 445}
    assert len(alerts) < 40


SESSION_RULES = {
    GUESSING, CLEAR, "foreign-port", "exposed-service", "port-opened", "lateral-movement", "listed-tls",
    "bad-certificate", "unresolved-sni", "computer-like", "old-tls",
}  # fmt: skip


@each
def test_what_is_harmless_gives_no_serious_alert_about_sessions(results, name):
    if name.startswith(("home-", "iot-", "tls-quic", "quic-", "dhcp", "dns-mdns", "sll")):
        found = [a for a in results.alerts(name) if a["rule"] in SESSION_RULES]
        assert {a["severity"] for a in found} <= {"NORMAL"} and len(found) <= 1


def test_passwords_are_in_no_record(results):
    for name, secrets in (
        ("mqtt-userpass-ipv6-suricata.pcap", ["password", "pass1"]),
        ("http-basicauth-ndpi.pcap", ["fail2", "dGVzdDpmYWls"]),
        ("ftp-bruteforce-zeek.pcap", ["PASS "]),
        ("pop3-login-ndpi.pcapng", ["pippozzo"]),
        ("imap-login-ndpi.pcap", ["pfres"]),
        ("snmp-ndpi.pcapng", ["public", "adsl"]),
    ):
        text = results.run(name)[1]
        assert not [s for s in secrets if f'"{s}' in text or f": {s}" in text]
