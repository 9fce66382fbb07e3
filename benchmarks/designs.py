"""The designs to compare, each in a process of its own: `python -m benchmarks.designs NAME FILE FOLDER`.

A design reads a capture and does what it is for; it tells packets, CPU seconds of its loop and of all
before (start-up: imports, a first capture of a few packets), and its peak memory.
"""

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import measure


def sentinel(path: Path, folder: Path, packet_rows: int = 0, first_four: bool = False) -> Callable[[], int]:
    """The whole of Sentinel: `replay` into a database, every parser and every rule on."""
    from benchmarks.settings import config_in
    from sensors.replay import replay

    config = config_in(folder, packet_rows, first_four)
    database = folder / f"sentinel-{os.getpid()}.db"

    def work() -> int:
        return replay([path], config, database).packets

    _start_up(config, folder)
    return work


def _start_up(config: Any, folder: Path) -> None:
    """What a sensor does before it listens, and a first capture: what is loaded at first use (the list, the
    public suffixes, certificates, User-Agents) belongs to the start-up."""
    from analysis.blocklist import Blocklist
    from analysis.store.writer import Writer
    from sensors.assemble import engine_for
    from sensors.replay import replay
    from sensors.sensor import WARM_UP_NETWORK, warm_up

    first, database = folder / "warm.pcap", folder / f"warm-{os.getpid()}.db"
    replay([first if first.exists() else folder / "few.pcap"], config, database)
    with Writer(database, WARM_UP_NETWORK) as known:
        warm_up(engine_for(config, known, Blocklist.open(config), network=WARM_UP_NETWORK))


def sentinel_log(path: Path, folder: Path) -> Callable[[], int]:
    """The same with the log of single packets."""
    return sentinel(path, folder, 100_000)


def sentinel_four(path: Path, folder: Path) -> Callable[[], int]:
    """The same with the first four rules alone; all parsers go on, because the pages need the facts."""
    return sentinel(path, folder, first_four=True)


def sentinel_facts(path: Path, folder: Path) -> Callable[[], int]:
    """Sentinel without its opinions: the decoder, the flow table and every parser, but nobody is told what
    they say. No rule runs, nothing is learned of devices from it, no row is written."""
    from analysis.blocklist import Blocklist
    from analysis.store.writer import Writer
    from benchmarks.settings import config_in
    from sensors.assemble import engine_for
    from sensors.capture import open_file

    config = config_in(folder)

    def work() -> int:
        with Writer(folder / f"sentinel-{os.getpid()}.db", "facts") as known:
            engine = engine_for(config, known, Blocklist.open(config), network="facts")
            vars(engine)["handle"] = lambda event: None
            with open_file(path, config.capture) as file:
                for batch in file.batches():
                    engine.feed(batch)
                    engine.take(packets=False)
            engine.finish()
        return engine.packets

    _start_up(config, folder)
    return work


def sentinel_flows(path: Path, folder: Path) -> Callable[[], int]:
    """Sentinel's decoder and flow table alone: no parsers, no rules, no database."""
    from sensors.capture import open_file
    from sensors.decode import decode
    from sensors.flows import FlowTable

    def flows(source: Path) -> int:
        table, packets, next_look = FlowTable(), 0, 0.0
        with open_file(source) as file:
            for batch in file.batches():
                columns = decode(batch)
                table.room_for(len(batch.ts))
                table.update(columns, 0, len(batch.ts))
                packets += len(batch.ts)
                if (now := float(batch.ts[-1])) >= next_look:
                    table.remove(table.idle(now))
                    next_look = now + 10.0
        return packets

    flows(folder / "few.pcap")
    return lambda: flows(path)


def naive(path: Path, folder: Path) -> Callable[[], int]:
    """What a first sensor looks like: scapy dissects each packet, a row each is committed."""
    from scapy.all import DNSQR, IP, TCP, UDP, Ether, IPv6, sniff  # type: ignore[attr-defined]

    db = sqlite3.connect(folder / f"naive-{os.getpid()}.db")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE packets (ts REAL, src_mac, src, dst, sport, dport, proto, length, name)")
    insert = "INSERT INTO packets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    count = 0

    def store(packet: Any) -> None:
        nonlocal count
        count += 1
        ip = packet.getlayer(IP) or packet.getlayer(IPv6)
        ports = packet.getlayer(TCP) or packet.getlayer(UDP)
        name = packet[DNSQR].qname if DNSQR in packet else None
        row = (
            float(packet.time), packet.src if Ether in packet else None,
            ip.src if ip else None, ip.dst if ip else None,
            ports.sport if ports else None, ports.dport if ports else None,
            packet.lastlayer().name, len(packet), name,
        )  # fmt: skip
        db.execute(insert, row)
        db.commit()

    def work() -> int:
        nonlocal count
        count = 0
        sniff(offline=str(path), prn=store, store=False)
        return count

    sniff(offline=str(folder / "few.pcap"), prn=store, store=False)
    return work


