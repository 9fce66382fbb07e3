"""Feodo Tracker: addresses of botnet command and control servers of the last 30 days. Few in quiet times."""

NAME = "Feodo Tracker"
URL = "https://feodotracker.abuse.ch/downloads/ipblocklist.txt"
FORMAT = "addresses"
CATEGORY = "command and control"
LICENCE = "CC0-1.0"
HOMEPAGE = "https://feodotracker.abuse.ch/"
MINIMUM = 1
