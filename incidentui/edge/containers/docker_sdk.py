"""Loads the SDK, once: its modules import each other, and two threads which load it at once each find half of it."""

import importlib
import threading

_LOADING = threading.Lock()
_LOADED = threading.Event()


def loaded() -> bool:
    return _LOADED.is_set()


def load() -> None:
    """Blocks until all of it is there, whoever loads it. Before any other import of it."""
    if not loaded():
        with _LOADING:
            importlib.import_module("docker")
            _LOADED.set()
