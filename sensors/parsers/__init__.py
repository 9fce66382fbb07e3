"""Every parser, in the order they are asked."""

from sensors.parsers.base import PacketParser, StreamParser

PACKET_PARSERS: tuple[PacketParser, ...] = ()

STREAM_PARSERS: tuple[StreamParser, ...] = ()
