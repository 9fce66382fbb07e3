"""Values of the command line that several verbs take."""

import argparse


def port_number(text: str) -> int:
    """A TCP port that can be served on."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 65535, got '{text}'")
    return int(text)
