"""Flows as the rest of Sentinel knows them: with addresses as text, owners, services and rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.devices import Inventory
from analysis.events import Flow, FlowActive, FlowEnd, SessionSeen
from analysis.networks import is_group
from analysis.store.rows import DeviceKey, TrafficRow
from sensors.addresses import ip_text, mac_text, protocol_text
from sensors.floods import senders
from sensors.flow_keys import TCP
from sensors.flows import CAPACITY, Columns, FlowTable, FlowUpdate
from sensors.packets import PacketTable
from sensors.recorder import Recorder, Totals, flow_state
from sensors.shedding import Detail, Shedding

FIRST_ROW = 30.0
"""Seconds after which a flow that still runs gets its first row."""
NEXT_ROW = 120.0
"""Seconds between further rows of a flow that still runs."""
REFRESH = 30.0
"""Seconds for which an address that a MAC used is not told again."""
MAX_PAIRS = 16_384


_START = ("first_ts", "serial", "client_mac", "server_mac", "client_hi", "client_lo", "server_hi",
          "server_lo", "client_port", "server_port", "proto", "syn")  # fmt: skip


class Conversations:
    """The flow table of a sensor, its flows by row, and whose traffic they are."""

    def __init__(
        self, inventory: Inventory, recorder: Recorder, run: int = 0, shedding: Shedding | None = None
    ) -> None:
        """`run` tells runs apart: a flow's number is `run << 32 | serial`."""
        self._shedding = shedding or Shedding()
        self.table = FlowTable()
        self.fragments = 0
        self._inventory, self._recorder = inventory, recorder
        self._base = run << 32
        self._flows: dict[int, Flow] = {}
        self._services: dict[int, str] = {}
        self._active: list[FlowActive] = []
        self._pairs: dict[tuple[str, str], float] = {}
        self._device_number: dict[DeviceKey, int] = {}
        self._traffic = np.zeros((64, 3), np.int64)  # a device each: bytes up, bytes down, packets
        self._minute = 0
        self._owner = np.full((CAPACITY, 2), -1, np.int64)  # numbers of the client's and server's device
        self._held = np.zeros(CAPACITY, np.bool_)
        self._presence = 0.0

    # -- packets ------------------------------------------------------------------------------------

    def update(self, packets: PacketTable, lo: int, hi: int) -> FlowUpdate:
        """Account for packets [lo, hi), of one step and so of one minute."""
        self.fragments += int(packets.fragment[lo:hi].sum())
        update = self.table.update(packets, lo, hi)
        self._owner[update.started] = -1
        self._held[update.started] = False
        if hi > lo and (minute := int(packets.batch.ts[hi - 1] // 60)) != self._minute:
            self.drain_traffic()  # a batch of a capture may hold many minutes
            self._minute = minute
        return update

    def senders(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """uint64[n]: the clients of rows by their MAC, or by their address where a link has none."""
        col = self.table.col
        return senders(col["client_mac"][rows], col["client_lo"][rows])

    def hold(self, rows: NDArray[np.int64]) -> None:
        """These new flows are counted, but not told to anybody unless `late_start` is asked for one."""
        self._held[rows] = True
        self.table.col["watched"][rows] = False
        for side, name in enumerate(("client_mac", "server_mac")):
            macs, of = np.unique(self.table.col[name][rows], return_inverse=True)
            keys = [self._inventory.device_key(mac_text(mac)) for mac in macs.tolist()]
            numbers = np.array([-1 if key is None else self._number(key) for key in keys])
            self._owner[rows, side] = numbers[of]

    def is_held(self, row: int) -> bool:
        """Whether the flow of a row was held back."""
        return bool(self._held[row])

    def late_start(self, row: int, ts: float) -> tuple[float, Flow, bool]:
        """What `starts` would have told of a flow that was held back; from now on it is like others."""
        self._held[row] = False
        self.table.col["watched"][row] = True
        values = tuple(self.table.col[name][row].item() for name in _START)
        return ts, self._start(row, True, values), values[-1]

    def count_traffic(self, update: FlowUpdate) -> None:
        """Add what the packets of an update carried to the devices of their flows."""
        client, server = self._owner[update.touched].T
        for owner, sent, got in (
            (client, update.touched_up, update.touched_down),
            (server, update.touched_down, update.touched_up),
        ):
            known = owner >= 0
            number = owner[known]
            size = len(self._traffic)
            for column, values in enumerate((sent, got, update.touched_packets)):
                self._traffic[:, column] += np.bincount(number, values[known], size).astype(np.int64)

    def starts(self, update: FlowUpdate) -> Iterator[tuple[float, Flow, bool]]:
        """The new flows of an update, one by one as their first packets came: time, flow, and whether
        it began with a SYN."""
        rows, col = update.started, self.table.col
        lists = [col[name][rows].tolist() for name in _START]
        for from_client, row, values in zip(
            update.up[update.start_at].tolist(), rows.tolist(), zip(*lists, strict=True), strict=True
        ):
            yield values[0], self._start(row, from_client, values), values[-1]

    def _start(self, row: int, from_client: bool, values: tuple[Any, ...]) -> Flow:
        ts, serial, client_mac, server_mac, ch, cl, sh, sl, client_port, port, proto, _ = values
        client_ip, server_ip = ip_text(ch, cl), ip_text(sh, sl)
        if from_client:
            self._sighting(ts, mac_text(client_mac), client_ip)
        else:
            self._sighting(ts, mac_text(server_mac), server_ip)
        is_home = self._inventory.is_home
        group = bool(server_mac >> 40 & 1) or is_group(server_ip)
        flow = self._flows[row] = Flow(
            self._base | serial, ts, mac_text(client_mac), None if group else mac_text(server_mac),
            client_ip, server_ip, client_port, port, protocol_text(proto),
            is_home(client_ip), is_home(server_ip), group,
        )  # fmt: skip
        self._own(row, flow)
        return flow

    def answer(self, row: int, ts: float) -> Flow:
        """The flow of a row whose server answered: the server is somebody, too."""
        flow = self._flows[row]
        if flow.server_mac and not flow.group:
            self._sighting(ts, flow.server_mac, flow.server_ip)
            self._own(row, flow)
        return flow

    def flow(self, row: int) -> Flow:
        """The flow of a live row."""
        return self._flows[row]

    def note_service(self, event: SessionSeen) -> None:
        """Remember what the content of a conversation is."""
        if event.service:
            self._services[event.flow.id] = event.service

    def _sighting(self, ts: float, mac: str | None, ip: str) -> None:
        if mac is None:
            return
        pair = (mac, ip)
        if self._pairs.get(pair, 0.0) <= ts:
            if len(self._pairs) >= MAX_PAIRS:
                self._pairs.clear()
            self._pairs[pair] = ts + REFRESH
            self._inventory.sighting(ts, mac, ip)

    def _own(self, row: int, flow: Flow) -> None:
        device_key = self._inventory.device_key
        if flow.client_home and (key := device_key(flow.client_mac)) is not None:
            self._owner[row, 0] = self._number(key)
        if flow.server_home and not flow.group and (key := device_key(flow.server_mac)) is not None:
            self._owner[row, 1] = self._number(key)

    def _number(self, key: DeviceKey) -> int:
        number = self._device_number.setdefault(key, len(self._device_number))
        if number >= len(self._traffic):
            self._traffic = np.concatenate([self._traffic, np.zeros_like(self._traffic)])
        return number

    # -- rows ---------------------------------------------------------------------------------------

    def drain_traffic(self) -> None:
        """Give the recorder what each device sent and got since the last call."""
        if not self._traffic.any():
            return
        for key, (up, down, packets) in zip(self._device_number, self._traffic.tolist(), strict=False):
            if packets:
                row = TrafficRow(key, self._minute, up, down, packets)
                self._recorder.batch.traffic.append(row)
        self._traffic[:] = 0
        if len(self._device_number) > 4 * 4096:  # a flood of MACs: start numbering afresh
            self._device_number.clear()
            self._owner[:] = -1

    def expire(self, now: float) -> Columns:
        """Flows that are over. Those that go on get a row now and then, their devices a sign of life."""
        self.note_presence(now)
        gone = self.table.remove(self.table.idle(now))
        col = self.table.col
        rows = self.table.all_rows()
        age, since = now - col["first_ts"][rows], now - col["written_ts"][rows]
        fresh = col["last_ts"][rows] > col["written_ts"][rows]
        # What is not TCP and silent for so long ends soon, and has its row then.
        alive = (col["proto"][rows] == TCP) | (now - col["last_ts"][rows] <= FIRST_ROW)
        due = rows[fresh & alive & (age >= FIRST_ROW) & (since >= NEXT_ROW)]
        if len(due) and not self._shedding.drops(Detail.FLOW_ROWS, len(due)):
            self._write(self.table.snapshot(due), now)
            col["written_ts"][due] = now
            col["written_up"][due] = col["bytes_up"][due]
            col["written_down"][due] = col["bytes_down"][due]
        return gone

    def note_presence(self, now: float) -> None:
        """Tell the inventory which MACs sent something since the last call."""
        col, rows = self.table.col, np.flatnonzero(self.table.live)
        rows = rows[col["last_ts"][rows] > self._presence]
        self._presence = now
        macs = np.concatenate(
            [
                col["client_mac"][rows[col["packets_up"][rows] > 0]],
                col["server_mac"][rows[col["packets_down"][rows] > 0]],
            ]
        )
        for number in sorted(set(macs.tolist())):  # np.unique would load NumPy's masked arrays for it
            if mac := mac_text(number):
                self._inventory.seen(mac, now)

    def ended(self, gone: Columns, now: float) -> Iterator[FlowEnd]:
        """The ends of removed flows, in order; their rows go to the recorder."""
        for row, totals in zip(gone["row"].tolist(), _totals(gone), strict=True):
            flow = self._flows.pop(row, None)
            if flow is None:
                continue
            service = self._services.pop(flow.id, None)
            state = flow_state(
                totals.proto, totals.syn, totals.answered, totals.flags_down,
                totals.payload_up + totals.payload_down,
            )  # fmt: skip
            if not (flow.port == 53 and flow.proto == "udp" and self._shedding.drops(Detail.FLOW_ROWS)):
                self._recorder.flow(flow, service, state, totals)
            yield FlowEnd(
                now, flow, totals.packets_up, totals.packets_down, totals.bytes_up, totals.bytes_down,
                totals.payload_up, totals.payload_down, state, service,
            )  # fmt: skip

    def take_active(self) -> list[FlowActive]:
        """What goes on, as found by the last `expire`."""
        active, self._active = self._active, []
        return active

    def _write(self, columns: Columns, now: float) -> None:
        for row, totals in zip(columns["row"].tolist(), _totals(columns), strict=True):
            flow = self._flows.get(row)
            if flow is not None:
                self._recorder.flow(flow, self._services.get(flow.id), "open", totals)
                self._active.append(
                    FlowActive(
                        now, flow, totals.packets_up, totals.packets_down, totals.bytes_up, totals.bytes_down
                    )
                )


def _totals(columns: Columns) -> Iterator[Totals]:
    return map(Totals, *(columns[name].tolist() for name in Totals._fields))
