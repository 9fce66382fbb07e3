"""How Sentinel gets onto a machine: its Python, its environment, its system services.

Standard library only, and readable by any Python 3 since 3.7: all of it runs before anything is installed.
"""


class Stop(Exception):
    """Setting up cannot go on; the text says why and what mends it."""
