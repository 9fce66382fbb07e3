"""A home's evening as packets, made by our own code: for the demo, the tests and the benchmarks."""
