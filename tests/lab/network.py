"""A home and an internet of network namespaces, with real programs in them.

```
laptop  server  guest  ...            watch: the bridge `br0`; Sentinel runs here and sees it all
   |       |      |
 ==+=======+======+== br0 (in watch) ==== router .1 ---- internet 203.0.113.0/24, 198.51.100.0/24
        192.168.77.0/24
```

Names begin with `snlab-` and the number of the process that made them, so that what a killed run left
behind is found and removed by the next one.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PREFIX = "snlab-"
HOME = "192.168.77.0/24"
ROUTER = "192.168.77.1"
OUTSIDE = "203.0.113.10"
"""A harmless server in the internet (TEST-NET-3, RFC 5737)."""
LISTED = "198.51.100.7"
"""A server whose address stands on a blocklist (TEST-NET-2)."""
OUTSIDE_MORE = ("203.0.113.11", "203.0.113.12", "203.0.113.13")
_ETC = Path("/etc/netns")
Process = subprocess.Popen[bytes]


def allowed(seconds: float) -> float:
    """The limit; longer in proportion where other work already wants more than this machine's cores."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def wait_for(what: Callable[[], Any], seconds: float, told: str) -> Any:
    """What `what` returns once that is true; fails with `told` after so long (as `allowed` has it)."""
    until = time.monotonic() + allowed(seconds)
    while not (value := what()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds:g} s: {told}")
        time.sleep(0.02)
    return value


class Host:
    """A namespace: a computer of its own as far as the network is concerned."""

    def __init__(self, network: "Network", name: str) -> None:
        self.network = network
        self.name = name
        self.namespace = f"{network.prefix}{name}"

    def ip(self, *arguments: str) -> None:
        """`ip` in here; raises CalledProcessError."""
        subprocess.run(["ip", "-n", self.namespace, *arguments], check=True, capture_output=True)

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` in here, with this host's resolver."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def run(
        self, *command: str, timeout: float = 30, check: bool = True, input: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs to the end. With `check` a failure shows what the program said."""
        more: dict[str, Any] = {"stdin": subprocess.DEVNULL} if input is None else {"input": input}
        done = subprocess.run(self.inside(*command), capture_output=True, timeout=timeout, **more)
        if check and done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise AssertionError(f"{command[0]} on {self.name} ended with {done.returncode}:\n{said}")
        return done

    def start(self, *command: str, **more: Any) -> Process:
        """A server or other program that runs until the network is closed; its output goes to a file of
        the network's folder, see `output`."""
        log = self.log(Path(command[0]).name).open("ab")
        with log:
            process = subprocess.Popen(
                self.inside(*command),
                **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, **more},
            )
        self.network.processes.append(process)
        return process

    def log(self, program: str) -> Path:
        """Where a started program's output goes."""
        return self.network.folder / f"{self.name}-{program}.log"

    def listens(self, port: int) -> bool:
        """Whether a TCP server listens on a port in here."""
        found = self.run("ss", "-Hltn", f"sport = :{port}").stdout
        return bool(found.strip())


class Network:
    """Everything made here is gone after `close`."""

    _made = 0

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        Network._made += 1
        self.prefix = f"{PREFIX}{os.getpid()}-{Network._made}-"
        self.hosts: dict[str, Host] = {}
        self.processes: list[Process] = []
        _remove_leftovers()

    def host(self, name: str) -> Host:
        """A new, lonely host."""
        host = self.hosts[name] = Host(self, name)
        etc = _ETC / host.namespace
        etc.mkdir(parents=True)
        (etc / "resolv.conf").write_text(f"nameserver {ROUTER}\noptions timeout:2 attempts:2\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
        subprocess.run(["ip", "netns", "add", host.namespace], check=True)
        host.ip("link", "set", "lo", "up")
        return host

    def bridge(self, host: Host, name: str = "br0") -> None:
        """A switch inside a host, which floods multicast as a simple one does."""
        host.ip(
            "link",
            "add",
            name,
            "type",
            "bridge",
            "forward_delay",
            "0",
            "stp_state",
            "0",
            "mcast_snooping",
            "0",
        )
        host.ip("link", "set", name, "up")

    def wire(self, one: Host, interface: str, other: Host, peer: str, mac: str | None = None) -> None:
        """A cable; `mac` is that of the first end."""
        address = ["address", mac] if mac else []
        one.ip(
            "link", "add", interface, *address, "type", "veth", "peer", "name", peer, "netns", other.namespace
        )
        one.ip("link", "set", interface, "up")
        other.ip("link", "set", peer, "up")

    def plug(self, host: Host, switch: Host, mac: str, address: str | None, bridge: str = "br0") -> None:
        """Into a switch, with an address of the home unless DHCP is to give it."""
        peer = f"p-{host.name}"[:15]
        self.wire(host, "eth0", switch, peer, mac)
        switch.ip("link", "set", peer, "master", bridge)
        if address:
            host.ip("address", "add", f"{address}/24", "dev", "eth0")
            host.ip("route", "add", "default", "via", ROUTER)

    def stop(self, process: Process, seconds: float = 3) -> None:
        """Ends one of the started programs."""
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Ends every process in the namespaces, then removes them."""
        for host in self.hosts.values():
            _remove(host.namespace)
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self.hosts.clear()


def home_network(folder: Path, devices: Sequence[tuple[str, str, str]]) -> Network:
    """A home of devices (name, MAC, address), a router and an internet behind it."""
    network = Network(folder)
    try:
        watch, router, internet = (network.host(name) for name in ("watch", "router", "internet"))
        network.bridge(watch)
        network.plug(router, watch, "00:0c:42:00:00:01", None)
        router.ip("address", "add", f"{ROUTER}/24", "dev", "eth0")
        network.wire(router, "wan0", internet, "eth0")
        for host, interface, address in (
            (router, "wan0", "203.0.113.1/24"),
            (router, "wan0", "198.51.100.1/24"),
            (internet, "eth0", f"{OUTSIDE}/24"),
            *((internet, "eth0", f"{address}/24") for address in OUTSIDE_MORE),
            (internet, "eth0", f"{LISTED}/24"),
        ):
            host.ip("address", "add", address, "dev", interface)
        internet.ip("route", "add", HOME, "via", "203.0.113.1")
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        for name, mac, address in devices:
            network.plug(network.host(name), watch, mac, address or None)
    except BaseException:
        network.close()
        raise
    return network


def _remove(namespace: str) -> None:
    found = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True).stdout
    for pid in found.split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "delete", namespace], capture_output=True)
    shutil.rmtree(_ETC / namespace, ignore_errors=True)
    with suppress(OSError):
        _ETC.rmdir()


def _remove_leftovers() -> None:
    """Of runs that were killed: their process is gone, their namespaces are not."""
    for line in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout.splitlines():
        name = line.split()[0] if line.strip() else ""
        owner = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and owner.isdigit() and not Path("/proc", owner).exists():
            _remove(name)
