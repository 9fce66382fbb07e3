"""The reading face of sentinel.db: one method a question, rows out, never a write."""

from analysis.store.queries.alerts import AlertQueries
from analysis.store.queries.around import AroundQueries
from analysis.store.queries.charts import ChartQueries
from analysis.store.queries.devices import DeviceQueries
from analysis.store.queries.feeds import FEEDS, RANGES, BadFilter, FeedQueries, Page
from analysis.store.queries.identity import IdentityQueries
from analysis.store.queries.session import NoDatabase, NotMade, NotReadable, QueryTooSlow, Row, StoreError
from analysis.store.queries.traffic import TrafficQueries
from analysis.store.queries.watch import WatchQueries

__all__ = [
    "FEEDS", "RANGES", "BadFilter", "NoDatabase", "NotMade", "NotReadable", "Page", "QueryTooSlow", "Reader",
    "Row", "StoreError",
]  # fmt: skip


class Reader(
    AlertQueries, AroundQueries, ChartQueries, DeviceQueries, FeedQueries, IdentityQueries, TrafficQueries,
    WatchQueries,
):  # fmt: skip
    """Every question that the dashboard asks. May be shared between threads: each gets its own
    read-only connection. Methods raise `StoreError` (`NotMade`, `NotReadable`, `QueryTooSlow`)."""
