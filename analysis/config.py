"""config.yaml as frozen, typed records; the field documentation is the config reference."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of config.yaml: unknown keys are mistakes, values cannot change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Interface(Section):
    """An interface to listen on."""

    name: str = Field(description="The system's name of the interface, such as eth0 or wlan0.")
    label: str | None = Field(None, description="What you call this network, such as 'Home Wi-Fi'.")
    subnets: tuple[str, ...] = Field(
        (), description="The subnets behind this interface. Empty: those of the interface itself."
    )
    buffer_mb: Annotated[int, Field(ge=1, le=1024)] = Field(
        32, description="Kernel buffer in MiB; a default-size one loses 98 % of a 20,000-packet burst."
    )
    snaplen: Annotated[int, Field(ge=128, le=262144)] = Field(
        65535, description="Bytes kept of each packet. Smaller is faster but hides names in long packets."
    )
    filter: str | None = Field(None, description="A BPF filter for packets to leave out of everything.")


class PacketLog(Section):
    """The log of single packets on the Live Traffic page."""

    rows: Annotated[int, Field(ge=0, le=10_000_000)] = Field(
        100_000, description="How many of the newest packets are kept; 0 keeps none."
    )
    per_second: Annotated[int, Field(ge=1, le=100_000)] = Field(
        500, description="Above this rate the log takes every n-th packet and says so."
    )


class Retention(Section):
    """How long history is kept. Alerts, devices and what you decided are kept longest."""

    days: Annotated[float, Field(gt=0, le=3650)] = Field(
        30, description="Age of flows, DNS, TLS and HTTP rows."
    )
    alert_days: Annotated[float, Field(gt=0, le=3650)] = Field(365, description="Age of alerts and roll-ups.")
    size_mb: Annotated[int, Field(ge=50)] = Field(
        2048, description="Size cap of the database in MiB; the oldest history goes first."
    )


class BlocklistSource(Section):
    """A list of names or addresses that devices should not talk to."""

    name: str = Field(description="What alerts and pages call this list.")
    file: str | None = Field(None, description="A file of your own, relative to config.yaml.")
    feed: str | None = Field(None, description="A feed known to `sentinel.py update`, by its name.")
    url: str | None = Field(None, description="An https address for `sentinel.py update` to fetch.")
    category: str = Field(
        "malware", description="malware, phishing, advertising, tracking, or your own word."
    )
    severity: Literal["CRITICAL", "HIGH", "NORMAL"] | None = Field(
        None, description="Severity of a hit. Empty: CRITICAL, but NORMAL for advertising and tracking."
    )
    enabled: bool = True


class Blocklists(Section):
    """The lists and what is never on a list."""

    lists: tuple[BlocklistSource, ...] = ()
    allow: tuple[str, ...] = Field((), description="Names (with all below them) that no list may block.")
    stale_days: Annotated[float, Field(gt=0)] = Field(7, description="Older fetched lists raise a notice.")


class Dashboard(Section):
    """The web pages."""

    host: str = Field("127.0.0.1", description="Address to serve on. Any but loopback needs a password.")
    port: Annotated[int, Field(ge=1, le=65535)] = 8050
    password_hash: str | None = Field(None, description="Made by `sentinel.py password`.")
    allowed_hosts: tuple[str, ...] = Field((), description="Further host names a browser may use.")


class Config(Section):
    """The whole of config.yaml."""

    interfaces: tuple[Interface, ...] = Field(
        (), description="Where to listen. Empty: the interface of the default route."
    )
    home: tuple[str, ...] = Field(
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
    database: str = Field("sentinel.db", description="The database file, relative to config.yaml.")
    learning_hours: Annotated[float, Field(ge=0, le=24 * 365)] = Field(
        72, description="How long a new device's connections are learned before new ones are reported."
    )
    packet_log: PacketLog = PacketLog()
    retention: Retention = Retention()
    blocklists: Blocklists = Blocklists()
    rules: dict[str, dict[str, Any]] = Field(
        {}, description="Options of each rule by its id: enabled, severity, cooldown_minutes and its own."
    )
    dashboard: Dashboard = Dashboard()
    base: str = Field(".", exclude=True, description="The folder of config.yaml; set by `load`.")
