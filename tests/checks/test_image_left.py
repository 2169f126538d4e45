"""Containers that are made to look into an image: none stays, however late the engine answers."""

from time import time
from typing import Any

import pytest

from incidentui.edge.checks.image import brings
from incidentui.edge.containers.docker_words import HELPER


class Late:
    """The client of an engine that makes every container, and is too late to say so."""

    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}

    def put(self, mark: str, created: float) -> str:
        ident = f"c{len(self.there)}-{mark}"
        self.there[ident] = {"Id": ident, "Labels": {HELPER: mark}, "Created": int(created)}
        return ident

    def containers(self, **_: object) -> list[dict[str, Any]]:
        return list(self.there.values())

    def create_container_from_config(self, config: dict[str, Any]) -> dict[str, Any]:
        self.put(config["Labels"][HELPER], time())
        raise TimeoutError("read timed out")

    def remove_container(self, ident: str, **_: object) -> None:
        del self.there[ident]


def test_a_create_that_times_out_each_time_leaves_no_more_than_the_last() -> None:
    engine = Late()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            brings(engine, "web:1", ("/x",), "image mine", int(time() * 1000))
    assert len(engine.there) == 1


def test_what_a_killed_program_left_goes_and_what_another_looks_into_stays() -> None:
    engine = Late()
    engine.put("image killed", time() - 3_600)
    stays = {engine.put("image other", time()), engine.put("backup", time() - 3_600)}
    with pytest.raises(TimeoutError):
        brings(engine, "web:1", ("/x",), "image mine", int(time() * 1000))
    assert stays < engine.there.keys()
    assert len(engine.there) == 3
