"""What runs, as the service's own side says it."""

import asyncio
import os
from pathlib import Path

import pytest

from incidentui.config.checks import RevisionSpec
from incidentui.core.inputs import Observation, RevisionLooked
from incidentui.edge.checks.revision import RevisionSource
from tests.checks.conftest import StillClock, until
from tests.checks.servers import always, closed_port, serving

SHA = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


async def resolve(short: str) -> str | None:
    return SHA if SHA.startswith(short) else None


async def label(service: str, name: str) -> str | None:
    return SHA if (service, name) == ("api", "revision") else None


async def one(spec: RevisionSpec, base: Path, trusted: bool = False) -> RevisionLooked:
    source = RevisionSource([spec], base, StillClock(), resolve=resolve, label=label, trusted=trusted)
    (looked,) = await source.look()
    return looked


@pytest.mark.req("R3-37")
@pytest.mark.parametrize(
    ("content", "sha", "why"),
    [
        (SHA, SHA, ""),
        (f"  {SHA.upper()}\n", SHA, ""),
        (SHA[:7], SHA, ""),
        ("deadbeef", None, "deadbeef: not one commit of this repository"),
        ("v1.2", None, '"v1.2" is no commit'),
        ("", None, "the answer is empty"),
        ("\x1b]0;owned\x07" + "a" * 99, None, '"␛]0;owned␇aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is no commit'),
    ],
)
async def test_a_file_says_what_runs(tmp_path: Path, content: str, sha: str | None, why: str) -> None:
    (tmp_path / "REV").write_text(content)
    looked = await one(RevisionSpec("api", file="REV"), tmp_path)
    assert (looked.sha, looked.why) == (sha, why)


async def test_a_file_that_is_not_there_or_would_never_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert (await one(RevisionSpec("api", file="gone"), tmp_path)).why == "gone is not there"
    assert (await one(RevisionSpec("api", file="pipe"), tmp_path)).why == "pipe is not a file"
    assert (await one(RevisionSpec("api", file="."), tmp_path)).why == ". is not a file"


async def test_an_address_says_what_runs(tmp_path: Path) -> None:
    with serving(always(f'{{"build": {{"revision": "{SHA}"}}, "n": 1}}')) as server:
        found = await one(RevisionSpec("api", url=server.url, json="$.build.revision"), tmp_path)
        gone = await one(RevisionSpec("api", url=server.url, json="$.n"), tmp_path)
    with serving(always(SHA[:9], "200 OK", "text/plain")) as server:
        whole = await one(RevisionSpec("api", url=server.url), tmp_path)
    down = await one(RevisionSpec("api", url=f"http://127.0.0.1:{closed_port()}/"), tmp_path)
    assert (found.sha, whole.sha) == (SHA, SHA)
    assert (gone.sha, gone.why) == (None, "the answer has no $.n")
    assert (down.sha, down.why) == (None, "no answer: connection refused")


async def test_a_label_says_what_runs(tmp_path: Path) -> None:
    assert (await one(RevisionSpec("api", label="revision"), tmp_path)).sha == SHA
    assert (await one(RevisionSpec("db", label="revision"), tmp_path)).why == "no workload of db has the label revision"


async def test_a_command_runs_only_when_it_is_trusted(tmp_path: Path) -> None:
    spec = RevisionSpec("api", command=("sh", "-c", f"touch ran; echo {SHA}"))
    refused = await one(spec, tmp_path)
    assert (refused.sha, refused.why) == (None, "not trusted: incidentui trust allows the command")
    assert not (tmp_path / "ran").exists()
    assert (await one(spec, tmp_path, trusted=True)).sha == SHA


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("false",), "false ended with exit code 1"),
        (("no-such-program",), "no-such-program cannot be run: No such file or directory"),
        (("echo", "nothing"), '"nothing" is no commit'),
        (("sh", "-c", "setsid sleep 8 & exit 3"), "sh ended with exit code 3"),
    ],
)
async def test_a_command_that_fails_says_so(tmp_path: Path, argv: tuple[str, ...], why: str) -> None:
    assert (await one(RevisionSpec("api", command=argv), tmp_path, trusted=True)).why == why


@pytest.mark.req("R3-37")
async def test_only_a_change_is_reported(tmp_path: Path) -> None:
    rev = tmp_path / "REV"
    rev.write_text(SHA)
    seen: list[Observation] = []
    source = RevisionSource([RevisionSpec("api", file="REV")], tmp_path, StillClock(), every_ms=5, resolve=resolve)
    running = asyncio.create_task(source.run(seen.append))
    await until(lambda: len(seen) == 1)
    await source.look()
    rev.write_text("1" * 40)
    await until(lambda: len(seen) == 2)
    rev.unlink()
    await until(lambda: len(seen) == 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [getattr(looked, "sha", "") for looked in seen] == [SHA, "1" * 40, None]
