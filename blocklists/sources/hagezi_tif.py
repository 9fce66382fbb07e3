"""Hagezi Threat Intelligence Feeds, mini: malware, phishing and scam names that many feeds agree on."""

NAME = "Hagezi threat intelligence"
URL = "https://raw.githubusercontent.com/hagezi/dns-blocklists/main/wildcard/tif.mini-onlydomains.txt"
FORMAT = "plain"
CATEGORY = "malware"
LICENCE = "GPL-3.0"
HOMEPAGE = "https://github.com/hagezi/dns-blocklists"
MINIMUM = 10_000
