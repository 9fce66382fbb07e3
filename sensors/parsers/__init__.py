"""Every parser, in the order they are asked."""

from sensors.parsers import ftp, http, imap, mqtt, pop3, quic, rexec, rlogin, rsh, smtp, ssh, telnet, tls
from sensors.parsers.base import PacketParser, StreamParser

PACKET_PARSERS: tuple[PacketParser, ...] = (
    quic.PARSER,
    http.REQUESTS,
)

STREAM_PARSERS: tuple[StreamParser, ...] = (
    tls.PARSER,
    http.PARSER,
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
