"""Requirements into an environment: by uv where it can be had, otherwise by pip.

pip takes a minute for Sentinel's sixty packages on a small computer, uv a few seconds. uv is fetched with
pip, from where pip gets everything, and nothing depends on it: whatever hinders it, pip does the work.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
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
_NOT_USED = r"[/\\](tests?|pandas|pip|setuptools|pkg_resources)[/\\]"
"""What Sentinel never imports, or not when it starts."""
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
        if not _by_uv(python, requirements, person, progress):
            _by_pip(python, ["-r", str(requirements)], person, progress)
        progress.step("preparing them for quick starts")
        # Now and as the person, because sensors under sudo leave nothing in a person's checkout; on
        # all cores, where pip would take one. A module that cannot be compiled is one for another Python.
        command = [str(python), "-I", "-m", "compileall", "-q", "-j0", "-x", _NOT_USED]
        library = "import sysconfig; print(sysconfig.get_path('purelib'))"
        place = subprocess.check_output([str(python), "-I", "-c", library], text=True).strip()
        subprocess.run([*command, place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **person)


def _by_uv(python: Path, requirements: Path, person: dict[str, Any], progress: Progress) -> bool:
    """Whether uv installed everything."""
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
    command = [str(uv), "pip", "install", "--python", str(python), "-r", str(requirements)]
    _, status = _follow(command, {**person, "env": env}, progress)
    shutil.rmtree(cache, ignore_errors=True)
    return status == 0


def _by_pip(
    python: Path, what: list[str], person: dict[str, Any], progress: Progress, needed: bool = True
) -> None:
    """Stop when pip fails at what is `needed`, and in any case when there is no network."""
    command = [str(python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
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
    command = [str(python), "-I", "-m", "pip", "config", "list", "--disable-pip-version-check"]
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
