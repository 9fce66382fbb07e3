"""`sentinel.py sensor IFACE`: the loop of one interface, until it is told to stop."""

import argparse
import logging
import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path

from analysis.blocklist import Blocklist
from analysis.config import Config, ConfigError, Interface, load
from analysis.config_load import located
from analysis.store.claim import claim
from analysis.store.database import StoreCorrupt, StoreError, share_with
from analysis.store.known import AllGiven, Reset
from analysis.store.queue import WriterThread
from analysis.store.recovery import ensure_sound
from analysis.store.rows import Batch
from analysis.store.writer import Writer
from analysis.user_agents import agent_of
from analysis.vendors import vendor
from sensors.assemble import engine_for
from sensors.capture import CaptureError, LiveSource, State, interface_subnets, open_live
from sensors.capture_live import TAKE
from sensors.clock import PacketClock
from sensors.demo.evening import batch_of, evening
from sensors.engine import Engine
from sensors.filters import wrong_filters
from sensors.honesty import status
from sensors.host import invoker
from sensors.keeping_up import KeepingUp
from sensors.lifeline import beat

log = logging.getLogger(__name__)

FLUSH, URGENT = 1.0, 0.3
"""Seconds between two batches for the store; and between two where the second has a finding."""
WAIT = 0.2
"""Seconds that a read may wait for packets: far below what the live pages notice, and 0.3 % of a core when
idle."""
REST_READS = 3
"""Reads without a packet at the end: longer than a listener gathers packets (`capture_pcapy.GATHER`)."""
PATIENCE = 3.0
"""Seconds at the end for the last rows; the supervisor ends a process after four."""
LISTS = 5.0
"""Seconds between looks whether the blocklists changed."""
WARM_UP, WARM_UP_NETWORK = 1_500, "made up"
"""Packets of the made-up home: they have DHCP, names, TLS and QUIC in them; and its name, of which the
database holds nothing that would be read for it."""
LATE = ("cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "idna.uts46data")
"""Modules that are loaded for the first QUIC hello of a kind, certificate or international name."""
BROWSER, SMALL_BLOCK = "Mozilla/5.0", "70:b3:d5:00:00:01"
"""A User-Agent; a MAC of which the table of small blocks is asked."""


class Sensor:
    """Reads packets, feeds the engine, hands rows to the writer; never waits for the database."""

    def __init__(
        self, interface: Interface, source: LiveSource, engine: Engine, writer: WriterThread,
        blocklist: Blocklist,
    ) -> None:  # fmt: skip
        self._interface, self._source, self._engine = interface, source, engine
        self._writer, self._blocklist = writer, blocklist
        self._clock, self._pace = PacketClock(), KeepingUp()
        self._flushed = self._next_lists = 0.0
        self._state: str = source.state
        self._linktype: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; then everything that was seen is stored."""
        try:
            while not stop.is_set():
                self._read()
                now = time.monotonic()
                if now >= self._flushed + (URGENT if self._engine.has_findings else FLUSH):
                    self._flushed = now
                    beat()
                    self._flush()
                if now >= self._next_lists:
                    self._next_lists = now + LISTS
                    self._reload_lists()
                self._pace.done(time.monotonic())
            self._read_rest()
        finally:
            self._source.close()
            self._engine.finish()
            self._put("stopped")

    def _read_rest(self) -> None:
        """What the kernel still holds was seen, too: a block that is not full comes after its gathering
        time only. For a second and a half at most, as packets go on coming."""
        until, silent = time.monotonic() + 1.5, 0
        while silent < REST_READS and time.monotonic() < until:
            silent = 0 if self._read() else silent + 1

    def _read(self) -> bool:
        correction, shedding = self._clock.look(), self._engine.shedding
        batch = self._source.read(WAIT)
        now, full = time.monotonic(), batch is not None and len(batch.ts) >= TAKE
        self._pace.began(batch, full, now)
        shedding.note_read(full, now, self._pace.load)
        if batch is not None:
            self._linktype = batch.linktype
            lag = time.time() - float(batch.ts[-1])
            shedding.until = self._pace.until(batch, lag, self._source.buffer, now)
            self._engine.feed(batch._replace(ts=batch.ts + correction) if correction else batch)
        return batch is not None

    def _flush(self) -> None:
        self._engine.tick(self._clock.now())
        self._take_decisions()
        if self._source.state != self._state:
            self._state = self._source.state
            log.warning("%s", self._source.message or f"{self._interface.name}: {self._state}")
        self._put(self._state)

    def _take_decisions(self) -> None:
        """What people decided on the pages: they change what is usual and what things are called."""
        inventory = self._engine.inventory
        for decision in self._writer.decisions():
            if isinstance(decision, Reset):
                inventory.baseline.reset(decision.device, self._clock.now())
            elif isinstance(decision, AllGiven):
                inventory.all_given(decision.given)
            elif decision.key[0] == inventory.network:
                inventory.name_given(decision.key[1], decision.name, decision.kind)

    def _put(self, state: str) -> None:
        stats = self._source.stats()
        batch = self._engine.take()
        batch.status = status(self._engine,
            state, label=self._interface.label, message=self._source.message or self._source.notice or None,
            linktype=self._linktype, dropped=stats.dropped + stats.interface_dropped,
        )  # fmt: skip
        self._writer.put(batch)

    def _reload_lists(self) -> None:
        if self._blocklist.reload_if_changed():
            log.info("%s: blocklists changed and were taken over", self._interface.name)


def listen(interface: Interface, config: Config, database: Path, stop: threading.Event) -> None:
    """Run a sensor until `stop`. Raises CaptureError or StoreError when it cannot begin."""
    Writer(database, interface.name).close()  # before a file is laid beside it: --db may have named anything
    with claim(database, interface.name):
        _listen(interface, config, database, stop)


def _listen(interface: Interface, config: Config, database: Path, stop: threading.Event) -> None:
    try:
        engine, blocklist = _ready(interface, config, database)
    except StoreCorrupt:  # found by reading all that is known of the home
        if (mended := ensure_sound(database, thorough=True)) is None:
            raise
        log.warning("%s: %s", interface.name, mended)
        engine, blocklist = _ready(interface, config, database)
    if person := invoker():
        share_with(database, person.uid, person.gid)
    writer = WriterThread(database, interface.name, packet_rows=config.packet_log.rows)
    try:
        source = open_live(interface, config.capture)
        if source.state == State.NO_RIGHTS:  # waiting does not mend it; the pages must tell it, too
            told = status(engine, source.state, label=interface.label, message=source.message)
            writer.put(Batch(status=told))
            raise CaptureError(source.message)
        log.info("%s", source.message or f"{interface.name}: {source.notice or 'listening'}")
        Sensor(interface, source, engine, writer, blocklist).run(stop)
    finally:
        if not writer.close(timeout=PATIENCE):
            log.error("%s: the database did not take the last rows in time", interface.name)


def _ready(interface: Interface, config: Config, database: Path) -> tuple[Engine, Blocklist]:
    """An engine that knows the home, and the lists that it asks."""
    blocklist = Blocklist.open(config)
    with Writer(database, interface.name) as known:
        engine = engine_for(
            config, known, blocklist, network=interface.name, run=secrets.randbits(31), bounded=True
        )
        warm_up(engine_for(config, known, blocklist, network=WARM_UP_NETWORK))
    return engine, blocklist


def warm_up(engine: Engine) -> None:
    """Some minutes of a made-up home through an engine that is thrown away: what is loaded at the first
    message of a kind (a second in all) is loaded before the kernel's buffer fills behind it."""
    for module in LATE:
        import_module(module)
    agent_of(BROWSER)
    vendor(SMALL_BLOCK)
    engine.feed(batch_of(list(islice(evening(0.0, hours=0.1), WARM_UP))))
    engine.finish()


def settled(config: Config, name: str) -> tuple[Config, Interface]:
    """The configuration with everything known about an interface: what config.yaml says of it, else
    its defaults and the subnets of its own addresses, which are then at home."""
    interface = next((i for i in config.interfaces if i.name == name), Interface(name=name))
    if not interface.subnets:
        interface = interface.model_copy(update={"subnets": interface_subnets(name)})
    others = tuple(i for i in config.interfaces if i.name != name)
    home = tuple(dict.fromkeys((*config.home, *interface.subnets)))
    return config.model_copy(update={"interfaces": (*others, interface), "home": home}), interface


def _named(name: str, message: str) -> str:
    """The message with the interface's name before it, once."""
    return message if message.startswith(f"{name}:") else f"{name}: {message}"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 0 when stopped, 1 when it could not listen or store, 2 for a mistake in config.yaml."""
    parser = argparse.ArgumentParser(
        prog="sentinel.py sensor", description="Watch one interface. Needs the right to capture packets."
    )
    parser.add_argument("interface", metavar="IFACE", help="the system's name, such as eth0")
    parser.add_argument("--db", type=Path, help="the database (default: as in config.yaml)")
    parser.add_argument("--config", type=Path, help="another config.yaml")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        config = load(arguments.config)
        if wrong := located(wrong_filters(config), arguments.config):
            raise ConfigError(wrong)
        database = arguments.db or config.database_path
        config, interface = settled(config, arguments.interface)
        listen(interface, config, database, stop)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except (CaptureError, StoreError, OSError) as error:
        print(_named(arguments.interface, str(error)), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
