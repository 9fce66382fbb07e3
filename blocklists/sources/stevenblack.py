"""StevenBlack hosts: advertising and tracking, merged from several lists; off by default."""

NAME = "StevenBlack hosts"
URL = "https://raw.githubusercontent.com/StevenBlack/hosts/master/hosts"
FORMAT = "hosts"
CATEGORY = "advertising"
LICENCE = "MIT"
HOMEPAGE = "https://github.com/StevenBlack/hosts"
MINIMUM = 10_000
