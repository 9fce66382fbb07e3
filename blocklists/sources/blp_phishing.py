"""Block List Project, phishing: names of pages that imitate others."""

NAME = "Block List Project phishing"
URL = "https://blocklistproject.github.io/Lists/alt-version/phishing-nl.txt"
FORMAT = "plain"
CATEGORY = "phishing"
LICENCE = "MIT"
HOMEPAGE = "https://github.com/blocklistproject/Lists"
MINIMUM = 10_000
