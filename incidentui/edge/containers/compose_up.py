"""compose.up: one service as its compose file declares it, by the compose that is installed. Only of allowed files.

Compose removes the old container itself; what this adds is the looking before and after, and the way back while there
is one: a compose that fails half-way leaves the old container stopped under another name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from incidentui.core.beside import before
from incidentui.core.inputs import ActionActed, Evidence, Refusal
from incidentui.core.model import Attempt, Light, Ms, Plan, Repository, Workload
from incidentui.core.plan import COMMITTED, deadline
from incidentui.core.reasons import in_paths
from incidentui.core.state import State
from incidentui.edge import step
from incidentui.edge.checkpoints.before import saved
from incidentui.edge.checkpoints.taking import Keeper
from incidentui.edge.checks.agreed.documents import UnreadableError
from incidentui.edge.containers.compose_look import ComposeLook, environment
from incidentui.edge.containers.compose_plan import ACTION, Asked, Ground, argv, make_plan
from incidentui.edge.containers.declared import reason
from incidentui.edge.containers.deeds import STAY_MS, WITHIN_MS, End, Wish, is_up, want, words
from incidentui.edge.containers.docker import DockerEngine
from incidentui.edge.containers.engine import Engine, EngineLost, EngineRefused
from incidentui.edge.containers.logs import last_word
from incidentui.edge.containers.looking import until_known
from incidentui.edge.containers.staying import Watch
from incidentui.edge.containers.telling import Steps
from incidentui.edge.containers.underway import over, stopping, when_back
from incidentui.edge.git.unsaved import fresh, with_files
from incidentui.edge.text import clean_and_redact
from incidentui.session.ports import Clock, Report

KEYS = ("name", "build", "pull", "deps", "within", "stay", "lose", "uncommitted")
UP_S = 300.0
BUILD_S = 1800.0


class ComposeExecutor:
    actions = frozenset({ACTION})

    def __init__(
        self,
        folder: Path,
        engines: Sequence[Engine],
        name: str | None,
        files: Sequence[str],
        clock: Clock,
        keeper: Keeper | None = None,
    ) -> None:
        self._folder, self._look = folder, ComposeLook(folder, name or "", files)
        self._docker = next((engine for engine in engines if isinstance(engine, DockerEngine)), None)
        self._clock, self._keeper = clock, keeper
        self._state = State()
        """Of the last plan: which paths a service is made of."""

    async def plan(self, action: str, args: Mapping[str, str], state: State, incident: str | None) -> Plan | Refusal:
        asked = _asked(args)
        if isinstance(asked, Refusal):
            return asked
        if self._docker is None:
            return Refusal("no Docker engine is watched", "[project] docker names one", usage=True)
        try:
            ground = await self._look.ground(self._docker, asked)
        except UnreadableError as error:
            return Refusal(str(error), "nothing was done", usage=True)
        except (EngineLost, EngineRefused) as error:
            return Refusal(str(error), "nothing was done")
        if isinstance(ground, Refusal):
            return ground
        if self._keeper is not None:
            self._keeper.saw(state)
        self._state = state
        repository = await self._built_of(ground, asked)
        if isinstance(repository, Refusal):
            return repository
        plan = make_plan(ground, asked, self._keeper is not None, self._docker.address, repository)
        if isinstance(plan, Refusal) or ground.now is None:
            return plan
        return replace(plan, blast=before(ground.now, plan.blast, state))

    async def declared(self) -> Mapping[str, tuple[str, ...]] | Refusal:
        """What each service needs. Raises EngineLost, EngineRefused, UnreadableError."""
        if self._docker is None:
            return Refusal("no Docker engine is watched", "[project] docker names one", usage=True)
        return await self._look.declared(self._docker)

    # -- acting

    async def act(self, run: str, plan: Plan, incident: str | None, report: Report) -> ActionActed:
        asked, engine = _asked(dict(plan.args)), self._docker
        if isinstance(asked, Refusal) or engine is None:
            return ActionActed(run, "refused", "no Docker engine is watched")
        try:
            ground = await self._look.ground(engine, asked)
            why = ground.why if isinstance(ground, Refusal) else await self._not_any_more(plan, ground, asked)
        except (EngineLost, EngineRefused, UnreadableError) as error:
            return ActionActed(run, "refused", f"nothing was done, the preconditions cannot be looked at: {error}")
        if why or isinstance(ground, Refusal):
            return ActionActed(run, "refused", f"nothing was done: {why}")
        steps = Steps(run, plan, report, self._clock)
        if why := await saved(self._keeper, steps):
            return ActionActed(run, "refused", f"nothing was done: {why}")
        steps.begin(plan.steps[-2])
        ran, asked_at = await self._up(engine, argv(ground, asked), BUILD_S if asked.build else UP_S), self._clock.now()
        said = clean_and_redact(ran.output, limit=step.HEAD + step.TAIL, lines=True)
        evidence = Evidence("output", f"$ {' '.join(argv(ground, asked))}\n{said}")
        if ran.code != 0:
            ended = (
                "did not end in time" if ran.code is None else _said(said) or reason(ran.output) or f"exit {ran.code}"
            )
            back = await self._back(engine, ground.now)
            steps.end("failed", ended)
            return ActionActed(run, back.outcome, f"{' '.join(ground.tool)}: {ended}{back.why}", evidence=evidence)
        steps.end("done")
        steps.begin(plan.steps[-1])
        end, log = await self._stays(engine, plan, asked_at)
        steps.over(end)
        return ActionActed(run, end.outcome, end.why, evidence=log or evidence)

    async def _built_of(self, ground: Ground, asked: Asked) -> Repository | Refusal | None:
        """The clone with what is not committed now of what a build would take. None: nothing is built, or no git."""
        found = await fresh(self._folder) if asked.build else None
        if isinstance(found, Refusal):
            return None if asked.uncommitted else found
        # What it depends on is built too, and nobody says which paths that is made of.
        more = asked.deps and ground.declared.depends_on
        state = State(repository=self._state.repository) if more else self._state
        return of_service(state, asked.service, found, (*ground.files, *ground.declared.reads))

    async def _not_any_more(self, plan: Plan, ground: Ground, asked: Asked) -> str:
        repository = await self._built_of(ground, asked)
        return repository.why if isinstance(repository, Refusal) else _moved(plan, ground, asked, repository)

    async def _up(self, engine: DockerEngine, words_: Sequence[str], within_s: float) -> step.Ran:
        try:
            return await step.run(words_, self._folder, within_s, environment(engine))
        except (OSError, ValueError) as error:
            return step.Ran(126, f"it could not be started: {error}".encode())

    async def _back(self, engine: DockerEngine, was: Workload | None) -> End:
        """After a compose that failed: the old container in its place again, where it is still there."""
        if was is None:
            return End("failed", "; there was no container before")
        try:
            await engine.call(lambda api: _brought_back(api, was.ident, was.state == "running"), 30)
            now = await engine.one(was)
            listed = await engine.named(was.name) if now is None else None
            new = await engine.one(listed) if listed is not None else None
        except (EngineLost, EngineRefused) as error:
            return End("unknown", f"; the container of before could not be brought back: {error}")
        if new is not None:
            return End("failed", f"; the container of before is gone; another is in its place: {words(new)}")
        if now is None:
            return End("failed", f"; the container of before is gone, and there is no {was.name} now")
        return End("failed", f"; the container of before is there: {words(now)}")

    async def _stays(self, engine: DockerEngine, plan: Plan, asked: Ms) -> tuple[End, Evidence | None]:
        async def look() -> Workload | None:
            listed = await engine.named(plan.target)
            return await engine.one(listed) if listed is not None else None

        end, now = await until_known(Watch(plan, asked), look, self._clock)
        return end, await last_word(engine, now) if end.outcome == "failed" and now is not None else None

    async def settle(self, attempt: Attempt) -> ActionActed:
        engine = self._docker
        if engine is None:
            return ActionActed(attempt.run, "unknown", "no Docker engine is watched")
        try:
            return await when_back(lambda: self._settled(engine, attempt), self._clock)
        except (EngineLost, EngineRefused) as error:
            return ActionActed(attempt.run, "unknown", f"cannot be looked at: {error}")

    async def _settled(self, engine: DockerEngine, attempt: Attempt) -> ActionActed:
        plan = attempt.plan
        now, was = await engine.named(plan.target), want(plan, "container")
        if now is not None and now.ident == was and stopping(attempt):
            now = await over(engine, now, plan, self._clock)
        if now is None or (was and now.ident == was and not is_up(now)):
            end = await self._back(engine, Workload(plan.target, "docker", "running", ident=was) if was else None)
            return ActionActed(attempt.run, end.outcome, f"it was not finished{end.why}")
        if was and now.ident == was:
            return ActionActed(attempt.run, "failed", f"it was not created anew: {words(now)}")
        good = is_up(now)
        return ActionActed(attempt.run, "done" if good else "failed", f"{'up' if good else 'not up'}: {words(now)}")

    async def lights(self, attempt: Attempt) -> Sequence[Light]:
        """What runs and whether users are served is judged by the session."""
        return ()


def _asked(args: Mapping[str, str]) -> Asked | Refusal:
    if not args.get("name"):
        return Refusal("which service?", f"{ACTION} name=NAME", usage=True)
    if odd := next((key for key in args if key not in KEYS), ""):
        return Refusal(f"{ACTION} takes no {odd!r}", f"it takes {', '.join(KEYS)}", usage=True)
    within_ms = deadline(args, WITHIN_MS)
    if isinstance(within_ms, Refusal):
        return within_ms
    stay_ms = deadline(args, min(STAY_MS, within_ms // 2), "stay")
    if isinstance(stay_ms, Refusal):
        return stay_ms
    for key in ("build", "pull", "deps"):
        if args.get(key, "false") not in ("true", "false"):
            return Refusal(f"{key}={args[key]} is neither true nor false", usage=True)
    yes = {key: args.get(key) == "true" for key in ("build", "pull", "deps")}
    wish = Wish(within_ms, stay_ms, args.get("lose", "").strip())
    return Asked(args["name"], wish, **yes, uncommitted=args.get("uncommitted", "").strip())


def of_service(state: State, name: str, found: Sequence[str] | None, reads: Sequence[str] = ()) -> Repository | None:
    """The clone with the uncommitted files that this service is made of; all of them where nobody says which. `reads`:
    what its build reads besides: its context, its Dockerfile, the compose files."""
    if found is None:
        return None
    paths = tuple(path for spec in state.project.services if name in spec.workloads for path in spec.paths)
    mine = tuple(file for file in found if not paths or in_paths(file, (*paths, *reads)))
    return with_files(state.repository, mine)


def _said(output: str) -> str:
    """The last line that calls itself an error."""
    errors = [line.strip() for line in output.splitlines() if line.lower().lstrip().startswith("error")]
    return errors[-1][:300] if errors else ""


def _moved(plan: Plan, ground: Ground, asked: Asked, repository: Repository | None) -> str:
    now = make_plan(ground, asked, False, "", repository)
    if isinstance(now, Refusal):
        return f"{now.why}; make a new plan"
    if (new := next((check for check in now.checked if check.name == COMMITTED and not check.ok), None)) is not None:
        return f"by now {new.text}; make a new plan"
    for check in now.checked:
        if check.name in ("config", "container", "image") and check.want != want(plan, check.name):
            return f"not so any more: {check.name}; make a new plan"
    more = [what for what in now.loses if what not in plan.loses]
    return f"by now more would be lost: {more[0]}; make a new plan" if more else ""


def _brought_back(api: Any, ident: str, run: bool) -> None:
    """Compose gives the old one the name `ID_NAME` while it makes the new one."""
    from docker.errors import NotFound

    try:
        found = api.inspect_container(ident)
    except NotFound:
        return
    own = str(found["Name"]).removeprefix("/")
    if own.startswith(f"{ident[:12]}_"):
        wanted = own.removeprefix(f"{ident[:12]}_")
        _out_of_the_way(api, wanted, ident)
        api.rename(ident, wanted)
    if run and not found["State"].get("Running"):
        api.start(ident)


def _out_of_the_way(api: Any, name: str, ident: str) -> None:
    """What compose made in its place and did not start, without its volumes."""
    from docker.errors import NotFound

    try:
        new = api.inspect_container(name)
    except NotFound:
        return
    if new["Id"] != ident:
        api.remove_container(new["Id"], v=False, force=True)
