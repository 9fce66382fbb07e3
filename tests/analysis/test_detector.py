"""The contract of rules: mistakes stop the import, findings carry their keys, words are complete."""

from dataclasses import dataclass, fields
from pathlib import Path

import pytest
import yaml

from analysis import detectors
from analysis.alerts import Severity
from analysis.config_types import ROOT
from analysis.detector import HANDLERS, Detector, handler_name
from analysis.detectors import ALL
from analysis.docs_yaml import option_docs
from analysis.events import DhcpMessage, Dhcpv6Message, DnsQuery, FlowStart
from tests.analysis.home import LAPTOP, OUTSIDE, TELEVISION, TELEVISION_IP, Home


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (FlowStart, "on_flow_start"),
        (DnsQuery, "on_dns_query"),
        (DhcpMessage, "on_dhcp_message"),
        (Dhcpv6Message, "on_dhcpv6_message"),
    ],
)
def test_handlers_are_named_after_events(event: type, name: str) -> None:
    assert handler_name(event) == name and HANDLERS[name] is event


def test_a_misspelt_handler_stops_the_import() -> None:
    with pytest.raises(TypeError, match="on_flow_begin"):

        @dataclass
        class Wrong(Detector):
            """Wrong."""

            id, title, severity = "wrong", "Wrong", Severity.HIGH

            def on_flow_begin(self, event: object) -> None: ...


def test_missing_metadata_stops_the_import() -> None:
    with pytest.raises(TypeError, match="title"):

        @dataclass
        class Untitled(Detector):
            """Untitled."""

            id, severity = "untitled", Severity.HIGH


def test_every_file_of_the_folder_is_in_the_list_and_has_a_test() -> None:
    folder = Path(detectors.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {rule.__module__.rsplit(".", 1)[1] for rule in ALL} == files
    tests = {path.stem for path in (Path(__file__).parent / "detectors").glob("test_*.py")}
    assert {f"test_{name}" for name in files} <= tests


def test_ids_are_unique_and_follow_their_files() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL)
    for rule in ALL:
        assert rule.id.replace("-", "_") == rule.__module__.rsplit(".", 1)[1]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_each_option_has_a_default_and_tells_its_source(rule: type[Detector]) -> None:
    """In its own docstring, and the option stands in config.yaml under the rule."""
    rule()
    texts = option_docs(rule)
    section = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["rules"][rule.id]
    for option in (f.name for f in fields(rule) if f.init and not f.name.startswith("_")):
        _, found, source = texts[option].partition("Source:")
        assert found and len(source.strip()) >= 5, option
        assert option in section, option


def test_a_subject_is_the_originator_unless_only_the_server_is_at_home() -> None:
    home = Home(ALL[0]())
    (rule,) = home.pipeline.detectors
    outward = rule.subject(home.flow(OUTSIDE, 443))
    assert outward[:4] == (LAPTOP, "192.168.1.20", OUTSIDE, None)
    inward = rule.subject(home.flow(TELEVISION_IP, 80, client=OUTSIDE, client_mac="44:d9:e7:aa:bb:cc"))
    assert inward[:3] == (TELEVISION, TELEVISION_IP, OUTSIDE) and inward.port == 80
    inside = rule.subject(home.flow(TELEVISION_IP, 80))
    assert inside[:3] == (LAPTOP, "192.168.1.20", TELEVISION_IP)
    icmp = rule.subject(home.flow(OUTSIDE, 0, "icmp"))
    assert icmp.port is None and icmp.proto == "icmp"


def test_a_routers_mac_is_nobodys_device() -> None:
    home = Home(ALL[0]())
    (rule,) = home.pipeline.detectors
    assert (
        rule.subject(home.flow("8.8.4.4", 443, client="1.2.3.4", client_mac="44:d9:e7:aa:bb:cc")).device_mac
        is None
    )
