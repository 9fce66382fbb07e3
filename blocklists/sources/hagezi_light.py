"""Hagezi Light: advertising and tracking, careful not to break pages; off by default."""

NAME = "Hagezi light"
URL = "https://raw.githubusercontent.com/hagezi/dns-blocklists/main/domains/light.txt"
FORMAT = "plain"
CATEGORY = "advertising"
LICENCE = "GPL-3.0"
HOMEPAGE = "https://github.com/hagezi/dns-blocklists"
MINIMUM = 10_000
