"""Every made-up situation, rule by rule."""

from sensors.demo.attacks import beacon, flood, long_connection, upload_volume
from sensors.demo.attacks.case import Case

CASES: tuple[Case, ...] = (
    *beacon.CASES,
    *flood.CASES,
    *long_connection.CASES,
    *upload_volume.CASES,
)
