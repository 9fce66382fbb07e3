"""Databases to look at: a small home of six devices and a busy one, made with the schema's own SQL.

`python -m tests.dashboard.filldb PATH [small|busy] [--live]` makes one; `--live` then adds rows every
second until interrupted, as a sensor would.
"""

import json
import random
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[2] / "analysis" / "store" / "schema.sql"

KINDS = [
    "phone",
    "computer",
    "television",
    "speaker",
    "camera",
    "smart home",
    "smart home",
    "printer",
    "storage",
    "console",
    "tablet",
    "smart home",
]
VENDORS = [
    "Apple",
    "Samsung",
    "Google",
    "Amazon",
    "Sonos",
    "Espressif",
    "TP-Link",
    "Raspberry Pi",
    "Intel",
    "Ring",
    "Signify",
    "Roku",
    "Xiaomi",
    None,
]
SMALL = [
    ("Annas-iPhone", "Apple", "phone", "trusted", "Anna's phone"),
    ("thinkpad-t14", "Lenovo", "computer", "trusted", None),
    ("LG-webOS-TV", "LG Electronics", "television", "trusted", "Living room TV"),
    ("ipcam-front", "Hikvision", "camera", "unknown", None),
    ("ESP_4F21B0", "Espressif", "smart home", "iot", "Kettle plug"),
    (None, None, None, "unknown", None),
]
DOMAINS = [
    "google.com",
    "apple.com",
    "icloud.com",
    "netflix.com",
    "amazonaws.com",
    "akamai.net",
    "cloudflare.com",
    "microsoft.com",
    "spotify.com",
    "tuyaeu.com",
    "fastly.net",
    "facebook.com",
    "whatsapp.net",
    "hik-connect.com",
    "ntp.org",
    "youtube.com",
]
RULES = [
    (
        "insecure-protocol",
        2,
        "{d} opened a Telnet session to {p}",
        "Telnet sends everything, passwords too, as plain text: anybody on the way can read it.",
        "Turn Telnet off on the other side and use SSH. If you do not know this session, unplug the device and change its password.",
        23,
    ),
    (
        "blocked-domain",
        2,
        "{d} asked for {p}, a known malware address",
        "The name is on a list of addresses that malware uses to receive commands.",
        "Take the device off the network and scan it for malware.",
        53,
    ),
    (
        "suspicious-port",
        1,
        "{d} reached a remote desktop service at {p}",
        "Remote desktop leaving your home can mean that somebody works on your computer from outside.",
        "If nobody in the house uses it, close the program and look for remote-control software.",
        3389,
    ),
    (
        "port-scan",
        1,
        "{d} tried 120 ports of {p}",
        "Trying many doors of a device is how attackers look for a way in.",
        "Find out which program on the device did this.",
        None,
    ),
    (
        "new-connection",
        0,
        "{d} talked to {p} for the first time",
        "It is new for this device. Most new connections are harmless.",
        "Nothing to do, unless you do not know the device.",
        443,
    ),
    (
        "new-connection",
        0,
        "{d} used port 8883 at {p} for the first time",
        "It is new for this device.",
        "Nothing to do.",
        8883,
    ),
]


