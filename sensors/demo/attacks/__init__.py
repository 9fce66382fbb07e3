"""Every made-up situation, rule by rule."""

from sensors.demo.attacks import (
    arp_scan,
    beacon,
    blocklisted_address,
    blocklisted_name,
    flood,
    insecure_protocol,
    long_connection,
    new_connection,
    new_device,
    port_scan,
    suspicious_port,
    upload_volume,
)
from sensors.demo.attacks.case import Case

CASES: tuple[Case, ...] = (
    *arp_scan.CASES,
    *beacon.CASES,
    *blocklisted_address.CASES,
    *blocklisted_name.CASES,
    *flood.CASES,
    *insecure_protocol.CASES,
    *long_connection.CASES,
    *new_connection.CASES,
    *new_device.CASES,
    *port_scan.CASES,
    *suspicious_port.CASES,
    *upload_volume.CASES,
)
