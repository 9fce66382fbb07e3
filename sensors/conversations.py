"""Flows as the rest of Sentinel knows them: with addresses as text, owners, services and rows."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.devices import Inventory
from analysis.events import Flow, FlowActive, FlowEnd, SessionSeen, of_values
from sensors.addresses import mac_text, protocol_text
from sensors.at_home import AtHome
from sensors.device_traffic import CLIENT, SERVER, DeviceTraffic
from sensors.floods import senders
from sensors.flow_ends import active, ends, flow_states, only
from sensors.flow_keys import TCP
from sensors.flow_traffic import Traffic
from sensors.flows import CAPACITY, Columns, FlowTable, FlowUpdate
from sensors.packets import PacketTable
from sensors.parties import CLIENT_COLUMNS, SERVER_COLUMNS, Numbers, Parties
from sensors.recorder import Recorder
from sensors.shedding import Detail, Shedding

FIRST_ROW = 30.0
"""Seconds after which a flow that still runs gets its first row."""
NEXT_ROW = 120.0
"""Seconds between further rows of a flow that still runs."""
REFRESH = 30.0
"""Seconds for which an address that a MAC used is not told again."""
MAX_PAIRS = 16_384
DNS = 53


_START = ("first_ts", "serial", "client_port", "server_port", "proto")
"""What a new flow is made of, besides its parties."""


class Conversations:
    """The flow table of a sensor, its flows by row, and whose traffic they are."""

    def __init__(
        self, inventory: Inventory, recorder: Recorder, run: int = 0, shedding: Shedding | None = None
    ) -> None:
        """`run` tells runs apart: a flow's number is `run << 32 | serial`."""
        self._shedding = shedding or Shedding()
        self._at_home = AtHome(inventory.networks)
        self.table = FlowTable(home=self._at_home)
        self.fragments = 0
        self._inventory, self._recorder = inventory, recorder
        self._parties = Parties(inventory.networks)
        self._base = run << 32
        self._flows: dict[int, Flow] = {}
        self._services: dict[int, str] = {}
        self._active: list[FlowActive] = []
        self._pairs: dict[tuple[str, str], float] = {}
        self.traffic = DeviceTraffic(CAPACITY)
        self._held = np.zeros(CAPACITY, np.bool_)
        self._presence = 0.0

    # -- packets ------------------------------------------------------------------------------------

    def update(self, packets: PacketTable, lo: int, hi: int, ahead: Traffic | None = None) -> FlowUpdate:
        """Account for packets [lo, hi), of one step and so of one minute; `ahead` as in `FlowTable`."""
        self.fragments += int(packets.fragment[lo:hi].sum())
        update = self.table.update(packets, lo, hi, ahead)
        self.traffic.begin(update.started)
        self._held[update.started] = False
        if hi > lo:  # a batch of a capture may hold many minutes
            self._recorder.batch.traffic += self.traffic.reach(int(packets.batch.ts[hi - 1] // 60))
        return update

    def senders(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """uint64[n]: the clients of rows by their MAC, or by their address where a link has none."""
        col = self.table.col
        return senders(col["client_mac"][rows], col["client_lo"][rows])

    def hold(self, rows: NDArray[np.int64]) -> None:
        """These new flows are counted, but not told to anybody unless `late_start` is asked for one."""
        self._held[rows] = True
        self.table.col["watched"][rows] = False
        for side, name in ((CLIENT, "client_mac"), (SERVER, "server_mac")):
            macs, of = np.unique(self.table.col[name][rows], return_inverse=True)
            keys = [self._inventory.device_key(mac_text(mac)) for mac in macs.tolist()]
            self.traffic.own_all(rows, side, keys, of)

    def is_held(self, row: int) -> bool:
        """Whether the flow of a row was held back."""
        return bool(self._held[row])

    def late_start(self, row: int, ts: float) -> tuple[float, Flow, bool]:
        """What `starts` would have told of a flow that was held back; from now on it is like others."""
        self._held[row] = False
        self.table.col["watched"][row] = True
        (started,) = self._begun(np.array([row]))
        return ts, self._start(True, *started), bool(self.table.col["syn"][row])

    def starts(self, update: FlowUpdate) -> Iterator[tuple[float, Flow, bool]]:
        """The new flows of an update, one by one as their first packets came: time, flow, and whether
        it began with a SYN."""
        from_client = update.up[update.start_at].tolist()
        syns = self.table.col["syn"][update.started].tolist()
        for up, syn, begun in zip(from_client, syns, self._begun(update.started), strict=True):
            flow = self._start(up, *begun)
            yield flow.first_seen, flow, syn

    def _begun(self, rows: NDArray[np.int64]) -> Iterator[tuple[Any, ...]]:
        """Of new flows: row, the numbers of client and server, and the columns `_START`."""

        def columns(names: Iterable[str]) -> list[list[Any]]:
            return [self.table.col[name][rows].tolist() for name in names]

        client, server = (zip(*columns(names), strict=True) for names in (CLIENT_COLUMNS, SERVER_COLUMNS))
        return zip(rows.tolist(), client, server, *columns(_START), strict=True)

    def _start(
        self, from_client: bool, row: int, client: Numbers, server: Numbers, ts: float, serial: int,
        client_port: int, port: int, proto: int,
    ) -> Flow:  # fmt: skip
        party_of = self._parties.of
        sender = party_of(client if from_client else server)
        inward = not sender.home and party_of(server if from_client else client).home
        self._sighting(ts, sender.link, sender.ip, inward)  # which may tell that a network is at home
        client_mac, _, client_ip, client_home, _ = party_of(client)
        _, server_mac, server_ip, server_home, group = party_of(server)
        flow = self._flows[row] = of_values(
            Flow,
            (
                self._base | serial, ts, client_mac, server_mac, client_ip, server_ip, client_port, port,
                protocol_text(proto), client_home, server_home, group,
            ),
        )  # fmt: skip
        self._own(row, flow)
        return flow

    def answer(self, row: int, ts: float) -> Flow:
        """The flow of a row whose server answered: the server is somebody, too."""
        flow = self._flows[row]
        if flow.server_mac and not flow.group:
            self._sighting(ts, flow.server_mac, flow.server_ip, flow.client_home)
            self._own(row, flow)
        return flow

    def flow(self, row: int) -> Flow:
        """The flow of a live row."""
        return self._flows[row]

    def note_service(self, event: SessionSeen) -> None:
        """Remember what the content of a conversation is."""
        if event.service:
            self._services[event.flow.id] = event.service

    def _sighting(self, ts: float, mac: str | None, ip: str, inward: bool) -> None:
        """Tell the inventory that a packet came from this address, once in a while; `inward`: to the home."""
        if mac is None or self._pairs.get(pair := (mac, ip), 0.0) > ts:
            return
        if len(self._pairs) >= MAX_PAIRS:
            self._pairs.clear()
        self._pairs[pair] = ts + REFRESH
        self._inventory.sighting(ts, mac, ip, inward)

    def _own(self, row: int, flow: Flow) -> None:
        device_key = self._inventory.device_key
        if flow.client_home and (key := device_key(flow.client_mac)) is not None:
            self.traffic.own(row, CLIENT, key)
        if flow.server_home and not flow.group and (key := device_key(flow.server_mac)) is not None:
            self.traffic.own(row, SERVER, key)

    # -- rows ---------------------------------------------------------------------------------------

    def drain_traffic(self) -> None:
        """Give the recorder what each device sent and got since the last call."""
        self._recorder.batch.traffic += self.traffic.drain()

    def expire(self, now: float) -> Columns:
        """Flows that are over. Those that go on get a row now and then, their devices a sign of life."""
        table, col = self.table, self.table.col
        self._at_home.look()
        rows = table.live_rows()
        self._note_presence(rows, now)
        gone = table.remove(table.idle(now, rows))
        due = rows[(now - col["written_ts"][rows] >= NEXT_ROW) & table.live[rows]]
        due = due[now - col["first_ts"][due] >= FIRST_ROW]
        if len(due):
            self._write_running(due, now)
        return gone

    def _write_running(self, due: NDArray[np.int64], now: float) -> None:
        """Rows of flows that go on, unless nothing came since their last one."""
        col = self.table.col
        last, written = col["last_ts"][due], col["written_ts"][due]
        # What is not TCP and silent for so long ends soon, and has its row then.
        alive = (col["proto"][due] == TCP) | (now - last <= FIRST_ROW)
        due = due[(last > written) & alive]
        if not len(due) or self._shedding.drops(Detail.FLOW_ROWS, len(due)):
            return
        due = due[np.argsort(col["serial"][due])]
        self._write(self.table.snapshot(due), now)
        col["written_ts"][due] = now
        col["written_up"][due] = col["bytes_up"][due]
        col["written_down"][due] = col["bytes_down"][due]

    def note_presence(self, now: float) -> None:
        """Tell the inventory which MACs sent something since the last call."""
        self._note_presence(self.table.live_rows(), now)

    def _note_presence(self, rows: NDArray[np.int64], now: float) -> None:
        col = self.table.col
        rows = rows[col["last_ts"][rows] > self._presence]
        self._presence = now
        macs = set(col["client_mac"][rows[col["packets_up"][rows] > 0]].tolist())
        macs.update(col["server_mac"][rows[col["packets_down"][rows] > 0]].tolist())
        for number in sorted(macs):
            if mac := mac_text(number):
                self._inventory.seen(mac, now)

    def ended(self, gone: Columns, now: float) -> Iterable[FlowEnd]:
        """The ends of removed flows, in order; their rows go to the recorder."""
        flows, gone = self._told(gone, self._flows.pop)
        services = [self._services.pop(flow[0], None) for flow in flows]
        states = flow_states(gone)
        self._record_ends(flows, services, states, gone)
        return ends(now, flows, services, states, gone)

    def _record_ends(
        self, flows: list[Flow], services: list[str | None], states: list[str], gone: Columns
    ) -> None:
        """Rows of flows that are over; while rows are given up, none of mere look-ups."""
        if self._shedding.level >= Detail.FLOW_ROWS:
            at = [n for n, flow in enumerate(flows) if flow.port != DNS or flow.proto != "udp"]
            self._shedding.drops(Detail.FLOW_ROWS, len(flows) - len(at))
            flows, services = [flows[n] for n in at], [services[n] for n in at]
            states, gone = [states[n] for n in at], only(gone, at)
        self._recorder.flows(flows, services, states, gone)

    def _told(self, columns: Columns, of: Callable[[int, None], Flow | None]) -> tuple[list[Flow], Columns]:
        """The flows of rows, `of` each of them, and their columns, without those that were never told."""
        flows = [of(row, None) for row in columns["row"].tolist()]
        told = [flow for flow in flows if flow is not None]
        if len(told) == len(flows):
            return told, columns
        return told, only(columns, [n for n, flow in enumerate(flows) if flow is not None])

    def take_active(self) -> list[FlowActive]:
        """What goes on, as found by the last `expire`."""
        taken, self._active = self._active, []
        return taken

    def _write(self, columns: Columns, now: float) -> None:
        flows, columns = self._told(columns, self._flows.get)
        services = [self._services.get(flow[0]) for flow in flows]
        self._recorder.flows(flows, services, ["open"] * len(flows), columns)
        self._active += active(now, flows, columns)
