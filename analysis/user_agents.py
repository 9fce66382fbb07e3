"""HTTP User-Agents: the program, system and device that they name, without their ever-changing versions."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.fingerprints import Claim, kind, model, system

if TYPE_CHECKING:
    from ua_parser import Parser

LONGEST = 255
"""Characters looked at; what the sensor keeps of a text from the wire."""
REMEMBERED = 1024
"""Texts, agents and clues kept, each under 1 kB: a home has some hundred, and each request names one."""
TOOLS = frozenset({
    "curl", "wget", "python requests", "python-urllib", "python aiohttp", "aiohttp", "httpx", "python-httpx",
    "go-http-client", "libwww-perl", "powershell", "httpie", "nmap scripting engine", "nmap", "masscan",
    "zgrab", "zgrab2", "sqlmap", "nikto", "gobuster", "scrapy", "ruby", "axios", "node-fetch",
    "java", "aria2", "lynx",
})  # fmt: skip
"""Programs that a person or a script starts by hand (names as ua-parser or the programs give them)."""
_SYSTEMS = {
    "Mac OS X": ("macOS", 0.6), "iOS": ("iOS", 0.7), "Android": ("Android", 0.65),
    "Windows": ("Windows", 0.7), "ATV OS X": ("tvOS", 0.7), "Web0S": ("webOS", 0.8), "Tizen": ("Tizen", 0.8),
    "Linux": ("Linux", 0.4),
    "Ubuntu": ("Ubuntu", 0.6), "Debian": ("Debian", 0.6), "Fedora": ("Fedora", 0.6), "Roku": ("Roku OS", 0.8),
    "Chrome OS": ("Chrome OS", 0.7),
}  # fmt: skip
"""ua-parser's names of systems, and ours. A User-Agent is what a program says, not what is true."""
_DEVICES = (
    (re.compile(r"^iPhone"), (kind("phone", 0.75),)), (re.compile(r"^iPad"), (kind("tablet", 0.75),)),
    (re.compile(r"^Mac$"), (kind("computer", 0.6),)), (re.compile(r"^AppleTV"), (kind("television", 0.75),)),
    (re.compile(r"^(?:PlayStation|Xbox|Nintendo)"), (kind("console", 0.8),)),
    (re.compile(r"SMART-?TV|SmartTV|BRAVIA|Chromecast|CrKey|^Roku|\bAFT[A-Z]"), (kind("television", 0.75),)),
)  # fmt: skip
_PLACEHOLDERS = re.compile(r"generic|sdk_|emulator|smartphone|other|spider|^.?$", re.IGNORECASE)
"""What Chrome and emulators write instead of a model, and what ua-parser puts where it knows none."""
_SEPARATOR = " | "


class Agent(NamedTuple):
    """What a User-Agent names; empty texts where it names nothing."""

    program: str
    """The family: "Chrome Mobile", "curl", or the first word of an unknown one."""
    system: str
    """As ua-parser calls it, with the major version: "Android 14"."""
    device: str

    @property
    def clue(self) -> str:
        """All of it as one text, from which `read` makes the same again."""
        return _SEPARATOR.join(part.replace("|", "/") for part in self)

    @staticmethod
    @lru_cache(maxsize=REMEMBERED)
    def read(clue: str) -> "Agent":
        """The agent of a stored clue."""
        return Agent(*[*clue.split(_SEPARATOR, 2), "", "", ""][:3])


@lru_cache(maxsize=REMEMBERED)
def agent_of(text: str) -> Agent:
    """What a User-Agent names. The first call loads ua-parser's 1,300 patterns (0.1 s, 8 MB in RE2)."""
    try:
        found = _parser().parse(text[:LONGEST])
    except ValueError:  # some of its rules take a name from a group that the text need not fill
        return Agent(_first_word(text), "", "")
    program = found.user_agent.family if found.user_agent else ""
    os_name = " ".join(filter(None, (found.os.family, found.os.major))) if found.os else ""
    device = found.device.family if found.device else ""
    return Agent(program or _first_word(text), os_name, device)


@lru_cache(maxsize=REMEMBERED)
def clue_of(text: str) -> str:
    """The clue of the agent that a User-Agent names."""
    return agent_of(text).clue


@cache
def _parser() -> "Parser":
    """ua-parser's rules, their patterns in RE2: a third of the memory that they take in Rust, and no text
    makes one slow. Where RE2 is not installed ua-parser takes what it finds."""
    import ua_parser

    try:
        from ua_parser.re2 import Resolver
    except ImportError:
        return ua_parser.parser
    rules = Resolver(ua_parser.load_lazy_builtins())
    domains: tuple[tuple[Any, Sequence[Any]], ...] = (
        (rules.ua, rules.user_agent_matchers),
        (rules.os, rules.os_matchers),
        (rules.devices, rules.device_matchers),
    )
    for found, matchers in domains:
        for number, matcher in enumerate(matchers):
            matcher.pattern = found.re(number)  # else it compiles its own, with Python's `re`
    return ua_parser.Parser(rules)


def _first_word(text: str) -> str:
    """The product token before the first slash or bracket (RFC 9110 section 10.1.5), numbers left out."""
    word = re.split(r"[/;:(\[]", text, maxsplit=1)[0]
    return re.sub(r"[\d.]+", "", word).strip(" -_")[:40] or "unnamed"


def claims_of_agent(agent: Agent) -> tuple[Claim, ...]:
    """What a User-Agent says about the device that sent it."""
    if "sdk_" in agent.device or "emulator" in agent.device.lower():
        return ()
    claims: list[Claim] = []
    name, _, version = agent.system.rpartition(" ")
    if not version.isdigit():
        name, version = agent.system, ""
    if name in _SYSTEMS:
        ours, weight = _SYSTEMS[name]
        claims.append(system(f"{ours} {version}" if version and ours == "Android" else ours, weight))
    claims.extend(c for pattern, said in _DEVICES if pattern.search(agent.device) for c in said)
    if not any(claim.aspect == "kind" for claim in claims):
        claims.extend(_kind(agent, name))
    if name == "Android" and not _PLACEHOLDERS.search(agent.device):
        claims.append(model(agent.device, 0.6))
    return tuple(claims)


def _kind(agent: Agent, name: str) -> list[Claim]:
    if name == "Android":
        if "Mobile" in agent.program:
            return [kind("phone", 0.55)]
        return [kind("phone or tablet", 0.4 if _PLACEHOLDERS.search(agent.device) else 0.5)]
    if name == "Windows":
        return [kind("computer", 0.55)]
    # Android asks whether it is online in the name of a Linux desktop's browser.
    return [kind("computer", 0.2)] if name in ("Linux", "Ubuntu", "Fedora") else []
