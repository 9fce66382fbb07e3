"""config.yaml as frozen, typed records; the field documentation is the config reference."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from analysis.config_types import (
    Filter,
    Host,
    HttpsUrl,
    InterfaceName,
    ListName,
    Name,
    Network,
    PasswordHash,
    PathText,
    TokenHash,
    Word,
    is_loopback,
)  # fmt: skip


class Mistake(NamedTuple):
    """One thing wrong with a configuration file."""

    file: str
    line: int
    """Counted from 1; 0 when the file as a whole is meant."""
    key: str
    """The path of the key, such as `interfaces[0].buffer_mb`; empty for the file as a whole."""
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ConfigError(Exception):
    """config.yaml cannot be used; `mistakes` holds every reason, in the order of the file."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class Section(BaseModel):
    """A part of config.yaml: unknown keys are mistakes, values cannot change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def mistake(message: str, key: str = "") -> PydanticCustomError:
    """A mistake that concerns several keys; the message is shown as it is, at one of them."""
    return PydanticCustomError("sentinel", "{message}", {"message": message, "key": key})


def repeated(values: list[str]) -> str | None:
    """The first value that stands twice in a list."""
    return next((value for i, value in enumerate(values) if value in values[:i]), None)


class Interface(Section):
    """An interface to listen on."""

    name: InterfaceName = Field(description="The system's name of the interface, such as eth0 or wlan0.")
    label: ListName | None = Field(None, description="What you call this network, such as 'Home Wi-Fi'.")
    subnets: tuple[Network, ...] = Field(
        (), description="The subnets behind this interface. Empty: those of the interface itself."
    )
    buffer_mb: Annotated[int, Field(ge=1, le=1024)] = Field(
        64, description="Kernel buffer in MiB, part of the sensor's memory: 64 hold a gigabit for 0.5 s."
    )
    snaplen: Annotated[int, Field(ge=128, le=262144)] = Field(
        65535, description="Bytes kept of each packet. Smaller is faster but hides names in long packets."
    )
    filter: Filter | None = Field(None, description="A BPF filter for packets to leave out of everything.")


class PacketLog(Section):
    """The log of single packets on the Live Traffic page."""

    rows: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        20_000, description="How many of the newest packets are kept; 0 keeps none."
    )
    per_second: Annotated[int, Field(ge=1, le=100_000)] = Field(
        500, description="Above this rate the log takes every n-th packet and says so."
    )


SMALLEST_MB, LARGEST_MB = 50, 1 << 24
"""Sizes of the database that are taken, in MiB: up to 16 TiB, more than a home's disk."""


class Retention(Section):
    """How long history is kept. Alerts, devices and what you decided are kept longest."""

    days: Annotated[float, Field(gt=0, le=3650)] = Field(
        30, description="Age of flows, DNS, TLS and HTTP rows."
    )
    alert_days: Annotated[float, Field(gt=0, le=3650)] = Field(365, description="Age of alerts and roll-ups.")
    size_mb: Annotated[int, Field(ge=SMALLEST_MB, le=LARGEST_MB)] = Field(
        2048, description="Size cap of the database in MiB; the oldest history goes first."
    )


class BlocklistSource(Section):
    """A list of names or addresses that devices should not talk to."""

    name: ListName = Field(description="What alerts and pages call this list.")
    file: PathText | None = Field(None, description="A file of your own, relative to config.yaml.")
    feed: Word | None = Field(None, description="A feed known to `sentinel.py update`, by its name.")
    url: HttpsUrl | None = Field(None, description="An https address for `sentinel.py update` to fetch.")
    category: ListName = Field(
        "malware", description="malware, phishing, advertising, tracking, or your own word."
    )
    severity: Literal["CRITICAL", "HIGH", "NORMAL"] | None = Field(
        None, description="Severity of a hit. Empty: CRITICAL, but NORMAL for advertising and tracking."
    )
    enabled: bool = Field(True, description="False keeps the list here but does not use it.")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.file, self.feed, self.url)) != 1:
            raise mistake("expected exactly one of the keys file, feed and url")
        return self


DEFAULT_LISTS = (
    BlocklistSource(name="Own list", file="blocklists/own.txt"),
    BlocklistSource(name="URLhaus", feed="urlhaus"),
    BlocklistSource(name="ThreatFox", feed="threatfox"),
    BlocklistSource(name="Hagezi threat intelligence", feed="hagezi_tif"),
    BlocklistSource(name="Block List Project ransomware", feed="blp_ransomware", category="ransomware"),
    BlocklistSource(name="Block List Project phishing", feed="blp_phishing", category="phishing"),
    BlocklistSource(name="Block List Project malware", feed="blp_malware", enabled=False),
    BlocklistSource(name="Feodo Tracker", feed="feodo", category="command and control"),
    BlocklistSource(name="Spamhaus DROP", feed="spamhaus_drop", category="criminal network", severity="HIGH"),
    BlocklistSource(name="StevenBlack hosts", feed="stevenblack", category="advertising", enabled=False),
    BlocklistSource(name="Hagezi light", feed="hagezi_light", category="advertising", enabled=False),
)


