"""Builds TLS messages for the tests."""

import struct

GREASE = 0x1A1A
CIPHERS = (GREASE, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035)  # fmt: skip
SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def numbers(values) -> bytes:
    return b"".join(struct.pack(">H", v) for v in values)


def vector(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width, "big") + data


def extension(kind: int, data: bytes = b"") -> bytes:
    return struct.pack(">H", kind) + vector(data)


def server_name(name: bytes) -> bytes:
    return extension(0, vector(b"\0" + vector(name)))


def alpn(*names: bytes) -> bytes:
    return extension(16, vector(b"".join(vector(n, 1) for n in names)))


def versions(*values: int) -> bytes:
    return extension(43, vector(numbers(values), 1))


def signatures(values=SIGNATURES) -> bytes:
    return extension(13, vector(numbers(values)))


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + vector(body, 3)


def client_hello(
    *extensions: bytes, ciphers=CIPHERS, version: int = 0x0303, session: bytes = bytes(32)
) -> bytes:
    body = (
        struct.pack(">H", version)
        + bytes(range(32))
        + vector(session, 1)
        + vector(numbers(ciphers))
        + b"\1\0"
    )
    return message(1, body + (vector(b"".join(extensions)) if extensions else b""))


def chrome_hello(name: bytes = b"example.com", *more: bytes) -> bytes:
    """The extensions of the example in FoxIO's specification, whose JA4 is t13d1516h2_8daaf6152771_e5627efa2ab1."""
    plain = (0x001B, 0x0033, 0x4469, 0x0017, 0x002D, 0x0005, 0x0023, 0x0012, 0xFF01, 0x000B, 0x000A, 0x0015)
    return client_hello(
        extension(GREASE), server_name(name), *(extension(k, b"\0" * 3) for k in plain),
        alpn(b"h2", b"http/1.1"), signatures(), versions(GREASE, 0x0304, 0x0303), extension(0x2A2A, b"\0"), *more,
    )  # fmt: skip


def server_hello(cipher: int = 0x1301, version: int | None = 0x0304, random: bytes = bytes(32)) -> bytes:
    chosen = vector(extension(43, numbers([version]))) if version else b""
    return message(2, b"\x03\x03" + random + vector(bytes(32), 1) + struct.pack(">HB", cipher, 0) + chosen)


def record(data: bytes, kind: int = 22) -> bytes:
    return struct.pack(">BHH", kind, 0x0301, len(data)) + data


def records(data: bytes, size: int) -> bytes:
    """A message cut into records of at most `size` bytes."""
    return b"".join(record(data[i : i + size]) for i in range(0, len(data), size))
