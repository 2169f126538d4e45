"""What running a command in a container, copying out of it and into it would do, as plans. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from incidentui.core.backup import Backup
from incidentui.core.format import count, duration, storage
from incidentui.core.model import Ms, Plan, PlanStep, Precondition, Workload
from incidentui.core.value import dataclass
from incidentui.core.visible import look_alikes
from incidentui.edge.containers.blast import unnamed
from incidentui.edge.masked import masked
from incidentui.edge.text import clean

EXEC, OUT, IN = "workload.exec", "workload.copy-out", "workload.copy-in"
LONG_MS: Ms = 3_600_000
_GOES_ON = ("its time", "when it is up the command is ended, where this machine can reach it: the verdict says so")


@dataclass(frozen=True, slots=True)
class Inside:
    """A path in a container, as the engine has it now."""

    path: str
    there: bool
    is_folder: bool = False
    size: int = 0
    lies_in: str = ""
    """The mount it lies in, in words; empty: in the container itself."""
    read_only: bool = False


def exec_plan(workload: Workload, words: Sequence[str], user: str, within_ms: Ms, host: str, key: str) -> Plan:
    """`key`: by which the words themselves are found again; what is shown of them holds no secret."""
    shown, told = masked(words)
    odd = look_alikes(shown)
    argv = ("docker", "exec", *(("--user", user) if user else ()), workload.ident[:12], *told)
    return Plan(
        action=EXEC,
        args=(
            ("name", workload.name),
            ("command", shown),
            *((("user", user),) if user else ()),
            ("within", f"{within_ms}ms"),
        ),
        title=f"Run in {workload.name}: {clean(shown, 80)}",
        target=workload.name,
        target_kind="workload",
        steps=(PlanStep("exec", f"in {workload.name}, without a shell, at most {duration(within_ms)}", (argv,)),),
        checked=(_container(workload), Precondition("words", "the command is the one that was asked for", key)),
        not_covered=(
            ("what it changes", "a command says nothing of that"),
            _GOES_ON,
            *((("not ASCII", odd),) if odd else ()),
        ),
        undo="Nothing is known of how to undo it.",
        within_ms=within_ms,
        host=host,
    )


def out_plan(workload: Workload, found: Inside, folder: str, host: str) -> Plan:
    what = "folder" if found.is_folder else storage(found.size)
    return Plan(
        action=OUT,
        args=(("name", workload.name), ("from", found.path), ("to", folder)),
        title=f"Copy {clean(found.path, 60)} out of {workload.name}",
        target=workload.name,
        target_kind="workload",
        changes=False,
        steps=(PlanStep("copy", f"{found.path} ({what}) into {folder}; nothing there is written over"),),
        checked=(_container(workload),),
        not_covered=(("links out of it", "and devices are not copied: the verdict counts them"),),
        undo="",
        within_ms=LONG_MS,
        host=host,
    )


def in_plan(
    workload: Workload, found: Inside, what: str, source: tuple[tuple[str, str], ...], content: str, host: str
) -> Plan:
    """`what`: in words, what is written; `source`: the arguments that name it; `content`: a hash of it."""
    name, path = workload.name, found.path
    keep = (PlanStep("save", f"a copy of {path} as it is now"),) if found.there else ()
    return Plan(
        action=IN,
        args=(("name", name), ("to", path), *source),
        title=f"Copy into {name}: {clean(path, 60)}",
        target=name,
        target_kind="workload",
        steps=(
            *keep,
            PlanStep("write", f"{what} to {path}", (("docker", "cp", "…", f"{workload.ident[:12]}:{path}"),)),
            PlanStep("compare", "what is there with what was written: content, owner, mode"),
        ),
        checked=(
            _container(workload),
            Precondition("content", "what is written is as it was shown", content),
            Precondition("there", f"{path} is there" if found.there else f"nothing is at {path}", str(found.there)),
        ),
        not_covered=tuple(_not_covered(found)),
        undo=_undo(found),
        host=host,
        blast=((path, found.lies_in or "lies in the container itself: goes when it is created anew"),),
    )


def _container(workload: Workload) -> Precondition:
    return Precondition("container", f"still container {workload.ident[:12]}", workload.ident)


def _not_covered(found: Inside) -> Iterator[tuple[str, str]]:
    yield "the program", "reads it when it does: perhaps at its next start only"
    if found.is_folder:
        yield "other files", "that are in the folder already stay"


def _undo(found: Inside) -> str:
    if not found.there:
        return "Nothing is there now: what is written stays until somebody removes it (workload.exec)."
    new = " New names in the folder stay." if found.is_folder else ""
    return f"The copy that is taken first is put back by workload.copy-in back=ID; the verdict says which.{new}"


def mount_of(path: str, mounts: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """(the mount that a path lies in, in words; whether it may only be read). Empty: in the container itself."""
    above = [m for m in mounts if _lies_in(path, str(m.get("Destination", "")))]
    if not above:
        return "", False
    mount = max(above, key=lambda m: len(str(m.get("Destination", ""))))
    only_read = not mount.get("RW", True)
    if mount.get("Type") == "volume":
        name = str(mount.get("Name", ""))
        return f"lies in volume {name[:12] if unnamed(mount) else clean(name, 60)}: stays there", only_read
    return f"lies in {clean(str(mount.get('Source', '')), 80)} of the host: is written there", only_read


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def of_backup(it: Backup) -> str:
    return f"{count(it.files, 'file')}, {storage(it.size)}, as of {it.id}"