def dpkt_flows(path: Path, folder: Path) -> Callable[[], int]:
    """dpkt with a dict of flows and the names of DNS questions."""
    import dpkt

    def read(source: Path) -> int:
        flows: dict[Any, list[int]] = {}
        names: dict[str, int] = {}
        count = 0
        with source.open("rb") as file:
            for _, data in dpkt.pcap.Reader(file):
                count += 1
                ip = dpkt.ethernet.Ethernet(data).data
                if not isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6):
                    continue
                segment = ip.data
                ports = isinstance(segment, dpkt.tcp.TCP | dpkt.udp.UDP)
                key = (
                    (ip.src, ip.dst, segment.sport, segment.dport, ip.p) if ports else (ip.src, ip.dst, ip.p)
                )
                flow = flows.setdefault(key, [0, 0])
                flow[0] += 1
                flow[1] += len(data)
                if isinstance(segment, dpkt.udp.UDP) and 53 in (segment.sport, segment.dport):
                    try:
                        message = dpkt.dns.DNS(segment.data)
                    except (dpkt.UnpackError, IndexError, UnicodeError):
                        continue
                    for question in message.qd:
                        names[question.name] = names.get(question.name, 0) + 1
        return count

    read(folder / "few.pcap")
    return lambda: read(path)


def nfstream_flows(path: Path, folder: Path) -> Callable[[], int]:
    """NFStream: flows with 20 dissected packets each, nothing stored."""
    from nfstream import NFStreamer

    def read(source: Path) -> int:
        streamer = NFStreamer(source=str(source), n_dissections=20, n_meters=1, statistical_analysis=False)
        return sum(flow.bidirectional_packets for flow in streamer)

    read(folder / "few.pcap")
    return lambda: read(path)


def pcapy_read(path: Path, folder: Path) -> Callable[[], int]:
    """pcapy-ng's batches, and nothing done with them."""
    import pcapy

    def read(source: Path) -> int:
        reader, count = pcapy.open_offline(str(source)), 0
        while meta := reader.next_batch(4096)[1]:
            count += len(meta) // 16
        return count

    read(folder / "few.pcap")
    return lambda: read(path)


DESIGNS: dict[str, tuple[str, Callable[[Path, Path], Callable[[], int]]]] = {
    "naive": ("naive scapy, a commit a packet", naive),
    "dpkt": ("dpkt, dict of flows, DNS names", dpkt_flows),
    "nfstream": ("NFStream, 20 dissections a flow", nfstream_flows),
    "sentinel": ("Sentinel, all of it", sentinel),
    "sentinel-log": ("Sentinel with the packet log", sentinel_log),
    "sentinel-four": ("Sentinel with its first four rules", sentinel_four),
    "sentinel-facts": ("Sentinel's decode, flows and parsers, nobody told", sentinel_facts),
    "sentinel-flows": ("Sentinel's decode and flows alone", sentinel_flows),
    "pcapy": ("pcapy-ng read alone", pcapy_read),
}
"""Name: what it is in words, and what makes its work."""
TCPDUMP = "tcpdump"
TCPDUMP_TEXT = "tcpdump, filter matches nothing (C)"
NEVER = "ether src 00:00:00:00:00:01 and ether dst 00:00:00:00:00:02 and tcp port 1"
"""A filter that libpcap cannot prove to be false, so that it reads and tests every packet."""


def missing(name: str) -> str | None:
    """Why a design cannot run here."""
    from importlib.util import find_spec
    from shutil import which

    needs = {"dpkt": "dpkt", "nfstream": "nfstream", "pcapy": "pcapy", "naive": "scapy"}
    if name == TCPDUMP:
        return None if which("tcpdump") else "tcpdump is not installed"
    if name in needs and find_spec(needs[name]) is None:
        return f"there is no {needs[name]} in this environment (see requirements-bench.txt)"
    return None


def main() -> None:
    name, path, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    socket.setdefaulttimeout(0.001)  # nothing here may ask the network
    work = DESIGNS[name][1](path, folder)
    startup = measure.cpu_seconds()
    begun = time.monotonic()
    cpu, packets = measure.timed(work)
    size = sum(file.stat().st_size for file in folder.glob(f"sentinel-{os.getpid()}.db*"))
    measure.tell(
        {
            "packets": packets, "cpu": cpu, "startup": startup, "wall": time.monotonic() - begun,
            "rss": measure.peak_mb(), "database": size,
        }
    )  # fmt: skip
    for file in folder.glob(f"*-{os.getpid()}.db*"):
        file.unlink()


if __name__ == "__main__":
    main()
