"""How fast, how small, how lossless: measured beside other designs. `python -m benchmarks --help`."""
