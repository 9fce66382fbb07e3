"""Requirements into an environment: by uv where it can be had, otherwise by pip.

For Sentinel's sixty packages pip takes 40 s of a processor's time and uv 6. uv is fetched with pip, from
where pip gets everything, and nothing depends on it: whatever hinders it, pip does the work.
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from deploy import Stop
from deploy.progress import Progress

UV = "uv>=0.9,<1"
_WORTH_UV = 10
"""Lines of requirements from which fetching uv (20 MB) takes less time than it saves."""
_HANDED_ON = {
    "index-url": "UV_INDEX_URL",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
"""pip's settings about where packages come from, and uv's variables for them."""
_COMMAS = ("UV_FIND_LINKS",)
_OF_NO_MATTER = frozenset((
    "timeout", "default-timeout", "retries", "cache-dir", "no-cache-dir", "disable-pip-version-check",
    "no-input", "no-color", "progress-bar", "quiet", "verbose", "log", "root-user-action",
    "require-virtualenv", "break-system-packages", "no-warn-script-location", "prefer-binary", "compile",
    "no-compile", "no-python-version-warning",
))  # fmt: skip
"""pip's settings that change nothing of what is installed. With any other, pip itself has to be asked."""
_SETTING = re.compile(r"^(?:global|install|:env:)\.([a-z-]+)=(.*)$")
_OUTPUT: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
_COMPILE = """
import py_compile, sys
import analysis.periodic, dashboard.serve, sensors.sensor, sensors.supervisor
for module in list(sys.modules.values()):
    file = getattr(module, "__file__", None) or ""
    if file.startswith(sys.prefix) and file.endswith(".py"):
        py_compile.compile(file)
"""
_NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "ConnectTimeoutError",
    "getaddrinfo failed",
    "nodename nor servname",
)


def install(python: Path, requirements: Path, person: dict[str, Any]) -> None:
    """Everything that `requirements` names is in the environment of `python` when this returns; Stop
    where that cannot be. `person` are subprocess's arguments for whom it belongs to."""
    with Progress("Installing Sentinel's packages") as progress:
        wheel = None if _own_pip(python) else pip_wheel()
        wanted = [*([str(wheel)] if wheel else []), "-r", str(requirements)]
        if not _by_uv(python, requirements, wanted, person, progress):
            _by_pip(python, wanted, person, progress)
        if sys.dont_write_bytecode:
            progress.step("preparing them for quick starts")
            _compile(python, requirements.parent, person)


def _compile(python: Path, root: Path, person: dict[str, Any]) -> None:
    """Leaves compiled what a start imports from the environment. Only where starts do not do it themselves,
    as under sudo, when nothing of root's may stay in a person's checkout."""
    env = {**person.get("env", os.environ), "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"}
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([str(python), "-c", _COMPILE], **quiet, **{**person, "env": env})


def pip_wheel() -> Path | None:
    """The pip that came with this Python, as one file that can be run; None where it is elsewhere."""
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    spec = importlib.util.find_spec("ensurepip")
    if spec is not None and spec.origin:
        folders.append(str(Path(spec.origin).parent / "_bundled"))
    found = [wheel for folder in folders if folder for wheel in sorted(Path(folder).glob("pip-*.whl"))]
    return found[-1] if found else None


def _own_pip(python: Path) -> bool:
    """Whether the environment has a pip."""
    library = "Lib" if os.name == "nt" else "lib/python{}.{}".format(*sys.version_info[:2])
    return (python.parent.parent / library / "site-packages" / "pip").is_dir()


def _pip(python: Path, *arguments: str) -> list[str]:
    """The command for pip: the environment's own, else the one that came with this Python."""
    wheel = None if _own_pip(python) else pip_wheel()
    return [str(python), "-I", *([f"{wheel}/pip"] if wheel else ["-m", "pip"]), *arguments]


def _by_uv(
    python: Path, requirements: Path, wanted: list[str], person: dict[str, Any], progress: Progress
) -> bool:
    """Whether uv installed all that is `wanted`."""
    settings = uv_settings(_pip_settings(python, person))
    uv = python.with_name("uv.exe" if os.name == "nt" else "uv")
    if settings is None:
        return False
    if not uv.exists():
        if requirement_lines(requirements) < _WORTH_UV:
            return False
        _by_pip(python, ["--only-binary=:all:", UV], person, progress, needed=False)
        if not uv.exists():
            return False
    # In the environment, so that files are linked instead of copied, and nothing stays elsewhere.
    cache = python.parent.parent / "uv-cache"
    env = {**person.get("env", os.environ), **settings, "UV_CACHE_DIR": str(cache)}
    command = [str(uv), "pip", "install", "--python", str(python), *wanted]
    _, status = _follow(command, {**person, "env": env}, progress)
    shutil.rmtree(cache, ignore_errors=True)
    return status == 0


