"""Blocklist files → names and networks. Hosts, plain, adblock, dnsmasq and address lists.

The format is found by content, a file at a time. Every entry that is not taken is counted by
reason: a list that shrinks in silence is worse than none.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from analysis.blocklist_refusals import Network, Refusals, network_refusal, read_network
from analysis.domains import LONGEST, PLAIN_NAME, BadName, normal_name

FORMATS = ("hosts", "plain", "adblock", "dnsmasq", "addresses")

MAX_LINES = 2_000_000
"""Lines read of one list: the largest public ones have about a million."""
MAX_FOREIGN = 100_000
"""Names that are turned into punycode: each takes 20 times as long as another. Feeds hold few, since they
write them as punycode already."""
MAX_LINE = 4096
LINES_TOLD = 3
SAMPLE = 500
"""Lines with content that decide about the format."""

_SINKS = re.compile(r"0|0\.0\.0\.0|127(?:\.\d{1,3}){3}|::|::1|#|")
"""Addresses that a blocking hosts or dnsmasq file points names to."""
_EVERY_HOSTS_FILES = frozenset(
    (
        "localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4", "localhost6",
        "localhost6.localdomain6", "local", "broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet",
        "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts",
        "0.0.0.0",  # noqa: S104 - compared, not bound
    )
)  # fmt: skip
"""What a hosts file holds besides what it blocks: names that systems put there, and StevenBlack's line."""
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(?:/\d{1,3})?")
_ADBLOCK = re.compile(r"(@@)?\|\|(?:\*\.)?([^\s|/^*$:]+)\^?\|?(?:\$(.*))?")
_DNSMASQ = re.compile(r"(address|server|local)=/(.*)/([^/]*)")
_WHOLE_NAME = frozenset({"", "important", "all"})
"""Adblock modifiers that leave a rule about a whole name."""

NOT_A_NAME = "not a name"
REAL_ADDRESS = "points to a real address"


@dataclass
class Parsed:
    """What a file holds."""

    format: str = "plain"
    names: set[str] = field(default_factory=set)
    exceptions: set[str] = field(default_factory=set)
    """Names that this list itself excepts, with everything below them (adblock's `@@`)."""
    networks: set[Network] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    """Entries not taken, by reason."""
    lines: list[int] = field(default_factory=list)
    """The first `LINES_TOLD` lines with such an entry, counted from 1."""

    @property
    def entries(self) -> int:
        return len(self.names) + len(self.networks)


def parse(raw: bytes, own: bool = False, home: Sequence[Network] = ()) -> Parsed:
    """The entries of a list file in any of `FORMATS`.

    `own` lists may name private registries such as `duckdns.org`, which feeds may not. Networks that
    overlap `home` are refused. Never raises: what cannot be read is counted in `refused`.
    """
    text = _decode(raw)
    if "\0" in text[:4096]:
        return Parsed(refused=Counter({"not a text file": 1}))
    reader = _Reader(own, home)
    lines = text.split("\n")
    reader.parsed.format = detect(lines)
    take: Callable[[str], None] = getattr(reader, reader.parsed.format)
    for reader.number, line in enumerate(islice(lines, MAX_LINES), 1):
        line = line.strip()
        if not line or line[0] in "#!;":
            continue
        if len(line) > MAX_LINE:
            reader.refuse("line too long")
        else:
            take(line)
    if len(lines) > MAX_LINES:
        reader.parsed.refused[f"beyond line {MAX_LINES}"] = len(lines) - MAX_LINES
    return reader.parsed


