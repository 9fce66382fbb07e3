"""A device appears that was never seen before."""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.alerts import Finding, Severity, Subject
from analysis.detector import Detector, NewDevice

MINUTE = 60.0


@dataclass
class NewDeviceSeen(Detector):
    """A device joined the network that no earlier run has seen.

    It is told when its name is known, or a minute after it came. A phone that changes its random
    address looks like a new one.
    """

    id = "new-device"
    title = "New device"
    severity = Severity.NORMAL

    per_minute: int = 20
    """New devices that are told one by one within a minute; more become one incident with a count.
    Source: own choice; a flood of made-up addresses must not hide everything else."""

    def __post_init__(self) -> None:
        self._minute = 0.0
        self._told = 0

    def on_tick(self, now: float) -> Iterable[Finding]:
        return [self._finding(device, now) for device in self.known.new_devices(now)]

    def _finding(self, device: NewDevice, now: float) -> Finding:
        if now - self._minute >= MINUTE:
            self._minute, self._told = now, 0
        self._told += 1
        if self._told > self.per_minute:
            return self._flood(device)
        shown = device.name or (
            f"a device by {device.vendor}" if device.vendor else "a device without a name"
        )
        random = (
            " Its address is a random one, as phones and laptops make for privacy: it may be one you know."
            if device.randomised
            else ""
        )
        return self.finding(
            device.first_seen, Subject(device.mac, device.ip), device.mac,
            title=f"New device on your network: {shown}",
            why=f"It was never seen here before.{random}",
            advice="If you know it, give it a name. If nobody does, change the Wi-Fi password.",
            mac=device.mac, address=device.ip, name=device.name, vendor=device.vendor,
            random_address=device.randomised, kind=device.kind,
        )  # fmt: skip

    def _flood(self, device: NewDevice) -> Finding:
        return self.finding(
            device.first_seen, Subject(), "flood",
            title=f"More than {self.per_minute} new devices within a minute",
            why="So many do not come by themselves: somebody may be inventing addresses to overload "
            "the network.",
            advice="If no party has just arrived, unplug devices one by one until it stops.",
            threshold=self.per_minute, latest_mac=device.mac,
        )  # fmt: skip
