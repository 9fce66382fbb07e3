"""What a live sensor costs: CPU of a core and memory, idle and at steady rates.

`python -m benchmarks.live_cost`: as root on Linux, with the packages of tests/apt.txt. Targets: 1 % of a
core idle, 2 % at 1,000 packets a second.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.conftest import missing
from tests.lab.network import Network
from tests.lab.programs import Sensor, cpu_seconds, memory, write_config
from tests.lab.traffic import home_mix, replay, wires


def measure(sensor: Sensor, seconds: float) -> str:
    """CPU of a core over the next seconds, and memory after them."""
    begin, at = cpu_seconds(sensor.process.pid), time.monotonic()
    time.sleep(seconds)
    share = (cpu_seconds(sensor.process.pid) - begin) / (time.monotonic() - at)
    return f"{share:.2%} of a core, {memory(sensor.process.pid) / 1024:.0f} MiB"


def main() -> int:
    parser = argparse.ArgumentParser(description="CPU and memory of a live sensor.")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rates", type=int, nargs="*", default=[1_000, 5_000])
    parser.add_argument("--capture", default="auto", choices=["auto", "pcapy", "scapy"])
    arguments = parser.parse_args()
    if why := missing():
        print(f"cannot run: {why}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="sentinel-cost-") as name:
        folder = Path(name)
        network = Network(folder)
        try:
            watch, sender = network.host("watch"), network.host("sender")
            wires(network, watch, sender, 1)
            home_mix(folder / "mix.pcap", 25_000)
            config = write_config(folder, capture=arguments.capture)
            sensor = Sensor(watch, "w0", folder / "sentinel.db", config)
            sensor.wait_state("running")
            time.sleep(3)
            print(f"idle: {measure(sensor, arguments.seconds)}", flush=True)
            for rate in arguments.rates:
                traffic = replay(sender, "s0", folder / "mix.pcap", rate, loops=0)
                time.sleep(5)
                told = measure(sensor, arguments.seconds)
                network.stop(traffic)
                print(f"{rate} packets a second: {told}", flush=True)
            sensor.stop()
            row = sensor.database.sensor("w0")
            print(f"{row['packets']} packets seen, {row['dropped']} lost")
        finally:
            network.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
