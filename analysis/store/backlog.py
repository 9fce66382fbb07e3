"""What waits to be written, within a bound: first made compact, then made poorer, in a fixed order."""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from analysis.store.incidents import thin
from analysis.store.rows import (
    AddressRow,
    BaselineRow,
    Batch,
    DeviceRow,
    DnsRow,
    EvidenceRow,
    FlowRow,
    NameRow,
    TrafficRow,
)

Row = TypeVar("Row")

FEW = ("devices", "addresses", "names", "evidence", "baseline", "traffic", "volumes", "findings", "health")
"""Row lists bounded by what there is in a home; never shed."""
MANY = ("flows", "tls", "http", "dns", "packets")
"""Row lists bounded by nothing but the traffic."""
KINDS = FEW + MANY


def size(batch: Batch) -> int:
    """Rows in a batch."""
    return sum(len(getattr(batch, kind)) for kind in KINDS)


def extend(batch: Batch, later: Batch) -> None:
    """Add the rows of a later batch; its status, being cumulative, replaces the earlier one."""
    for kind in KINDS:
        rows = getattr(later, kind)
        if rows:
            getattr(batch, kind).extend(rows)
    if later.status is not None:
        batch.status = later.status


def compact(batch: Batch) -> None:
    """Say the same with fewer rows: one row a device, address, name, baseline entry, device-minute,
    device-hour, incident and flow. Nothing is lost."""
    batch.devices[:] = _by_key(batch.devices, lambda r: r.key, _later_device)
    batch.addresses[:] = _by_key(batch.addresses, lambda r: (r.key, r.ip), _later_address)
    batch.names[:] = _by_key(batch.names, lambda r: (r.key, r.source, r.name), _later_name)
    batch.evidence[:] = _by_key(batch.evidence, lambda r: r[:4], _later_evidence)
    batch.baseline[:] = _by_key(batch.baseline, lambda r: r[:4], _later_baseline)
    batch.traffic[:] = _by_key(batch.traffic, lambda r: r[:2], _later_traffic)
    batch.volumes[:] = _by_key(batch.volumes, lambda r: r[:2], lambda old, new: new)
    batch.flows[:] = _by_key(batch.flows, lambda r: r.flow, _later_flow)
    batch.findings[:] = thin(batch.findings)
    batch.health[:] = _by_key(batch.health, lambda r: r[:2], lambda old, new: new)


def _by_key(
    rows: Iterable[Row], key: Callable[[Row], Hashable], join: Callable[[Row, Row], Row]
) -> list[Row]:
    kept: dict[Hashable, Row] = {}
    for row in rows:
        name = key(row)
        old = kept.get(name)
        kept[name] = row if old is None else join(old, row)
    return list(kept.values())


def _later_device(old: DeviceRow, new: DeviceRow) -> DeviceRow:
    merged = [b if b is not None else a for a, b in zip(old, new, strict=True)]
    row = DeviceRow(*merged)  # type: ignore[arg-type]
    source = old.name_source if new.name is None else new.name_source
    first, last = min(old.first_seen, new.first_seen), max(old.last_seen, new.last_seen)
    if new.confidence is not None:
        row = row._replace(kind=new.kind)
    if new.os_confidence is not None:
        row = row._replace(os=new.os)
    return row._replace(name_source=source, first_seen=first, last_seen=last)


def _later_address(old: AddressRow, new: AddressRow) -> AddressRow:
    first, last = min(old.first_seen, new.first_seen), max(old.last_seen, new.last_seen)
    return new._replace(first_seen=first, last_seen=last)


def _later_name(old: NameRow, new: NameRow) -> NameRow:
    first, last = min(old.first_seen, new.first_seen), max(old.last_seen, new.last_seen)
    return new._replace(first_seen=first, last_seen=last)


def _later_evidence(old: EvidenceRow, new: EvidenceRow) -> EvidenceRow:
    first, last = min(old.first_seen, new.first_seen), max(old.last_seen, new.last_seen)
    return new._replace(first_seen=first, last_seen=last)


def _later_baseline(old: BaselineRow, new: BaselineRow) -> BaselineRow:
    first, last = min(old.first_seen, new.first_seen), max(old.last_seen, new.last_seen)
    return new._replace(service=new.service or old.service, first_seen=first, last_seen=last)


