"""What a page may use of the app that serves it: the reader, the notes, the configuration."""

from typing import NamedTuple

from flask import current_app

from analysis.config import Config
from analysis.store.notes import Notes
from analysis.store.reader import Reader

KEY = "sentinel"


class Context(NamedTuple):
    reader: Reader
    notes: Notes
    config: Config


def context() -> Context:
    """The context of the app that answers this request."""
    found: Context = current_app.extensions[KEY]
    return found


def reader() -> Reader:
    """The reading side of the database."""
    return context().reader


def notes() -> Notes:
    """Where decisions are written."""
    return context().notes