class Blocklists(Section):
    """The lists and what is never on a list."""

    lists: tuple[BlocklistSource, ...] = Field(
        DEFAULT_LISTS, description="Each is a file of yours, a known feed or an https address."
    )
    allow: tuple[Name, ...] = Field((), description="Names (with all below them) that no list may block.")
    stale_days: Annotated[float, Field(gt=0)] = Field(7, description="Older fetched lists raise a notice.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        if name := repeated([source.name for source in self.lists]):
            raise mistake(f"two lists are called {name!r}", "lists")
        return self


class Destinations(Section):
    """Whose the addresses outside are: organisation and country, looked up in files only."""

    mmdb: tuple[PathText, ...] = Field(
        (),
        description="Files of your own in MaxMind DB format, such as GeoLite2-ASN.mmdb, instead of fetched.",
    )
    fetch: bool = Field(
        True, description="Let `sentinel.py update` fetch DB-IP's free files (CC BY 4.0, 10 MB a month)."
    )


class Dashboard(Section):
    """The web pages."""

    host: Host = Field("127.0.0.1", description="Address to serve on. Any but loopback needs a password.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8050, description="TCP port to serve on.")
    password_hash: PasswordHash | None = Field(None, description="Made by `sentinel.py password`.")
    tls_certificate: PathText | None = Field(
        None, description="PEM file of a certificate (with its chain): pages are then served by https only."
    )
    tls_key: PathText | None = Field(
        None, description="PEM file of its private key. Empty: the key stands in the certificate's file."
    )
    allowed_hosts: tuple[Host, ...] = Field((), description="Further host names a browser may use.")
    api_tokens: tuple[TokenHash, ...] = Field(
        (), description="Programs that may read docs/api.md's API; made by `python3 -m dashboard.tokens`."
    )

    @model_validator(mode="after")
    def _no_open_door(self) -> Self:
        if self.password_hash is None and not is_loopback(self.host):
            raise mistake(
                f"{self.host!r} can be reached by others, so password_hash must be set; "
                "make one with: sentinel.py password",
                "host",
            )
        if self.tls_key is not None and self.tls_certificate is None:
            raise mistake("a key without a certificate; name it under tls_certificate", "tls_key")
        return self

    @property
    def url(self) -> str:
        """The address that a browser on this computer uses, without a slash at its end."""
        host = self.host.strip("[]")
        # Every address of one family: a server on `::` answers IPv6 alone.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        scheme = "https" if self.tls_certificate is not None else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


class Config(Section):
    """The whole of config.yaml."""

    interfaces: tuple[Interface, ...] = Field(
        (), description="Where to listen. Empty: the interface of the default route."
    )
    home: tuple[Network, ...] = Field(
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
            "fc00::/7", "fe80::/10", "::1/128",
        ),
        description="Home networks: addresses in them are yours, all others are outside. IPv6 prefixes "
        "announced by your router are added by themselves.",
    )  # fmt: skip
    capture: Literal["auto", "pcapy", "scapy"] = Field(
        "auto", description="Capture library: auto takes pcapy-ng where it is installed, else scapy."
    )
    database: PathText = Field("sentinel.db", description="The database file, relative to config.yaml.")
    learning_hours: Annotated[float, Field(ge=0, le=24 * 365)] = Field(
        72, description="How long a new device's connections are learned before new ones are reported."
    )
    packet_log: PacketLog = Field(PacketLog(), description="The log of single packets.")
    retention: Retention = Field(Retention(), description="How long history is kept.")
    blocklists: Blocklists = Field(Blocklists(), description="What devices should not talk to.")
    destinations: Destinations = Field(Destinations(), description="Whose the addresses outside are.")
    rules: dict[str, dict[str, Any]] = Field(
        {}, description="Options of each rule by its id: enabled, severity, cooldown_minutes and its own."
    )
    dashboard: Dashboard = Field(Dashboard(), description="The web pages.")
    base: str = Field(".", exclude=True, description="The folder of config.yaml; set by `load`.")

    @model_validator(mode="after")
    def _interfaces_differ(self) -> Self:
        if name := repeated([interface.name for interface in self.interfaces]):
            raise mistake(f"{name!r} stands twice", "interfaces")
        return self

    @property
    def database_path(self) -> Path:
        """Where the database is."""
        return Path(self.base, self.database)


def load(path: Path | None = None) -> Config:
    """The configuration in a file, with all its paths' folder in `base`.

    Without a path: config.yaml in the project's folder, and the defaults when there is none.
    Raises ConfigError with every mistake of the file.
    """
    from analysis.config_load import load_file  # it needs the models above

    return load_file(path)
