"""Whether the filters in config.yaml can be compiled: libpcap tells it without rights or interface."""

import importlib.util
from collections.abc import Callable, Iterator

from analysis.config import Config
from analysis.config_files import Wrong

LINKTYPES = (1, 113, 127, 12, 105)
"""DLT_ of pcap: Ethernet, Linux cooked, radiotap, raw IP, 802.11. What the interface has is known only when
it is opened, so that a filter is a mistake if it is one for each of them."""
SNAPLEN, ANY_NETMASK = 65_535, 0xFFFF_FFFF


def wrong_filters(config: Config) -> Iterator[Wrong]:
    """Filters with a mistake; none where there is no libpcap to ask. Raises nothing."""
    written = [(n, each.filter) for n, each in enumerate(config.interfaces) if each.filter]
    compiler = _compiler() if written else None
    for number, text in written:
        if compiler and (error := _mistake(compiler, text)):
            keys = ("interfaces", number, "filter")
            yield keys, f"{text!r} is no filter of libpcap: {error}; see `man pcap-filter`"


def _mistake(compiler: Callable[[str, int], None], text: str) -> str | None:
    """What libpcap says of Ethernet, if no kind of link takes the filter."""
    first = None
    for linktype in LINKTYPES:
        try:
            compiler(f"not ({text})", linktype)
        except Exception as error:  # each library has its own, and none has a common base
            first = first or str(error)
        else:
            return None
    return first


def _compiler() -> Callable[[str, int], None] | None:
    if importlib.util.find_spec("pcapy") is None:
        return _scapys_compiler()
    import pcapy

    def compiled(text: str, linktype: int) -> None:
        pcapy.compile(linktype, SNAPLEN, text, 1, ANY_NETMASK)

    return compiled


def _scapys_compiler() -> Callable[[str, int], None] | None:
    try:
        from scapy.arch.common import compile_filter

        compile_filter("ip", linktype=LINKTYPES[0])
    except Exception:  # no libpcap, or one that scapy cannot load
        return None

    def compiled(text: str, linktype: int) -> None:
        compile_filter(text, linktype=linktype)

    return compiled