def _later_traffic(old: TrafficRow, new: TrafficRow) -> TrafficRow:
    return new._replace(
        bytes_up=old.bytes_up + new.bytes_up,
        bytes_down=old.bytes_down + new.bytes_down,
        packets=old.packets + new.packets,
    )


def _later_flow(old: FlowRow, new: FlowRow) -> FlowRow:
    return new._replace(
        peer=new.peer or old.peer,
        service=new.service or old.service,
        new=old.new or new.new,
        delta_up=old.delta_up + new.delta_up,
        delta_down=old.delta_down + new.delta_down,
    )


def split(batch: Batch, rows: int) -> Batch:
    """Take about `rows` rows out of a batch: all of the few and important ones, and of the many the
    oldest. What is left stays in `batch`."""
    head = Batch(**{kind: getattr(batch, kind) for kind in FEW}, status=batch.status)
    for kind in FEW:
        setattr(batch, kind, [])
    batch.status = None
    for kind in MANY:
        waiting = getattr(batch, kind)
        space = max(0, rows - size(head))
        setattr(head, kind, waiting[:space])
        del waiting[:space]
    return head


class Backlog:
    """Batches in the order they came. Not thread-safe: its owner holds a lock.

    At most `batches` of them (a newer one then joins the newest) and about `rows` rows. Over that,
    rows of the packet log go, then all is made compact, and if that is not enough the rest of `MANY`
    is shed in the order of `_shed`. What is in `FEW` is only ever made compact.
    """

    def __init__(self, batches: int, rows: int) -> None:
        self._batches = max(1, batches)
        self._limit = rows
        self._queue: deque[Batch] = deque()
        self._rows = 0
        self.shed: Counter[str] = Counter()
        """Rows given up so far, by kind."""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def rows(self) -> int:
        """Rows waiting."""
        return self._rows

    def put(self, batch: Batch) -> bool:
        """Add a batch, which is ours from now on. False when rows had to be shed for it."""
        if len(self._queue) >= self._batches:
            extend(self._queue[-1], batch)
        else:
            self._queue.append(batch)
        self._rows += size(batch)
        if self._rows <= self._limit:
            return True
        before = self.shed.total()
        self._shed()
        return self.shed.total() == before

    def take(self, rows: int) -> Batch | None:
        """About so many of the oldest rows as one batch; None when nothing waits."""
        if not self._queue:
            return None
        batch = self._queue[0]
        if size(batch) > rows:
            batch = split(batch, rows)
        else:
            self._queue.popleft()
            while self._queue and size(batch) + size(self._queue[0]) <= rows:
                extend(batch, self._queue.popleft())
        self._rows -= size(batch)
        return batch

    def _shed(self) -> None:
        """Down to three quarters of the limit, so that this happens seldom."""
        target = self._limit * 3 // 4
        for batch in self._queue:
            self._drop(batch, "packets", self._rows - target)
        if self._rows <= target:
            return
        whole = self._queue.popleft()
        while self._queue:
            extend(whole, self._queue.popleft())
        self._queue.append(whole)
        compact(whole)
        self._rows = size(whole)
        self._keep(whole, "flows", target, [r for r in whole.flows if r.new or r.state != "open"])
        self._keep(whole, "dns", target, _first_of_each_name(whole.dns))
        for kind in ("dns", "http", "tls", "flows"):
            self._drop(whole, kind, self._rows - target)

    def _keep(self, batch: Batch, kind: str, target: int, rows: list[Any]) -> None:
        gone = len(getattr(batch, kind)) - len(rows)
        if gone and self._rows > target:
            setattr(batch, kind, rows)
            self._rows -= gone
            self.shed[kind] += gone

    def _drop(self, batch: Batch, kind: str, excess: int) -> None:
        rows = getattr(batch, kind)
        gone = min(len(rows), max(0, excess))
        if gone:
            del rows[:gone]
            self._rows -= gone
            self.shed[kind] += gone


def _first_of_each_name(rows: list[DnsRow]) -> list[DnsRow]:
    return list({(r.device, r.name): r for r in reversed(rows)}.values())[::-1]
