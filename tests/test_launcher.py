"""The launcher on copies of itself, with requirements that need no network."""

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import sentinel
from deploy import Stop, interpreter
from deploy.environment import Environment
from deploy.packages import pip_failed, requirement_lines, step, uv_settings
from tests import mmdb

ROOT = Path(__file__).resolve().parent.parent
TELLTALE = """
import json, os, sys
print(json.dumps({"args": sys.argv[1:], "cwd": os.getcwd(), "prefix": sys.prefix}))
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def checkout(folder: Path) -> Path:
    """A project whose `replay` tells how it was called."""
    folder.mkdir()
    shutil.copy(ROOT / "sentinel.py", folder)
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("# nothing\n")
    (folder / "sensors").mkdir()
    (folder / "sensors" / "__init__.py").touch()
    (folder / "sensors" / "replay.py").write_text(TELLTALE)
    return folder


def launch(
    root: Path, *arguments: str, cwd: Path | None = None, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Runs a copy of the launcher with the Python that Sentinel's own environment was made from."""
    python = getattr(sys, "_base_executable", sys.executable)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    return subprocess.run(
        [python, str(root / "sentinel.py"), *arguments], cwd=cwd or root, env={**clean, **env},
        capture_output=True, text=True, timeout=110,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose environment is made."""
    root = checkout(tmp_path_factory.mktemp("made") / "sentinel")
    first = launch(root, "replay", "x.pcap")
    assert first.returncode == 0, first.stderr
    assert "Installing Sentinel's packages" in first.stderr and "Ready after" in first.stderr
    assert json.loads(first.stdout)["prefix"] == str(root / ".venv")
    return root


@pytest.mark.skipif(os.name != "posix", reason="shells of POSIX systems close streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_the_null_device(made: Path, tmp_path: Path, closed: str) -> None:
    """For what the verb opens, too: the first file must not become standard output."""
    (made / "sensors" / "score.py").write_text(
        "import sys\nfile = open(sys.argv[1], 'w')\nprint('out')\nprint('err', file=sys.stderr)\n"
        "sys.stdin.read()\nsys.exit(7 if file.fileno() > 2 else 8)\n"
    )
    python = getattr(sys, "_base_executable", sys.executable)
    line = shlex.join([python, str(made / "sentinel.py"), "score", str(tmp_path / "opened")])
    done = subprocess.run(["/bin/sh", "-c", f"{line} {closed}"], stdin=subprocess.DEVNULL, timeout=110)
    assert done.returncode == 7 and (tmp_path / "opened").read_text() == ""


def made_when(root: Path) -> int:
    return (root / ".venv" / "pyvenv.cfg").stat().st_mtime_ns


def test_later_starts_install_nothing_and_say_nothing(made: Path) -> None:
    before = made_when(made), (made / ".venv" / "sentinel.json").stat().st_mtime_ns
    again = launch(made, "replay", "x.pcap")
    assert (again.returncode, again.stderr) == (0, "")
    assert before == (made_when(made), (made / ".venv" / "sentinel.json").stat().st_mtime_ns)


def test_paths_mean_what_they_mean_in_the_callers_folder(made: Path, tmp_path: Path) -> None:
    told = json.loads(launch(made, "replay", "a.pcap", "--home", "10.0.0.0/8", cwd=tmp_path).stdout)
    assert told["cwd"] == str(tmp_path)
    assert told["args"] == ["a.pcap", "--home", "10.0.0.0/8"]


def test_no_module_is_taken_from_the_callers_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('hostile')")
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "replay.py").write_text("raise SystemExit('hostile')")
    result = launch(made, "replay", "a.pcap", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_exit_status_of_the_verb_is_the_launchers(made: Path) -> None:
    (made / "sensors" / "doctor.py").write_text("raise SystemExit(3)")
    assert launch(made, "doctor").returncode == 3


def test_changed_requirements_are_installed_into_the_environment_that_is_there(
    tmp_path: Path, made: Path
) -> None:
    before = made_when(made)
    (made / "requirements.txt").write_text("# nothing, but said differently\n")
    result = launch(made, "replay", "x.pcap")
    assert result.returncode == 0 and "Ready after" in result.stderr
    assert made_when(made) == before
    assert launch(made, "replay", "x.pcap").stderr == ""


def test_the_tests_requirements_come_on_top(made: Path) -> None:
    Environment(made).ensure()
    assert not Environment(made).ready(dev=True)
    Environment(made).ensure(dev=True)
    assert Environment(made).ready(dev=True)
    assert Environment(made).ready(dev=False)


def test_the_environment_has_pip(made: Path) -> None:
    python = Environment(made).python
    told = subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, text=True)
    assert told.stdout.startswith("pip ")


@pytest.mark.skipif(os.name != "posix", reason="breaks it in the way of POSIX systems")
def test_a_broken_environment_is_made_anew(made: Path) -> None:
    python = made / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")  # as after the removal of the Python that it was made from
    result = launch(made, "replay", "x.pcap")
    assert result.returncode == 0, result.stderr
    assert "Making Sentinel's Python environment" in result.stderr


def test_a_half_made_environment_is_made_anew(made: Path) -> None:
    before = made_when(made)
    stamp = made / ".venv" / "sentinel.json"
    stamp.write_text(json.dumps({"place": str(made / ".venv"), "half": "made"}))
    assert launch(made, "replay", "x.pcap").returncode == 0
    assert made_when(made) != before


def test_a_moved_checkout_gets_its_own_environment(tmp_path: Path, made: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(made, moved, symlinks=True)
    result = launch(moved, "replay", "x.pcap")
    assert json.loads(result.stdout)["prefix"] == str(moved / ".venv")
    assert "Making Sentinel's Python environment" in result.stderr


def test_an_environment_made_by_hand_is_completed_and_kept(made: Path) -> None:
    before = made_when(made)
    (made / ".venv" / "sentinel.json").unlink()
    result = launch(made, "replay", "x.pcap")
    assert result.returncode == 0 and "Ready after" in result.stderr
    assert made_when(made) == before


def test_two_first_starts_at_once_make_one_environment(tmp_path: Path) -> None:
    root = checkout(tmp_path / "sentinel")
    python = getattr(sys, "_base_executable", sys.executable)
    both = [
        subprocess.Popen(
            [python, "sentinel.py", "replay", "x"],
            cwd=root,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=110) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("Ready after" in errors for _, errors in told) == 1


@pytest.mark.skipif(os.name != "posix", reason="holds the lock in the way of POSIX systems")
def test_a_start_that_has_to_wait_for_another_says_so(tmp_path: Path) -> None:
    import fcntl

    root = checkout(tmp_path / "sentinel")
    python = getattr(sys, "_base_executable", sys.executable)
    with (root / "requirements.txt").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [python, "sentinel.py", "replay", "x"], cwd=root, text=True, stderr=subprocess.PIPE
        )
        assert waiting.stderr and "waiting for it" in waiting.stderr.readline()
        assert not (root / ".venv").exists()
    _, rest = waiting.communicate(timeout=110)
    assert waiting.returncode == 0 and "Ready after" in rest


@pytest.mark.skipif(sys.platform != "linux", reason="mounts or becomes another user")
def test_a_folder_that_cannot_be_written_gets_its_cure(tmp_path: Path) -> None:
    root = checkout(tmp_path / "sentinel")
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, str(root / "sentinel.py"), "replay", "x"]
    if os.geteuid() == 0:
        mounts = f"mount --bind {root} {root} && mount -o remount,ro,bind {root} && exec "
        command = ["unshare", "--mount", "sh", "-c", mounts + shlex.join(command)]
    else:
        root.chmod(0o555)
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    root.chmod(0o755)
    if "Operation not permitted" in told.stderr or "mount:" in told.stderr:
        pytest.skip("this root may not mount")
    assert told.returncode == 1
    assert f"{root} cannot be written to" in told.stderr and "Copy Sentinel" in told.stderr
    assert "Traceback" not in told.stderr


def test_pips_own_settings_are_handed_to_uv_or_keep_it_away() -> None:
    told = [
        "global.index-url='https://mirror.example/simple'",
        "global.find-links='/a\\n/b'",
        ":env:.cert='/etc/ssl/ca.pem'",
        "global.timeout='60'",
    ]
    assert uv_settings(told) == {
        "UV_INDEX_URL": "https://mirror.example/simple",
        "UV_FIND_LINKS": "/a,/b",
        "SSL_CERT_FILE": "/etc/ssl/ca.pem",
    }
    several = uv_settings([*told, "global.extra-index-url='https://b.example/simple'"])
    assert several is not None and several["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert uv_settings([*told, "install.no-binary=':all:'"]) is None
    assert uv_settings([*told, "global.trusted-host='mirror.example'"]) is None
    assert uv_settings(["list.format='columns'"]) == {}


def test_only_what_is_asked_for_counts_as_a_requirement(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# why\n\nnumpy>=2\nscapy\n")
    (tmp_path / "b.txt").write_text("-r a.txt\npytest\n")
    assert requirement_lines(tmp_path / "b.txt") == 3


def test_running_needs_nothing_that_only_the_tests_need() -> None:
    run, dev = ((ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt"))
    names = set(re.findall(r"^[A-Za-z][\w-]*", run, re.M)), set(re.findall(r"^[A-Za-z][\w-]*", dev, re.M))
    assert len(names[0]) > 15 and len(names[1]) > 5
    assert not names[0] & names[1]


def test_without_a_network_the_message_says_so(tmp_path: Path) -> None:
    root = checkout(tmp_path / "sentinel")
    (root / "requirements.txt").write_text("a-package-that-is-not-here\n")
    result = launch(root, "replay", "x.pcap", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert result.returncode == 1
    assert "could not be fetched" in result.stderr and "internet connection" in result.stderr
    assert "Traceback" not in result.stderr
    assert not Environment(root).ready(dev=False)


def test_what_pip_says_otherwise_is_shown() -> None:
    text = pip_failed(["Collecting x", "ERROR: No matching distribution found for x"], "requirements.txt")
    assert "No matching distribution found for x" in text
    assert "disk is full" in pip_failed(["OSError: [Errno 28] No space left on device"], "requirements.txt")


def test_pips_output_becomes_steps() -> None:
    assert step("Collecting numpy<3,>=2.2 (from -r requirements.txt)\n") == "finding numpy<3,>=2.2"
    assert step("  Downloading numpy-2.3-cp311-linux.whl (16.8 MB)\n") == "downloading numpy 2.3 (16.8 MB)"
    assert step("  Downloading numpy-2.3-cp311-linux.whl.metadata (62 kB)\n") is None
    assert step("Installing collected packages: a, b, c\n") == "unpacking 3 packages"
    assert step("anything else") is None


def test_uvs_output_becomes_steps() -> None:
    assert step("Resolved 61 packages in 1.20s\n") == "downloading 61 packages"
    assert step("Downloading numpy (15.9MiB)\n") == "downloading numpy (15.9MiB)"
    assert step(" Downloaded numpy\n") is None
    assert step("   Building dash-cytoscape==1.0.2\n") == "building dash-cytoscape==1.0.2"
    assert step("Prepared 61 packages in 4.43s\n") == "unpacking 61 packages"


def test_a_missing_ensurepip_gets_the_command_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout(tmp_path / "sentinel")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("deploy.environment.package_tool", lambda: "apt-get")
    monkeypatch.setattr("deploy.environment.is_root", lambda: False)
    with pytest.raises(Stop, match=r"sudo apt install python3\.\d+-venv$"):
        Environment(root)._make({})


@pytest.mark.parametrize(
    ("tool", "root", "command"),
    [
        ("apt-get", False, "sudo apt install python3.11 python3.11-venv"),
        ("apt-get", True, "apt install python3.11 python3.11-venv"),
        ("dnf", False, "sudo dnf install python3.11"),
        ("pacman", False, "sudo pacman -Syu python"),
        ("brew", False, "brew install python@3.13"),
        ("winget", False, "winget install Python.Python.3.13"),
        (None, False, "https://www.python.org/downloads/"),
    ],
)
def test_an_old_python_gets_the_command_that_mends_it(tool: str | None, root: bool, command: str) -> None:
    told = interpreter.too_old((3, 9), tool, root)
    assert "needs Python 3.11 or newer; this is 3.9" in told
    assert command in told


@pytest.mark.parametrize(
    "path", ["sentinel.py", *(f"deploy/{p.name}" for p in (ROOT / "deploy").glob("*.py"))]
)
def test_an_old_python_can_read_the_launcher(path: str) -> None:
    assert ast.parse((ROOT / path).read_text(), feature_version=(3, 7)).body


@pytest.mark.parametrize("verb", sentinel.VERBS)
def test_every_verb_has_help_before_anything_is_installed(verb: str, tmp_path: Path) -> None:
    root = checkout(tmp_path / "sentinel")
    result = launch(root, verb, "--help")
    assert result.returncode == 0
    assert sentinel.VERBS[verb][0][1:] in " ".join(result.stdout.split())
    assert not (root / ".venv").exists()


@pytest.mark.parametrize("arguments", [["bench", "--help"], ["bench", "memory", "-h"], ["test", "--help"]])
def test_help_of_verbs_with_options_of_their_own_comes_from_their_modules(
    made: Path, arguments: list[str]
) -> None:
    Environment(made).ensure(dev=True)
    for name in ("benchmarks", "pytest"):
        (made / name).mkdir(exist_ok=True)
        (made / name / "__main__.py").write_text(TELLTALE)
    told = launch(made, *arguments)
    assert told.returncode == 0, told.stderr
    assert set(arguments[1:]) <= set(json.loads(told.stdout)["args"])


def options_in(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", text)) - {"--help"}


@pytest.mark.parametrize(
    "verb", [verb for verb in sentinel.VERBS if sentinel.VERBS[verb][1] not in (None, "pytest")]
)
def test_the_launchers_help_and_the_modules_name_the_same_options(verb: str) -> None:
    module = str(sentinel.VERBS[verb][1])
    command = [sys.executable, "-m", module, "--help"]
    told = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "COLUMNS": "500"}
    )
    assert told.returncode == 0, told.stderr
    usage = told.stdout.split("\n\n")[0]  # other texts may speak of options too
    assert options_in(usage) == set(sentinel.VERBS[verb][3].split())


def test_an_option_is_told_as_the_verb_takes_it() -> None:
    """Neither stores anything in the database that config.yaml names."""
    for verb, says in (("replay", "they are only printed"), ("demo", "a temporary one")):
        for start in (["sentinel.py", verb], ["-m", str(sentinel.VERBS[verb][1])]):
            told = subprocess.check_output([sys.executable, *start, "--help"], cwd=ROOT, text=True)
            line = re.search(r"\n  --db \S+\s+(.*?)(?=\n\s+--|\Z)", told, re.S)
            assert line and says in " ".join(line[1].split()) and "config.yaml names" not in line[1]


def test_check_names_the_mistake_and_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("learning_hours: 24\n")
    assert sentinel.check(str(config)) == 0
    assert capsys.readouterr().out == f"{config}: OK\n"
    config.write_text("learning_hours: 24\nlearning_hors: 3\n")
    assert sentinel.check(str(config)) == 2
    assert re.search(r"config\.yaml.*2.*learning_hors", capsys.readouterr().err)


def test_check_names_the_files_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "blocklists:\n  lists:\n    - {name: mine, file: mine.txt}\n    - {name: folder, file: lists}\n"
        "    - {name: off, file: off.txt, enabled: false}\n    - {name: URLhaus, feed: urlhaus}\n"
        "destinations:\n  mmdb: [owners.mmdb]\n"
    )
    (tmp_path / "lists").mkdir()
    assert sentinel.check(str(config)) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3  # neither what is switched off nor what was only never fetched
    assert f"{config}:3: blocklists.lists[0].file: 'mine': there is no file" in told[0]
    assert "mine.txt" in told[0] and f"{config}:8: destinations.mmdb[0]: " in told[2]
    assert "'folder'" in told[1] and "is a folder" in told[1]
    assert "owners.mmdb" in told[2]
    (tmp_path / "lists").rmdir()
    for name in ("mine.txt", "lists", "owners.mmdb"):
        (tmp_path / name).write_text("noise")
    assert sentinel.check(str(config)) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert f"{config}:8: destinations.mmdb[0]: no MaxMind DB file: " in told
    mmdb.write(tmp_path / "owners.mmdb", {"8.8.8.0/24": {"as_name": "Example"}})
    assert sentinel.check(str(config)) == 0


@pytest.mark.parametrize("pair", [("no.pem", None), ("noise.pem", None), ("noise.pem", "no.key")])
def test_check_names_a_certificate_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: tuple[str, str | None]
) -> None:
    config = tmp_path / "config.yaml"
    (tmp_path / "noise.pem").write_text("noise")
    certificate, key = pair
    more = f"  tls_key: {key}\n" if key else ""
    config.write_text(f"dashboard:\n  tls_certificate: {certificate}\n{more}")
    assert sentinel.check(str(config)) == 2
    (told,) = capsys.readouterr().err.splitlines()
    where = "3: dashboard.tls_key: " if key else "2: dashboard.tls_certificate: "
    assert told.startswith(f"{config}:{where}{tmp_path / (key or certificate)}")


def test_check_names_a_filter_that_libpcap_does_not_take_and_a_database_without_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pcapy")
    config = tmp_path / "config.yaml"
    config.write_text(
        "interfaces:\n  - name: eth0\n    filter: tcp prot 80\n  - {name: eth1, filter: inbound}\n"
        "  - {name: wlan0, filter: type mgt}\n  - {name: eth2, filter: 'tcp port 80'}\n"
        "database: gone/sentinel.db\n"
    )
    assert sentinel.check(str(config)) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2  # what some kind of link takes is no mistake
    assert told[0].startswith(f"{config}:3: interfaces[0].filter: 'tcp prot 80' is no filter")
    assert "syntax error" in told[0]
    assert told[1].startswith(f"{config}:7: database: there is no folder {tmp_path / 'gone'}; make it")
    config.write_text("interfaces:\n  - {name: eth2, filter: 'tcp port 80'}\n")
    assert sentinel.check(str(config)) == 0


def test_a_short_password_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: "7chars!")
    assert sentinel.password() == 1
    told = capsys.readouterr()
    assert "Shorter than 8 characters" in told.err and "password_hash" not in told.out
    monkeypatch.setattr("getpass.getpass", lambda _: "8 chars!")
    assert sentinel.password() == 0


def test_password_makes_a_line_that_the_dashboard_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dashboard.security import check_password

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: "correct horse")
    assert sentinel.password() == 0
    line = yaml.safe_load(capsys.readouterr().out.splitlines()[1])
    assert check_password("correct horse", line["password_hash"])
    for given, said in ((["one", "another"], "not the same"), (["", ""], "No password given")):
        answers = iter(given)
        monkeypatch.setattr("getpass.getpass", lambda _, answers=answers: next(answers))
        assert sentinel.password() == 1
        told = capsys.readouterr().err
        assert said in told and "nothing made" in told


def test_help_names_every_verb_and_a_mistake_is_answered() -> None:
    told = launch(ROOT, "--help").stdout
    assert all(f"\n    {verb}" in told for verb in sentinel.VERBS)
    wrong = launch(ROOT, "upp")
    assert wrong.returncode == 2
    assert "invalid choice: 'upp'" in wrong.stderr and "Traceback" not in wrong.stderr


def test_without_a_verb_the_first_steps_are_told(tmp_path: Path) -> None:
    told = launch(checkout(tmp_path / "sentinel"))
    assert told.returncode == 2
    assert all(f"sentinel.py {verb}" in told.stderr for verb in ("demo", "doctor", "up"))
    assert not (tmp_path / "sentinel" / ".venv").exists()


def test_help_loads_nothing_that_is_slow() -> None:
    ask = "import sys; sys.argv = ['sentinel.py', '--help']; import sentinel, contextlib, io\n"
    ask += "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): sentinel.main(['--help'])\n"
    ask += "print(sorted({'subprocess', 'typing', 'json', 'hashlib', 'socket', 'deploy.environment'} & set(sys.modules)))"
    told = subprocess.check_output(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{ask}"]
    )
    assert told.decode().strip() == "[]"


ODD = "home→網"
NARROW = {
    "a Windows code page": {"PYTHONIOENCODING": "cp1252"},
    "ASCII, as asked for": {"PYTHONIOENCODING": "ascii:strict"},
    "an ASCII locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize(
    ("verb", "narrow"),
    [(verb, "a Windows code page") for verb in sentinel.VERBS if verb not in ("check", "password")]
    + [("doctor", narrow) for narrow in NARROW][1:],
)
def test_no_output_fails_at_a_letter_that_it_cannot_hold(verb: str, narrow: str, made: Path) -> None:
    """What every verb's module prints goes through the launcher's settings; pytest has no part in this."""
    module = made.joinpath(*str(sentinel.VERBS[verb][1]).split("."))
    file = (
        module / "__main__.py"
        if verb in ("dashboard", "demo", "bench", "test")
        else module.with_suffix(".py")
    )
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"import subprocess, sys\nprint({ODD!a}, flush=True)\n")
    with file.open("a") as text:  # what it starts prints as well
        text.write(f"subprocess.check_call([sys.executable, '-c', {f'print({ODD!a})'!r}])\n")
    result = launch(made, verb, *{"sensor": ["x"], "replay": ["x"]}.get(verb, []), **NARROW[narrow])
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.split()) == 2 and "\\u2192" in result.stdout


@pytest.mark.parametrize(
    ("verb", "narrow"),
    [(verb, "ASCII, as asked for") for verb in ("check", "replay", "score", "update", "dashboard")]
    + [("doctor", narrow) for narrow in NARROW],
)
def test_verbs_tell_mistakes_where_letters_are_missing(
    verb: str, narrow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real modules, on a configuration with such letters in its name and in its mistakes."""
    config = tmp_path / f"{ODD}.yaml"
    config.write_text("home: [" + ODD + "]\n", encoding="utf-8")
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    for name, value in NARROW[narrow].items():
        monkeypatch.setenv(name, value)
    start = ["sentinel.py", "check"] if verb == "check" else ["-m", str(sentinel.VERBS[verb][1])]
    arguments = [*start, *(["x.pcap"] if verb == "replay" else []), "--config", str(config)]
    told = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=sentinel.surroundings(), capture_output=True, timeout=110
    )
    said = (told.stdout + told.stderr).decode("ascii", "replace")
    assert told.returncode in (1, 2) and "Traceback" not in said
    assert "home[0]" in said and "\\u2192" in said


def test_pytest_gets_paths_of_the_callers_folder_and_the_whole_suite_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_x.py").touch()
    arguments = sentinel.pytest_arguments(["-q", "test_x.py::test_a"])
    assert arguments[-2:] == ["-q", str(tmp_path / "test_x.py::test_a")]
    assert sentinel.pytest_arguments(["-q"])[-2:] == ["-q", "tests"]
