"""What is usual for a device by volume: the numbers that the upload rule compares with."""

from statistics import median

from analysis.store.queries.session import Row, Session

HOURS = 14 * 24
"""The rule's own span; see `analysis.volumes`."""


class VolumeQueries(Session):
    """Questions about a device's uploads."""

    def usual_upload(self, device_id: int, before_hour: int) -> Row:
        """The hours of the two weeks before an hour in which a device sent something out of the home: how
        many, and median, median absolute deviation and maximum of their bytes (0 where there are none)."""
        rows = self.table(
            "SELECT hour, SUM(bytes_up) FROM edge_hour WHERE hour >= ? AND hour < ? AND device = ?"
            " AND peer NOT LIKE 'device:%' GROUP BY hour",
            (before_hour - HOURS, before_hour, device_id),
        )[1]
        sizes = [size for _, size in rows]
        if not sizes:
            return {"hours": 0, "median": 0, "deviation": 0, "most": 0}
        middle = median(sizes)
        deviation = median(abs(size - middle) for size in sizes)
        return {"hours": len(sizes), "median": middle, "deviation": deviation, "most": max(sizes)}
