"""What the flow table knows of a flow: a column each."""

from typing import Any

import numpy as np

COLUMNS: dict[str, Any] = {
    "serial": np.int64,  # number of the flow in this run
    "hash": np.uint64,
    "client_half": np.uint64,  # hash of the client's endpoint: tells direction
    "client_hi": np.uint64, "client_lo": np.uint64, "server_hi": np.uint64, "server_lo": np.uint64,
    "client_mac": np.uint64, "server_mac": np.uint64,
    "client_port": np.uint16, "server_port": np.uint16, "proto": np.uint8,
    "first_ts": np.float64, "last_ts": np.float64,
    "packets_up": np.int64, "packets_down": np.int64, "bytes_up": np.int64, "bytes_down": np.int64,
    "payload_up": np.int64, "payload_down": np.int64,  # packets that carried payload
    "flags_up": np.uint8, "flags_down": np.uint8,  # all TCP flags seen
    "answered": np.bool_, "syn": np.bool_,
    "start_up": np.uint32,  # sequence number of the client's first byte, if the flow began with a SYN
    "watched": np.bool_,  # its payload is still of use to the stream parsers
    "written_up": np.int64, "written_down": np.int64,  # bytes already told to the store
    "written_ts": np.float64,  # when the last row was given to the store, 0 for never
}  # fmt: skip

ZERO = (
    "packets_up", "packets_down", "bytes_up", "bytes_down", "payload_up", "payload_down", "flags_up",
    "flags_down", "answered", "written_up", "written_down", "written_ts",
)  # fmt: skip
"""Those that no first packet fills."""
