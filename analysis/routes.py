"""To which handlers an event goes: by its type, and what happens to a conversation also by its kind."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from analysis.alerts import Finding
from analysis.detector import KIND, SAID, Detector, FlowKind, SessionKind
from analysis.events import FlowActive, FlowAnswered, FlowEnd, FlowStart, SessionSeen

KINDS = 1024
"""Kinds of conversation remembered for each of the `BY_KIND`: a home has some hundred. A scan of all
ports has 65,536, of which each is asked for once."""
BY_KIND = frozenset({FlowStart, FlowAnswered, FlowActive, FlowEnd, SessionSeen})

Route = tuple[str, Callable[[Any], Iterable[Finding]]]
"""A rule and one of its handlers; a plain tuple, which takes a third of a NamedTuple's time to take apart."""
Concerns = Callable[[Any], bool]
"""Whether a kind concerns the detector that a route leads to: its `concerns`, or its `concerns_session`."""
Failed = Callable[[str, Exception, float], None]
"""Told of a rule that failed, how, and at which packet time."""


class Routes:
    """The handlers of detectors, in their order. Most rules are about few kinds of conversation: whom one
    concerns is asked of the detectors once for each kind and remembered."""

    def __init__(self, detectors: Iterable[Detector], failed: Failed) -> None:
        self._failed = failed
        detectors = tuple(detectors)
        found: dict[type, list[tuple[Route, Concerns]]] = {}
        for detector in detectors:
            for kind, name in detector.handlers.items():
                route = detector.id, getattr(detector, name)
                concerns = (
                    detector.concerns_session if kind is SessionSeen else partial(detector.concerns, kind)
                )
                found.setdefault(kind, []).append((route, concerns))
        self._asked = {kind: tuple(pairs) for kind, pairs in found.items()}
        self._all = {kind: tuple(route for route, _ in pairs) for kind, pairs in found.items()}
        self._by_flow: dict[type, dict[tuple[Any, ...], tuple[Route, ...]]] = {
            kind: {} for kind in BY_KIND & self._all.keys()
        }
        self.ticks = tuple((d.id, d.on_tick) for d in detectors if type(d).on_tick is not Detector.on_tick)
        """Of the detectors that want to know of the time."""

    @property
    def handled_events(self) -> frozenset[type]:
        """Event types with at least one handler."""
        return frozenset(self._all)

    def of(self, event: Any) -> tuple[Route, ...]:
        """The handlers that an event could concern."""
        kind = type(event)
        by_flow = self._by_flow.get(kind)
        if by_flow is None:
            return self._all.get(kind, ())
        key = event.flow[KIND]
        if kind is SessionSeen:
            key = event[SAID] + key
        routes = by_flow.get(key)
        return self._choose(event, by_flow) if routes is None else routes

    def _choose(self, event: Any, by_flow: dict[tuple[Any, ...], tuple[Route, ...]]) -> tuple[Route, ...]:
        """Ask the detectors, and remember."""
        kind = SessionKind.of(event) if type(event) is SessionSeen else FlowKind.of(event.flow)
        chosen: list[Route] = []
        for route, concerns in self._asked[type(event)]:
            try:
                if concerns(kind):
                    chosen.append(route)
            except Exception as error:  # it is told of all, as if it had not been asked
                self._failed(route[0], error, event.ts)
                chosen.append(route)
        if len(by_flow) >= KINDS:
            by_flow.clear()
        routes = by_flow[kind] = tuple(chosen)
        return routes
