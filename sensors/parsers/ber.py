"""The few bytes of ASN.1 (BER, ITU-T X.690) that SNMP and LDAP need."""

from sensors.packets import ParseError

Buffer = bytes | bytearray


def read(data: Buffer, at: int, tag: int | None = None) -> tuple[int, int, int]:
    """The element at `at`: its tag, where its contents begin and where they end.

    The end may lie behind the data. Raises ParseError where there is no whole head, or another `tag`
    than asked for.
    """
    if at + 2 > len(data):
        raise ParseError("BER element cut short")
    kind, size = data[at], data[at + 1]
    at += 2
    if size & 0x80:
        more = size & 0x7F
        if not 0 < more <= 4 or at + more > len(data):
            raise ParseError("BER length cut short, too long or indefinite")
        size = int.from_bytes(data[at : at + more], "big")
        at += more
    if tag is not None and kind != tag:
        raise ParseError("BER element of another kind")
    return kind, at, at + size


def read_number(data: Buffer, at: int) -> tuple[int, int]:
    """A small INTEGER at `at`, and where the next element begins. Raises ParseError."""
    _, begin, end = read(data, at, 0x02)
    if not 0 < end - begin <= 5 or end > len(data):
        raise ParseError("BER number cut short or too long")
    return int.from_bytes(data[begin:end], "big", signed=True), end