def _by_pip(
    python: Path, what: list[str], person: dict[str, Any], progress: Progress, needed: bool = True
) -> None:
    """Stop when pip fails at what is `needed`, and in any case when there is no network."""
    command = _pip(python, "install", "--no-input", "--progress-bar=off")
    command += ["--disable-pip-version-check", "--root-user-action=ignore", "--retries=2"]
    command += ["--prefer-binary", "--no-compile", *what]
    lines, status = _follow(command, person, progress)
    if status and (needed or any(sign in line for line in lines for sign in _NO_NETWORK)):
        raise Stop(pip_failed(lines, Path(what[-1]).name))


def _follow(command: list[str], person: dict[str, Any], progress: Progress) -> tuple[list[str], int]:
    """Runs an installer; its lines and its exit status."""
    lines = []
    process = subprocess.Popen(command, **_OUTPUT, **person)
    for line in process.stdout or ():
        lines.append(line.rstrip())
        progress.step(step(line))
    return lines, process.wait()


def _pip_settings(python: Path, person: dict[str, Any]) -> list[str]:
    """What pip was told by its files and by variables, a line a setting, the stronger ones later."""
    command = _pip(python, "config", "list", "--disable-pip-version-check")
    lines = subprocess.run(command, **_OUTPUT, **person).stdout.splitlines()
    return sorted(lines, key=lambda line: (line.startswith(":env:"), line.startswith("install.")))


def uv_settings(lines: list[str]) -> dict[str, str] | None:
    """pip's settings as uv's variables; None where uv could not do as pip was told."""
    settings = {}
    for line in lines:
        match = _SETTING.match(line)
        if match is None:
            if line.startswith(("global.", "install.", ":env:.")):
                return None
            continue
        key, value = match[1], str(ast.literal_eval(match[2]))
        if key in _HANDED_ON:
            name = _HANDED_ON[key]
            settings[name] = ("," if name in _COMMAS else " ").join(value.split())
        elif key not in _OF_NO_MATTER:
            return None
    if "UV_EXTRA_INDEX_URL" in settings:
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip's way with several indexes
    return settings


def requirement_lines(requirements: Path) -> int:
    """How many lines of a file, and of the files it names, ask for something."""
    count = 0
    for line in requirements.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "-r":
            count += requirement_lines(requirements.parent / rest.strip())
        elif word and not word.startswith("#"):
            count += 1
    return count


def step(line: str) -> str | None:
    """A line of pip's or uv's output as a step of the progress line; None for one that says nothing new."""
    word, _, rest = line.strip().partition(" ")
    if word == "Collecting":
        return "finding " + rest.split(" ")[0].split(";")[0]
    if word == "Downloading" and ".metadata" not in rest:
        file, _, size = rest.rpartition("/")[2].partition(" ")
        name = " ".join(file.split("-")[:2]) if file.endswith((".whl", ".gz")) else file
        return "downloading " + name + " " + size
    if line.startswith("Building wheel"):
        return "building " + rest
    if line.startswith("Installing collected packages"):
        return f"unpacking {rest.count(',') + 1} packages"
    if word == "Building":
        return "building " + rest
    if word in ("Resolved", "Prepared"):
        count, _, _ = rest.partition(" ")
        return f"{'downloading' if word == 'Resolved' else 'unpacking'} {count} packages"
    return None


def pip_failed(lines: list[str], name: str) -> str:
    """What to tell when pip could not install the requirements in `name`."""
    text = "\n".join(lines)
    if any(sign in text for sign in _NO_NETWORK):
        return (
            "The packages that Sentinel needs could not be fetched: there is no way to https://pypi.org.\n"
            "Check this computer's internet connection (or proxy: set https_proxy) and start again."
        )
    if "No space left on device" in text:
        return "The disk is full: Sentinel's packages need about 700 MB. Make room and start again."
    return "pip could not install " + name + ":\n  " + "\n  ".join(lines[-12:])
