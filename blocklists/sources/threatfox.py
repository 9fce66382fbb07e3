"""ThreatFox: names used as command and control or to deliver malware, shared by analysts."""

NAME = "ThreatFox"
URL = "https://threatfox.abuse.ch/downloads/hostfile/"
FORMAT = "hosts"
CATEGORY = "malware"
LICENCE = "CC0-1.0"
HOMEPAGE = "https://threatfox.abuse.ch/"
MINIMUM = 100
