"""URLhaus: hosts that serve malware right now, reported by researchers and checked daily."""

NAME = "URLhaus"
URL = "https://urlhaus.abuse.ch/downloads/hostfile/"
FORMAT = "hosts"
CATEGORY = "malware"
LICENCE = "CC0-1.0"
HOMEPAGE = "https://urlhaus.abuse.ch/"
MINIMUM = 20
