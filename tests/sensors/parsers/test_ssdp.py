import pytest

from analysis.events import NameSeen
from sensors.packets import ParseError
from sensors.parsers import ssdp

from .single import HOST, MAC, cuts, from_capture, mutations, survives, udp

NOTIFY = (
    b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=100\r\n"
    b"LOCATION: http://192.168.1.10:80/description.xml\r\nSERVER: Linux/3.14.0 UPnP/1.0 IpBridge/1.9.0\r\n"
    b"NTS: ssdp:alive\r\n\r\n"
)


def told(payload: bytes) -> list:
    return list(ssdp.parse_ssdp(udp(payload, 1900, 1900, HOST, "239.255.255.250")))


def test_an_announcement_tells_its_server():
    server = "Linux/3.14.0 UPnP/1.0 IpBridge/1.9.0"
    assert told(NOTIFY) == [NameSeen(1.0, MAC, HOST, (("ssdp-server", server),))]


@pytest.mark.parametrize("line", [b"server:X", b"Server:  X  ", b"SERVER:\tX"])
def test_an_answer_tells_it_however_the_header_is_written(line):
    (event,) = told(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n")
    assert event.names == (("ssdp-server", "X"),)


@pytest.mark.parametrize(
    "payload",
    [
        b'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\nSERVER: not one\r\n\r\n',
        b"NOTIFY * HTTP/1.1\r\nNTS: ssdp:byebye\r\n\r\n",
        b"NOTIFY * HTTP/1.1\r\nSERVER:\r\n\r\n",
        b"NOTIFY * HTTP/1.1\r\nX-SERVER: a\r\n\r\n",
    ],
)
def test_nothing_else_names_a_server(payload):
    assert told(payload) == []


def test_the_same_announcement_again_is_its_own_senders():
    (event,) = told(NOTIFY)
    again = ssdp.parse_ssdp(udp(NOTIFY, 1900, 1900, "192.168.1.77", "239.255.255.250")._replace(ts=9.0))
    assert again == (event._replace(ts=9.0, ip="192.168.1.77"),)
    for number in range(2_000):
        told(NOTIFY + b"BOOTID: %d" % number)
    assert ssdp._told.cache_info().currsize <= 512


def test_hostile_headers_are_made_visible_and_cut():
    (event,) = told(b"NOTIFY * HTTP/1.1\r\nSERVER: <b>\x1b\xff" + b"A" * 3000 + b"\r\n\r\n")
    ((_, name),) = event.names
    assert name.startswith(r"<b>\x1b\xffAAA")
    assert len(name) == 255


@pytest.mark.parametrize("payload", [b"", b"GET / HTTP/1.1\r\n\r\n", bytes(100)])
def test_what_is_not_ssdp_is_refused(payload):
    with pytest.raises(ParseError):
        told(payload)


def test_only_parse_errors_escape():
    packet = udp(NOTIFY, 1900, 1900)
    survives(ssdp.parse_ssdp, cuts(packet))
    assert survives(ssdp.parse_ssdp, mutations(packet, 20_000)) > 1000
    survives(ssdp.parse_ssdp, [udp(b"NOTIFY " + b"\n" * 65_000, 1900, 1900)])


@pytest.mark.captures
def test_devices_tell_their_servers(captures):
    seen = {
        name
        for parser, found in from_capture(captures / "iot-hue-bridge-sentinel.pcap")
        if parser == "ssdp" and isinstance(found, list)
        for event in found
        for _, name in event.names
    }
    assert seen == {"Linux/3.14.0 UPnP/1.0 IpBridge/1.9.0", "urn:schemas-upnp-org:device:basic:1"}