def _decode(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", "replace")


def detect(lines: Iterable[str]) -> str:
    """The format that most of the first lines have."""
    filled = (line.strip() for line in lines if line.strip() and line.lstrip()[0] not in "#!;")
    votes = Counter(_format_of(line[:MAX_LINE]) for line in islice(filled, SAMPLE))
    return votes.most_common(1)[0][0] if votes else "plain"


def _format_of(line: str) -> str:
    if line.startswith(("||", "@@", "[Adblock")) or "##" in line:
        return "adblock"
    if _DNSMASQ.match(line):
        return "dnsmasq"
    words = re.split(r"[\s;#]+", line, maxsplit=2)
    if _ADDRESS.fullmatch(words[0]):
        second = words[1] if len(words) > 1 else ""
        separated = line[len(words[0]) :].lstrip()[:1] in ("", ";", "#")
        return "addresses" if separated or not second else "hosts"
    return "plain"


class _Reader:
    """One method a format, each taking a line that is not empty and no comment."""

    def __init__(self, own: bool, home: Sequence[Network]) -> None:
        self.parsed = Parsed()
        self._add = self.parsed.names.add
        self._refusal = Refusals(own).reason
        self._home = home
        self._foreign = 0
        self.number = 0
        """Of the line that is read."""

    def refuse(self, reason: str) -> None:
        self.parsed.refused[reason] += 1
        lines = self.parsed.lines
        if len(lines) < LINES_TOLD and self.number not in lines:
            lines.append(self.number)

    def name(self, text: str, exception: bool = False) -> None:
        name = text.removeprefix("*").removeprefix(".")
        if not name.isascii():
            self._foreign += 1
            if self._foreign > MAX_FOREIGN:
                return self.refuse(f"beyond {MAX_FOREIGN} internationalised names")
        try:
            name = normal_name(name)
        except BadName:
            return self.refuse(NOT_A_NAME)
        if exception:
            self.parsed.exceptions.add(name)
        else:
            self.normal(name)
        return None

    def normal(self, name: str) -> None:
        if reason := self._refusal(name):
            self.refuse(reason)
        else:
            self._add(name)

    def network(self, text: str) -> None:
        network = read_network(text)
        if network is None:
            self.refuse("not an address")
        elif reason := network_refusal(network, self._home):
            self.refuse(reason)
        else:
            self.parsed.networks.add(network)

    def plain(self, line: str) -> None:
        if PLAIN_NAME.fullmatch(line) and len(line) <= LONGEST and not line[-1].isdigit():
            return self.normal(line)
        word, _, rest = line.replace("\t", " ").partition(" ")
        word = re.split("[#;]", word, maxsplit=1)[0]
        if _ADDRESS.fullmatch(word):
            self.network(word)
        elif rest.lstrip()[:1] not in ("", "#", ";"):
            self.refuse(NOT_A_NAME)
        elif "/" in word:
            self.refuse("an address of a page, not a name")
        else:
            self.name(word)
        return None

    addresses = plain

    def hosts(self, line: str) -> None:
        words = line.split("#", 1)[0].split()
        if len(words) < 2:
            return self.plain(line)
        names = [word for word in words[1:] if word.lower() not in _EVERY_HOSTS_FILES]
        if not names:
            return None
        if not _SINKS.fullmatch(words[0]):
            return self.refuse(REAL_ADDRESS if _ADDRESS.fullmatch(words[0]) else NOT_A_NAME)
        for word in names:
            if _ADDRESS.fullmatch(word):
                self.refuse("not a name")
            else:
                self.name(word)
        return None

    def adblock(self, line: str) -> None:
        if line[0] == "[":
            return None
        found = _ADBLOCK.fullmatch(line)
        if found is None:
            if PLAIN_NAME.fullmatch(line):
                return self.name(line)
            return self.hosts(line) if line[0].isdigit() else self.refuse("not a rule about a whole name")
        exception, word, modifiers = found.groups()
        if set((modifiers or "").split(",")) - _WHOLE_NAME:
            return self.refuse("not a rule about a whole name")
        if _ADDRESS.fullmatch(word):
            return None if exception else self.network(word)
        return self.name(word, exception is not None)

    def dnsmasq(self, line: str) -> None:
        found = _DNSMASQ.fullmatch(line.split("#", 1)[0].strip() if "/#" not in line else line)
        if found is None:
            return self.refuse("not an address, server or local line")
        key, words, target = found.groups()
        if not _SINKS.fullmatch(target) or (key != "address" and target):
            return self.refuse(REAL_ADDRESS)
        for word in words.split("/"):
            self.name(word)
        return None
