"""Spamhaus DROP: networks that were stolen or are wholly run by criminals."""

NAME = "Spamhaus DROP"
URL = "https://www.spamhaus.org/drop/drop.txt"
FORMAT = "addresses"
CATEGORY = "criminal network"
LICENCE = "free to use, credit to Spamhaus"
HOMEPAGE = "https://www.spamhaus.org/blocklists/do-not-route-or-peer/"
MINIMUM = 100
