"""Scapy as the dissector of rare protocols: loaded on first use, held to its layers, never raising its own.

Scapy reads almost everything, and costs a hundred times what our own decoders cost. Hence: protocols
that say a few packets a minute only, payloads cut to `LONGEST`, options counted by the caller before,
dissection that starts at the protocol's own layer and may not leave it.
"""

import importlib
import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from sensors.packets import ParseError

LONGEST = 1500
"""Bytes of payload given to scapy: 64 kB of DHCP options take it 129 ms of CPU, 1,500 bytes under 3."""
MAX_OPTIONS = 64
"""Options given to scapy from one message."""


@cache
def layers(module: str) -> Any:
    """A module of scapy, imported on the first packet that needs it (0.4 s), its layers confined to
    each other: a payload is never guessed to be a protocol of another module.

    `conf.layers.filter` would do the same for the whole process, at 0.7 ms each time, and would blind
    whatever else uses scapy there; the filter that matters is that of the layers dissection begins at.
    """
    for name in ("scapy", "scapy.runtime", "scapy.loading", "scapy.interactive"):
        logging.getLogger(name).setLevel(logging.ERROR)
    loaded = importlib.import_module(module)
    # Scapy reads 57,000 makers of network cards at its start, 15 MB that nothing but its printing asks.
    importlib.import_module("scapy.data").MANUFDB.d.clear()
    own = {thing for thing in vars(loaded).values() if isinstance(thing, type) and thing.__module__ == module}
    for layer in own:
        guesses = vars(layer).get("payload_guess")
        if guesses:
            layer.payload_guess = [guess for guess in guesses if guess[1] in own]  # type: ignore[attr-defined]
    return loaded


def dissected(dissect: Callable[[bytes], Any], payload: bytes) -> Any:
    """The packet that scapy makes of at most `LONGEST` bytes; whatever it raises becomes ParseError."""
    try:
        return dissect(payload[:LONGEST])
    except Exception as error:
        # Scapy's dissectors raise some twenty kinds, down to AttributeError: none may stop a sensor.
        raise ParseError(f"scapy: {type(error).__name__}") from None
