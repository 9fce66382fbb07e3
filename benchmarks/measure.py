"""Runs a piece of work in a process of its own and says what it cost in CPU time and memory.

CPU time (user and system, of all threads and children), because the machine is shared: a busy
neighbour makes wall time longer, but CPU time hardly. What remains of his influence (caches, clock
rate) is met by interleaving the rounds of all designs and by medians.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MARK = "##"
"""Begins the line of JSON in which a child tells its result; what libraries print is passed over."""


class Cost(NamedTuple):
    """What a child process took, its own children included."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    told: dict[str, Any]
    """What the child said of itself; empty for programs that are not ours."""


class Failed(Exception):
    """The work could not be done; the text is its last words."""


def run(command: Sequence[str], timeout: float = 900.0, **more: Any) -> Cost:
    """Run a command to its end. Raises Failed."""
    begun, before = time.monotonic(), cpu_seconds(children_only=True)
    child = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **more
    )
    try:
        output, errors = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise Failed(f"not done after {timeout:.0f} s") from None
    except BaseException:  # whoever interrupts us wants no work to go on alone
        child.kill()
        child.wait()
        raise
    cpu = cpu_seconds(children_only=True) - before
    if child.returncode:
        raise Failed((errors or output).strip()[-500:] or f"exit {child.returncode}")
    told = [json.loads(line[len(MARK) :]) for line in output.splitlines() if line.startswith(MARK)]
    return Cost(cpu, time.monotonic() - begun, told[-1] if told else {})


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules in a fresh interpreter."""
    return [sys.executable, "-m", name, *arguments]


def tell(result: dict[str, Any]) -> None:
    """Hand a result to `run` in the parent."""
    print(MARK + json.dumps(result), flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of a call, children that ended in it included, and what it returned."""
    before = cpu_seconds()
    result = work()
    return max(cpu_seconds() - before, 1e-6), result


def cpu_seconds(children_only: bool = False) -> float:
    """CPU seconds so far of this process and its ended children, or of these alone."""
    try:
        import resource
    except ImportError:  # Windows
        times = os.times()
        return sum(times[2:4] if children_only else times[:4])
    parts = [resource.getrusage(resource.RUSAGE_CHILDREN)]
    if not children_only:
        parts.append(resource.getrusage(resource.RUSAGE_SELF))
    return sum(part.ru_utime + part.ru_stime for part in parts)


def peak_mb() -> float:
    """Peak resident memory of this process in MiB; 0 where the system does not tell. Not ru_maxrss,
    which a process inherits from the one that started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def private_mb() -> float:
    """Memory of this process that no other shares, in MiB; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, least, most."""
    return statistics.median(values), min(values), max(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by `share` of them (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1)]


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    names = ("numpy", "pcapy-ng", "scapy", "dpkt", "nfstream", "marisa-trie", "dash")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cpu": _cpu(), "cores": os.cpu_count(), "load": load, "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version for name in names if (version := _version(name))},
    }  # fmt: skip


def about() -> str:
    """The machine in one paragraph."""
    m = machine()
    versions = ", ".join(f"{name} {version}" for name, version in m["versions"].items())
    load = "" if m["load"] is None else f", load {m['load']:.1f}"
    return f"{m['date']}: {m['cores']} x {m['cpu']}{load}; {m['system']}; Python {m['python']}, {versions}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def say(text: str) -> None:
    """Progress, for the person who waits."""
    print(text, file=sys.stderr, flush=True)
