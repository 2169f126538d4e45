"""For `doctor`: which volumes of the project no backup holds, or only an old one."""

from collections.abc import Iterator

from incidentui.config import paths
from incidentui.config.model import Loaded
from incidentui.core.format import count, duration
from incidentui.core.inputs import Refusal
from incidentui.core.model import Ms
from incidentui.session.ports import Kept

OLD_MS: Ms = 7 * 86_400_000
"""Where no check of `type = "backup"` says what is old."""
MOST = 50


async def volumes(loaded: Loaded) -> tuple[Kept, ...] | str:
    """Those of the workloads that services name, each once; or why nobody can tell."""
    from incidentui.edge.containers.docker import DockerEngine
    from incidentui.edge.volumes.listing import volumes_of_all
    from incidentui.edge.volumes.store import Store

    config = loaded.config
    if config.docker is None:
        return ()
    store = Store(paths.backups(config.dir))
    engine = DockerEngine(config.docker.compose_project, context=config.docker.context)
    names = list(dict.fromkeys(name for service in config.services for name in service.workloads))[:MOST]
    try:
        found = await volumes_of_all((engine,), store, names)
    finally:
        engine.close()
    refused = [one.why for one in found if isinstance(one, Refusal)]
    if refused:
        return refused[0]
    kept = {each.volume: each for one in found if not isinstance(one, Refusal) for each in one}
    return tuple(kept.values())


def said(found: tuple[Kept, ...] | str, now: Ms) -> Iterator[tuple[bool, str, str]]:
    """(all is well, what, what to do); nothing where there is no volume."""
    if isinstance(found, str):
        yield False, f"nobody can tell: {found}", ""
        return
    lacking = [(each, why) for each in found if (why := _lacks(each, now))]
    for each, why in lacking:
        yield False, f"{each.volume} ({each.inside}): {why}", f"incidentui backup take --volume {each.volume}"
    if found and not lacking:
        oldest = max(0, now - min(each.at for each in found))
        yield True, f"{count(len(found), 'volume')}, the oldest backup {duration(oldest)} old", ""


def _lacks(it: Kept, now: Ms) -> str:
    from incidentui.edge.checks.kept import no_use

    if not it.id:
        return "no backup"
    return no_use(it, now) or (f"the newest backup is {duration(now - it.at)} old" if now - it.at > OLD_MS else "")
