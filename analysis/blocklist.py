"""Is this name or address on a list? Lists are compiled once and mapped by every sensor.

A name matches an entry that is equal to it or a parent of it, at label boundaries. What config.yaml
allows wins over every list; what a list excepts wins over that list.
"""

import shutil
import threading
import weakref
from collections.abc import Iterable
from typing import Final, NamedTuple

from analysis.alerts import Severity
from analysis.blocklist_build import enabled_lists, folder_of, prepare
from analysis.blocklist_compile import ListFile
from analysis.blocklist_map import Compiled, Hit, address_key, inner_key
from analysis.blocklist_status import ListStatus, health_of, status_of
from analysis.config import BlocklistSource, Config
from analysis.domains import BadName, normal_name
from analysis.own_list import own_source
from analysis.store.rows import HealthRow

CACHE = 16_384
"""Answers remembered, for names and for addresses: about 3 MB each when full."""
MILD = frozenset({"advertising", "tracking"})
"""Categories whose hits are NORMAL unless config.yaml says otherwise."""
UNKNOWN: Final = "?"
"""Not in the cache (None is an answer)."""

Cache = dict[str, "Match | None"]


class Match(NamedTuple):
    """A hit: the worst list that holds the name or address."""

    list: str
    entry: str
    """The name or network as it stands on the list."""
    category: str
    severity: Severity
    own: bool = False
    """Whether it is the list that a person changes on the pages (`own_list.own_source`)."""

    @property
    def take_off(self) -> str | None:
        """How a person takes a harmless entry off; None where the pages do not change the list."""
        return f"take {self.entry} off your own list “{self.list}” (page Health)" if self.own else None


def severity_of(source: BlocklistSource) -> Severity:
    """The severity of a hit on a list."""
    if source.severity is not None:
        return Severity[source.severity]
    return Severity.NORMAL if source.category.lower() in MILD else Severity.CRITICAL


class Blocklist:
    """All enabled lists. One thread asks; files are watched by whoever calls `reload_if_changed`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._allowed = frozenset(normal_name(name) for name in config.blocklists.allow)
        self._lists = enabled_lists(config)
        self._own = own_source(config)
        self._severities = [severity_of(item.source) for item in self._lists]
        self._seen = self._stamps()
        self._compiled = self._compile()
        self._builder: threading.Thread | None = None
        self._ready: Compiled | None = None
        self._name_cache: Cache = {}
        self._address_cache: Cache = {}
        self.evictions = 0
        self.failure: str | None = None
        """Why the last change of a list could not be taken up; the lists before it are still used."""

    @classmethod
    def open(cls, config: Config) -> "Blocklist":
        """The lists of a configuration, compiled first if they changed (3 to 8 s for a million names)."""
        return cls(config)

    def match_name(self, name: str) -> Match | None:
        """The entry that covers a domain name: itself or a parent."""
        known = self._name_cache.get(name, UNKNOWN)
        if known is not UNKNOWN:
            return known  # type: ignore[return-value]
        key = self._key(name)
        prefixes = self._compiled.prefixes(key)
        match = self._judge(key, prefixes) if prefixes else None
        self._remember(self._name_cache, name, match)
        return match

    def match_address(self, ip: str) -> Match | None:
        """The entry that holds an IPv4 or IPv6 address, or the IPv4 address that an IPv6 one leads to."""
        known = self._address_cache.get(ip, UNKNOWN)
        if known is not UNKNOWN:
            return known  # type: ignore[return-value]
        key = address_key(ip)
        keys = () if key is None else (key, inner_key(key))
        match = self._worst(hit for each in keys if each for hit in self._compiled.networks(each))
        self._remember(self._address_cache, ip, match)
        return match

    def _remember(self, cache: Cache, key: str, match: Match | None) -> None:
        if len(cache) >= CACHE:
            self.evictions += len(cache)
            cache.clear()
        cache[key] = match

    @staticmethod
    def _key(name: str) -> str:
        """`example.com` → `moc.elpmaxe.`; what is no name becomes the empty text, which matches nothing."""
        if not name.isascii():
            try:
                name = normal_name(name)
            except BadName:
                return ""
        return ("." + name.lower().removesuffix("."))[::-1]

    def _judge(self, key: str, prefixes: list[str]) -> Match | None:
        if self._is_allowed(key[-2::-1]):
            return None
        return self._worst(self._compiled.names(prefixes), self._compiled.excepting(key))

    def _worst(self, hits: Iterable[Hit], excepted: Iterable[int] = ()) -> Match | None:
        """The hit of the worst severity; among equals the list that stands first, then the narrowest
        entry."""
        best: tuple[tuple[Severity, int], str] | None = None
        for entry, lists in hits:
            for i in lists:
                rank = (self._severities[i], -i)
                if i not in excepted and (best is None or rank > best[0]):
                    best = (rank, entry)
        if best is None:
            return None
        (severity, i), entry = best
        source = self._lists[-i].source
        return Match(source.name, entry, source.category, severity, source is self._own)

    def _is_allowed(self, name: str) -> bool:
        while name and self._allowed:
            if name in self._allowed:
                return True
            name = name.partition(".")[2]
        return False

    def _compile(self) -> Compiled:
        """Build if need be and map; again when another process tidied the folder up in between."""
        for _ in range(3):
            folder = prepare(self._config)
            try:
                compiled = Compiled(folder)
            except (OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
                problem = error
                shutil.rmtree(folder, ignore_errors=True)
                continue
            if folder.parent != folder_of(self._config) / "compiled":
                weakref.finalize(compiled, shutil.rmtree, folder, True)
            return compiled
        raise problem

    def _stamps(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What changes when a list file does: time, size and inode."""
        return tuple(map(_stamp, self._lists))

    def reload_if_changed(self) -> bool:
        """Whether changed lists are in use from now on. Costs one `stat` a list; compiling happens in
        a thread, and the lists before are used until it is done."""
        if self._builder is not None:
            if self._builder.is_alive():
                return False
            self._builder = None
            if self._ready is not None:
                self._compiled, self._ready = self._ready, None
                self._name_cache.clear()
                self._address_cache.clear()
                return True
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            self._builder = threading.Thread(target=self._rebuild, name="blocklists", daemon=True)
            self._builder.start()
        return False

    def _rebuild(self) -> None:
        try:
            self._ready, self.failure = self._compile(), None
        except Exception as error:  # whatever it was, the lists before are still good
            self.failure = f"{type(error).__name__}: {error}"

    @property
    def status(self) -> list[ListStatus]:
        """Each enabled list, in the order of config.yaml."""
        stale = self._config.blocklists.stale_days * 86_400
        return [
            status_of(item, told, stale) for item, told in zip(self._lists, self._compiled.told, strict=True)
        ]

    def health(self) -> list[HealthRow]:
        """One row a list for the health table: an alarm where nothing is looked for."""
        rows = [health_of(status) for status in self.status]
        if not rows:
            fix = "enable a list under blocklists in config.yaml"
            rows.append(HealthRow("blocklists", "all", "note", "no blocklist is enabled", fix))
        if self.failure:
            message = f"changed lists could not be taken up: {self.failure}"
            rows.append(HealthRow("blocklists", "compile", "alarm", message, "run: sentinel.py doctor"))
        return rows


def health(config: Config) -> list[HealthRow]:
    """The state of a configuration's lists, for who does not keep them open."""
    return Blocklist.open(config).health()


def _stamp(item: ListFile) -> tuple[int, int, int] | None:
    try:
        stat = item.path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
