"""The `rules` part of config.yaml: each detector's options, checked against its dataclass fields."""

from collections.abc import Sequence
from dataclasses import MISSING, fields
from dataclasses import Field as DataclassField
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import ConfigDict, Field, create_model

from analysis.alerts import Severity
from analysis.config import Config, ConfigError, Mistake, Section
from analysis.detector import CountOrZero, Detector

FRAMEWORK = {
    "enabled": "False switches the rule off.",
    "severity": "What its alerts are called where the rule itself does not say otherwise.",
    "cooldown_minutes": "How long a repetition counts as the same incident.",
}
"""Keys that every rule has besides its own options, with their meaning."""

LONGEST_COOLDOWN = 7 * 24 * 60
Options = dict[str, Any]
"""By the keys of a rule's section."""


class RuleSection(Section):
    """Base of the models made from detectors."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


def all_detectors() -> tuple[type[Detector], ...]:
    """The visible list of rules."""
    from analysis.detectors import ALL  # detectors may ask for configuration types

    return tuple(ALL)


def options_of(detector: type[Detector]) -> list[DataclassField[Any]]:
    """The fields that are options; those with a leading underscore or without a place in the
    constructor are state."""
    return [field for field in fields(detector) if field.init and not field.name.startswith("_")]


def default_of(field: DataclassField[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def defaults_of(detector: type[Detector]) -> Options:
    """What each key of a rule's section is where config.yaml does not say it."""
    framework = {
        "enabled": True, "severity": detector.severity.name, "cooldown_minutes": detector.cooldown_minutes,
    }  # fmt: skip
    return framework | {field.name: default_of(field) for field in options_of(detector)}


_MODELS: dict[type[Detector], type[RuleSection]] = {}


def rule_model(detector: type[Detector]) -> type[RuleSection]:
    """The schema of a rule's section in config.yaml; made once, because that takes a millisecond."""
    if detector not in _MODELS:
        _MODELS[detector] = _make_model(detector)
    return _MODELS[detector]


def _make_model(detector: type[Detector]) -> type[RuleSection]:
    hints = get_type_hints(detector, include_extras=True)
    keys: dict[str, Any] = {
        "enabled": (bool, True),
        "severity": (Literal["CRITICAL", "HIGH", "NORMAL"], detector.severity.name),
        "cooldown_minutes": (Annotated[float, Field(ge=0, le=LONGEST_COOLDOWN)], detector.cooldown_minutes),
    }
    for field in options_of(detector):
        keys[field.name] = (_bounded(hints[field.name]), default_of(field))
    return create_model(detector.__name__ + "Options", __base__=RuleSection, **keys)


def _bounded(hint: Any) -> Any:
    """No option of a rule means anything below zero, and of counts only some mean anything at zero."""
    if hint is int:
        return Annotated[int, Field(ge=1)]
    return Annotated[hint, Field(ge=0)] if hint in (float, CountOrZero) else hint


def checked(detector: type[Detector], section: object) -> Options:
    """What a rule's section gives, in the rule's own types. Raises ValidationError.

    A section that repeats defaults, as all do in the config.yaml that comes along, fits: to make schemas for
    them takes a tenth of a sensor's start.
    """
    defaults = defaults_of(detector)
    if isinstance(section, dict) and all(
        key in defaults and _repeats(value, defaults[key]) for key, value in section.items()
    ):
        return {key: defaults[key] for key in section}
    values = rule_model(detector).model_validate(section)
    return {key: getattr(values, key) for key in values.model_fields_set}


def _repeats(value: object, default: object) -> bool:
    """Whether a value, in its own type or as the texts of config.yaml, is the default."""
    if type(value) is type(default):
        return value == default
    if isinstance(value, list) and isinstance(default, tuple):
        return value == [_as_text(part) for part in default]
    return isinstance(default, bool | int | float | str) and value == _as_text(default)


def _as_text(default: object) -> str:
    """A value as config.yaml is usually written: true, 60 (not 60.0), 0.5."""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, int | float) else str(default)


def make(detector: type[Detector], options: Options) -> Detector:
    """A rule with its options; `severity` and `cooldown_minutes` are set on the instance.

    Raises ValueError where the rule's own check of its options fails.
    """
    own = {key: value for key, value in options.items() if key not in FRAMEWORK}
    severity = Severity[options.get("severity", detector.severity.name)]
    cooldown = options.get("cooldown_minutes", detector.cooldown_minutes)
    instance = detector(**own)
    vars(instance).update(severity=severity, cooldown_minutes=cooldown)
    return instance


def build_detectors(
    config: Config, detectors: Sequence[type[Detector]] | None = None
) -> tuple[Detector, ...]:
    """An instance of every enabled rule, in the order of the list of rules.

    A loaded `Config` always fits; raises ConfigError when one that was made in code does not.
    """
    known = all_detectors() if detectors is None else detectors
    if unknown := sorted(set(config.rules) - {detector.id for detector in known}):
        raise _error(f"rules.{unknown[0]}", "unknown rule")
    built = []
    for detector in known:
        try:
            options = checked(detector, config.rules.get(detector.id, {}))
            if options.get("enabled", True):
                built.append(make(detector, options))
        except ValueError as error:
            raise _error(f"rules.{detector.id}", str(error)) from error
    return tuple(built)


def _error(key: str, message: str) -> ConfigError:
    return ConfigError((Mistake("config", 0, key, message),))
