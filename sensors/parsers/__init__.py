"""Every parser, in the order they are asked."""

from sensors.parsers import (
    arp,
    dhcp,
    dhcpv6,
    dns,
    ftp,
    http,
    imap,
    mdns,
    mqtt,
    nbns,
    neighbor,
    pop3,
    quic,
    rexec,
    rlogin,
    rsh,
    smtp,
    ssdp,
    ssh,
    telnet,
    tls,
)
from sensors.parsers.base import PacketParser, StreamParser

PACKET_PARSERS: tuple[PacketParser, ...] = (
    dns.PARSER,
    mdns.PARSER,
    dns.LLMNR,
    arp.PARSER,
    neighbor.PARSER,
    dhcp.PARSER,
    dhcpv6.PARSER,
    nbns.PARSER,
    ssdp.PARSER,
    quic.PARSER,
    http.REQUESTS,
)

STREAM_PARSERS: tuple[StreamParser, ...] = (
    tls.PARSER,
    http.PARSER,
    dns.TCP,
    ssh.PARSER,
    mqtt.PARSER,
    ftp.PARSER,
    smtp.PARSER,
    pop3.PARSER,
    imap.PARSER,
    rlogin.PARSER,
    rsh.PARSER,
    rexec.PARSER,
    telnet.PARSER,
)
