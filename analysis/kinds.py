"""What a device can be: the words that evidence, rules and pages know."""

KINDS = (
    "phone", "tablet", "computer", "watch", "television", "speaker", "console", "camera", "doorbell",
    "smart home", "plug", "light", "thermostat", "sensor", "bridge", "vacuum", "appliance", "printer",
    "storage", "desk phone", "access point",
)  # fmt: skip
"""Kinds that a person can choose. "phone or tablet" is none: evidence may leave that open, a person knows."""