class Home:
    """A database under construction; `now` is its present."""

    def __init__(self, path: str | Path, seed: int = 7, now: float | None = None) -> None:
        self.path = Path(path)
        self.random = random.Random(seed)
        self.now = time.time() if now is None else now
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=10)
        self.db.execute("PRAGMA journal_mode = WAL")
        if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'devices'").fetchone():
            self.db.executescript(SCHEMA.read_text())
        self.change = self.db.execute("SELECT COALESCE(MAX(change), 0) FROM alerts").fetchone()[0]
        self.domains: list[str] = []

    def sensor(
        self, name: str = "eth0", *, heartbeat: float | None = None, state: str = "running", dropped: int = 42
    ) -> None:
        counters = {
            "undecoded": {"truncated": 12, "unknown ethertype": 310, "802.11": 4},
            "parser_errors": {"dns": 3},
            "evicted": {"flows": 0},
        }
        self.db.execute(
            "INSERT OR REPLACE INTO sensors VALUES (?, ?, 4242, 1, ?, NULL, ?, ?, ?, 18734021, 15300000000, ?, 0, 3, ?)",
            (
                name,
                "Home Wi-Fi",
                state,
                self.now - 86400,
                self.now if heartbeat is None else heartbeat,
                self.now - 0.5,
                dropped,
                json.dumps(counters),
            ),
        )

    def health(self) -> None:
        rows = [
            ("lists", "urlhaus", "ok", "urlhaus: 48,112 names, fetched 5 hours ago", None),
            ("lists", "own list", "note", "Your own list is empty", "Add names to blocklists/own.txt"),
            ("rights", "eth0", "ok", "Packets can be captured", None),
            (
                "view",
                "eth0",
                "alarm",
                "Only this computer's own traffic is visible on eth0",
                "Use a mirror port of your router or switch, see README: the whole home",
            ),
        ]
        self.db.executemany(
            "INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*r, self.now - 7200, self.now) for r in rows],
        )

    def device(
        self,
        number: int,
        name: str | None,
        vendor: str | None,
        kind: str | None,
        trust: str = "unknown",
        noted: str | None = None,
    ) -> int:
        mac = f"{0x3C + number % 100:02x}:52:82:{number >> 8 & 255:02x}:{number * 7 & 255:02x}:{number & 255:02x}"
        ip = f"192.168.{1 + number // 240}.{10 + number % 240}"
        first = self.now - self.random.uniform(0.2, 200) * 86400
        last = self.now - self.random.choice([5, 40, 300, 2000, 9000])
        row = self.db.execute(
            "INSERT INTO devices (network, mac, vendor, randomised, name, name_source, vendor_class, kind, os, ip, first_seen, last_seen)"
            " VALUES ('eth0', ?, ?, ?, ?, 'dhcp', ?, ?, ?, ?, ?, ?)",
            (
                mac,
                vendor,
                int(vendor is None),
                name,
                "android-dhcp-14" if kind == "phone" else None,
                kind,
                "Linux" if kind in ("television", "camera") else None,
                ip,
                first,
                last,
            ),
        )
        device = int(row.lastrowid or 0)
        v6 = f"fe80::3e52:82ff:fe{number:02x}:{device:x}"
        self.db.executemany(
            "INSERT INTO device_addresses VALUES (?, ?, ?, ?)",
            [(device, ip, first, last), (device, v6, first, last)],
        )
        if name:
            self.db.executemany(
                "INSERT INTO device_names VALUES (?, ?, ?, ?, ?)",
                [(device, "dhcp", name, first, last), (device, "mdns", f"{name}.local", first, last)],
            )
        if trust != "unknown" or noted:
            self.db.execute(
                "INSERT INTO device_notes (network, mac, name, trust, note, changed) VALUES ('eth0', ?, ?, ?, NULL, ?)",
                (mac, noted, trust, self.now),
            )
        return device

    def alert(
        self,
        device: int,
        rule: tuple[Any, ...],
        peer: str,
        last: float,
        *,
        count: int = 1,
        title: str | None = None,
    ) -> int:
        rule_id, severity, text, why, advice, port = rule
        mac, ip, name = self.db.execute(
            "SELECT mac, ip, COALESCE(name, vendor, mac) FROM devices WHERE id = ?", (device,)
        ).fetchone()
        self.change += 1
        uid = f"{rule_id}-{device}-{self.change}"
        evidence = {
            "server port": port,
            "packets with payload": 14,
            "threshold": 1,
            "usual for this device": False,
            "names asked just before": [peer],
        }
        row = self.db.execute(
            "INSERT INTO alerts (uid, key, rule, severity, sensor, device, device_mac, device_ip, device_name, peer_ip, peer_name, port, proto,"
            " count, first_seen, last_seen, title, why, evidence, advice, change) VALUES (?, ?, ?, ?, 'eth0', ?, ?, ?, ?, ?, ?, ?, 'tcp', ?, ?, ?, ?, ?, ?, ?, ?)",
            (uid, f"{rule_id}|{device}|{peer}", rule_id, severity, device, mac, ip, name, f"203.0.113.{device % 250}", peer, port, count,
             last - 900 * (count > 1), last, title or text.format(d=name, p=peer), why, json.dumps(evidence), advice, self.change),
        )  # fmt: skip
        self.db.execute(
            "INSERT INTO alert_hour VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET incidents = incidents + 1",
            (int(last // 3600), rule_id, severity),
        )
        return int(row.lastrowid or 0)

    def lookup(
        self,
        device: int,
        name: str,
        ts: float,
        *,
        blocked_by: str | None = None,
        rcode: str = "NOERROR",
        qtype: str = "A",
    ) -> None:
        ip = self.db.execute("SELECT ip FROM devices WHERE id = ?", (device,)).fetchone()[0]
        self.db.execute(
            "INSERT INTO dns (ts, sensor, device, transport, client_ip, client_mac, server_ip, name, qtype, rcode, answers, blocked_by, elapsed)"
            " VALUES (?, 'eth0', ?, 'udp', ?, NULL, '192.168.1.1', ?, ?, ?, ?, ?, ?)",
            (
                ts,
                device,
                ip,
                name,
                qtype,
                rcode,
                json.dumps(["93.184.216.34"]) if rcode == "NOERROR" else None,
                blocked_by,
                self.random.uniform(0.002, 0.08),
            ),
        )

    def packet(
        self, src: str, dst: str, ts: float, *, length: int = 583, sample: int = 1, proto: str = "tcp"
    ) -> None:
        self.db.execute(
            "INSERT INTO packets (ts, sensor, src, dst, sport, dport, proto, length, sample) VALUES (?, 'eth0', ?, ?, 51514, 443, ?, ?, ?)",
            (ts, src, dst, proto, length, sample),
        )

    def traffic(self, devices: list[int], *, hours: int, peers: int, domains: list[str]) -> None:
        """Roll-ups of the last hours: each device talks to `peers` of the domains, by its own weight."""
        self.domains = domains
        hour, rnd = int(self.now // 3600), self.random
        for device in devices:
            weight = rnd.lognormvariate(0, 1.3)
            mine = rnd.sample(
                domains[: max(peers, len(domains) // 3)], min(peers // 2, len(domains))
            ) + rnd.sample(domains, min(peers // 2, len(domains)))
            edges, hourly, minutes = [], [], []
            for h in range(hour - hours, hour + 1):
                day = 0.25 + (1 if 7 <= h % 24 <= 22 else 0.1) * rnd.random()
                up, down = int(weight * day * 4e6), int(weight * day * 6e7)
                hourly.append((device, h, up, down, (up + down) // 900))
                if h >= hour - 26:
                    minutes += [
                        (device, h * 60 + m, up // 60, int(down / 60 * rnd.uniform(0.3, 1.9)), 20)
                        for m in range(60)
                        if (h * 60 + m) * 60 <= self.now
                    ]
                for peer in set(rnd.sample(mine, max(1, len(mine) // 4))):
                    share = rnd.expovariate(6)
                    edges.append(
                        (h, device, peer, 443, "tcp", rnd.randint(1, 40), int(up * share), int(down * share))
                    )
            self.db.executemany("INSERT OR REPLACE INTO traffic_hour VALUES (?, ?, ?, ?, ?)", hourly)
            self.db.executemany("INSERT OR REPLACE INTO traffic_minute VALUES (?, ?, ?, ?, ?)", minutes)
            self.db.executemany("INSERT OR REPLACE INTO edge_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)", edges)
            self.db.executemany(
                "INSERT OR REPLACE INTO dns_hour VALUES (?, ?, ?, ?, ?)",
                [
                    (h, device, rnd.randint(5, 90), rnd.randint(0, 6), rnd.randint(0, 4))
                    for _, h, *_ in hourly
                ],
            )
        self.db.execute(
            "INSERT OR REPLACE INTO edge_day SELECT hour / 24, device, peer, port, proto, SUM(flows), SUM(bytes_up), SUM(bytes_down) FROM edge_hour GROUP BY 1, 2, 3, 4, 5"
        )
        for other in devices[1:3]:
            self.db.execute(
                "INSERT OR REPLACE INTO edge_hour VALUES (?, ?, ?, 445, 'tcp', 12, 40000, 9000000)",
                (hour, devices[-1], f"device:{other}"),
            )

    def history(self, devices: list[int], *, flows: int, lookups: int, packets: int, span: float) -> None:
        """Raw rows spread over `span` seconds."""
        rnd, start = self.random, self.now - span
        ips = dict(self.db.execute("SELECT id, ip FROM devices").fetchall())
        times = sorted(rnd.uniform(start, self.now) for _ in range(flows))
        self.db.executemany(
            "INSERT INTO flows (sensor, flow, device, client_ip, server_ip, client_port, port, proto, peer, service, state, first_seen, last_seen,"
            " packets_up, packets_down, bytes_up, bytes_down) VALUES ('eth0', ?, ?, ?, ?, ?, ?, ?, ?, ?, 'established', ?, ?, 12, 20, ?, ?)",
            ((n, d := rnd.choice(devices), ips[d], f"142.250.{n % 250}.{n % 199 + 1}", 40000 + n % 20000, *rnd.choice([(443, "tcp"), (443, "udp"), (80, "tcp"), (123, "udp"), (8883, "tcp")]),
              rnd.choice(self.domains), rnd.choice(["tls", "http", None]), ts, ts + rnd.expovariate(0.1), rnd.randint(200, 90_000), rnd.randint(200, 900_000)) for n, ts in enumerate(times)),
        )  # fmt: skip
        times = sorted(rnd.uniform(start, self.now) for _ in range(lookups))
        self.db.executemany(
            "INSERT INTO dns (ts, sensor, device, transport, client_ip, server_ip, name, qtype, rcode, answers, blocked_by, elapsed)"
            " VALUES (?, 'eth0', ?, 'udp', ?, '192.168.1.1', ?, ?, ?, '[\"142.250.1.1\", \"142.250.1.2\"]', ?, ?)",
            ((ts, d := rnd.choice(devices), ips[d], f"{rnd.choice(['www', 'api', 'cdn', 'push'])}.{rnd.choice(self.domains)}", rnd.choice(["A", "AAAA", "HTTPS"]),
              rnd.choices(["NOERROR", "NXDOMAIN", None], [50, 3, 1])[0], rnd.choices([None, "urlhaus", "advertising"], [60, 1, 5])[0], rnd.uniform(0.001, 0.1)) for ts in times),
        )  # fmt: skip
        for n in range(packets):
            device = rnd.choice(devices)
            self.packet(
                ips[device],
                f"142.250.{n % 250}.7",
                self.now - (packets - n) * 0.01,
                length=rnd.choice([60, 583, 1514]),
                sample=4 if n > packets // 2 else 1,
            )
        self.db.executemany(
            "INSERT OR REPLACE INTO sensor_minute VALUES ('eth0', ?, ?, ?, ?, ?)",
            [
                (int(self.now // 60) - m, rnd.randint(4000, 30000), 9_000_000, rnd.choice([0, 0, 0, 12]), 3)
                for m in range(1440)
            ],
        )

    def usual(self, device: int, number: int = 20) -> None:
        rows = [
            (
                device,
                f"142.250.1.{n}",
                443,
                "tcp",
                self.random.choice(self.domains or DOMAINS),
                int(n % 5 != 0),
                self.now - 86400 * n,
                self.now - 60 * n,
            )
            for n in range(number)
        ]
        self.db.executemany("INSERT OR REPLACE INTO baseline VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def small(path: str | Path, now: float | None = None) -> Home:
    """Six devices, one real problem, a week of ordinary life."""
    home = Home(path, now=now)
    home.db.execute("BEGIN")
    home.sensor(dropped=0)
    home.health()
    devices = [home.device(n + 1, *row) for n, row in enumerate(SMALL)]
    home.traffic(devices, hours=72, peers=8, domains=DOMAINS)
    home.history(devices, flows=800, lookups=1200, packets=400, span=86400)
    for n in range(14):
        home.alert(devices[n % 6], RULES[4 + n % 2], DOMAINS[n % 16], home.now - 86400 + n * 4000)
    home.alert(devices[4], RULES[2], "198.51.100.20", home.now - 9000)
    home.alert(devices[3], RULES[0], "203.0.113.9", home.now - 400, count=3)
    for device in devices:
        home.usual(device)
    home.db.execute("COMMIT")
    return home


def busy(
    path: str | Path,
    now: float | None = None,
    *,
    flows: int = 200_000,
    lookups: int = 100_000,
    alerts: int = 2000,
) -> Home:
    """40 devices, 1,500 destinations, thousands of incidents."""
    home = Home(path, now=now)
    rnd = home.random
    home.db.execute("BEGIN")
    home.sensor("eth0", dropped=1893)
    home.sensor("wlan0")
    home.health()
    devices = []
    for n in range(1, 41):
        kind, vendor = KINDS[n % len(KINDS)], VENDORS[n % len(VENDORS)]
        name = (
            f"{(vendor or 'host').lower().replace(' ', '-')}-{kind.replace(' ', '-')}-{n}" if n % 7 else None
        )
        devices.append(
            home.device(
                n,
                name,
                vendor,
                kind if n % 9 else None,
                rnd.choices(["trusted", "unknown", "guest", "iot"], [24, 6, 2, 8])[0],
            )
        )
    domains = DOMAINS + [
        f"site{n}.{rnd.choice(['com', 'net', 'org', 'io', 'ru', 'cn', 'xyz'])}" for n in range(1484)
    ]
    home.traffic(devices, hours=30 * 24, peers=60, domains=domains)
    home.history(devices, flows=flows, lookups=lookups, packets=20_000, span=14 * 86400)
    times = sorted(rnd.uniform(home.now - 30 * 86400, home.now) for _ in range(alerts))
    for ts in times:
        rule = rnd.choices(RULES, [0.4, 0.6, 1, 0.6, 60, 30])[0]
        alert = home.alert(
            rnd.choice(devices), rule, rnd.choice(domains[:300]), ts, count=rnd.choice([1, 1, 1, 5, 42])
        )
        if rnd.random() < 0.6:
            home.db.execute(
                "INSERT INTO alert_notes SELECT uid, ?, NULL, ? FROM alerts WHERE id = ?",
                (rnd.choice(["acknowledged", "expected"]), ts + 60, alert),
            )
    for device in devices:
        home.usual(device, 60)
    home.db.execute("COMMIT")
    return home


def live(home: Home, rate: int = 5) -> None:
    """Add rows every second until interrupted."""
    devices = [row[0] for row in home.db.execute("SELECT id FROM devices").fetchall()]
    ips = dict(home.db.execute("SELECT id, ip FROM devices").fetchall())
    while True:
        home.now = time.time()
        home.db.execute("BEGIN IMMEDIATE")
        home.db.execute(
            "UPDATE sensors SET heartbeat = ?, last_packet = ?, packets = packets + 900", (home.now, home.now)
        )
        for _ in range(rate):
            device = home.random.choice(devices)
            name = home.random.choice(DOMAINS)
            home.lookup(
                device, f"www.{name}", home.now, blocked_by="urlhaus" if home.random.random() < 0.1 else None
            )
            home.packet(ips[device], "142.250.1.7", home.now)
        if home.random.random() < 0.1:
            home.alert(
                home.random.choice(devices), home.random.choice(RULES), home.random.choice(DOMAINS), home.now
            )
        home.db.execute("COMMIT")
        time.sleep(1)


if __name__ == "__main__":
    made = (busy if "busy" in sys.argv else small)(sys.argv[1])
    if "--live" in sys.argv:
        live(made)
