"""Every made-up situation, rule by rule."""

from sensors.demo.attacks.case import Case

CASES: tuple[Case, ...] = ()
