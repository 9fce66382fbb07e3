"""Block List Project, ransomware: names of ransomware command and payment servers."""

NAME = "Block List Project ransomware"
URL = "https://blocklistproject.github.io/Lists/alt-version/ransomware-nl.txt"
FORMAT = "plain"
CATEGORY = "ransomware"
LICENCE = "MIT"
HOMEPAGE = "https://github.com/blocklistproject/Lists"
MINIMUM = 500
