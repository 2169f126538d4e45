"""States of HEAD and of operations in progress, of locks, and of how the clone is set up."""

import os

from tests.git.table.ground import Ground
from tests.git.table.state import Do, State, both, on, toml
from tests.git.world import plain


def _side(g: Ground) -> None:
    """A branch whose next step clashes with main, wherever main is."""
    g.git("switch", "-q", "-c", "side", "main~3")
    g.commit("clash", {"a.txt": "other\n"})


def _merging(g: Ground) -> None:
    _side(g)
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "side", ok=False)
    assert (g.repo / ".git/MERGE_HEAD").exists()


def _merge_not_committed(g: Ground) -> None:
    g.git("switch", "-q", "-c", "side", g.good)
    g.commit("beside", {"s.txt": "s\n"})
    g.git("switch", "-q", "main")
    g.git("merge", "-q", "--no-commit", "--no-ff", "side")


def _rebasing(*how: str) -> Do:
    def make(g: Ground) -> None:
        _side(g)
        g.git("rebase", "-q", *how, "main", ok=False)
        assert any((g.repo / ".git" / name).exists() for name in ("rebase-merge", "rebase-apply"))

    return make


def _rebasing_main(g: Ground) -> None:
    _side(g)
    g.git("switch", "-q", "main")
    g.git("rebase", "-q", "side", ok=False)
    assert (g.repo / ".git/rebase-merge").exists()


def _applying(g: Ground) -> None:
    patch = g.root / "one.patch"
    patch.write_text(g.git("format-patch", "-1", "--stdout", g.bad[0]).replace("-a1", "-a7") + "\n")
    g.git("am", "-q", str(patch), ok=False)
    assert (g.repo / ".git/rebase-apply/applying").exists()


def _picking(g: Ground) -> None:
    _side(g)
    g.git("switch", "-q", "main")
    g.git("cherry-pick", "side", ok=False)
    assert (g.repo / ".git/CHERRY_PICK_HEAD").exists()


def _reverting(*which: str) -> Do:
    def make(g: Ground) -> None:
        g.commit("again", {"a.txt": "a3\n"})
        g.push()
        g.git("revert", "--no-edit", *(which or (g.bad[0],)), ok=False)
        assert (g.repo / ".git/REVERT_HEAD").exists()

    return make


def _bisecting(g: Ground) -> None:
    for words in (("start",), ("bad",), ("good", g.good)):
        g.git("bisect", *words)


def _other_worktree(g: Ground) -> None:
    g.git("switch", "-q", "-c", "feature")
    g.git("worktree", "add", "-q", str(g.root / "second"), "main")
    (g.root / "second" / "theirs.txt").write_text("work in the other\n")
    (g.root / "second" / "a.txt").write_text("work in the other\n")


def _in_linked_worktree(g: Ground) -> None:
    g.git("switch", "-q", "-c", "feature")
    g.start = g.root / "second"
    g.git("worktree", "add", "-q", str(g.start), "main")
    (g.start / "mine.txt").write_text("mine\n")
    (g.start / "beside.txt").write_text("mine\n")


def _own_commits(g: Ground) -> None:
    g.git("switch", "-q", "--detach")
    g.commit("on no branch", {"d.txt": "d\n"}, "ana")


def _lock(name: str) -> Do:
    return lambda g: g.write(f".git/{name}.lock", "")


def _remote_lock(g: Ground) -> None:
    (g.remote / "refs/heads/main.lock").write_text("")


def _read_only(g: Ground) -> None:
    """Root may write everywhere, unless that power is dropped."""
    if os.geteuid() == 0:
        g.prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    plain(g.root, "-C", str(g.repo), "update-index", "-q", "--refresh", ok=False)
    for folder, _, _ in os.walk(g.repo / ".git"):
        os.chmod(folder, 0o555)


def _git_dir_elsewhere(g: Ground) -> None:
    g.git("init", "-q", f"--separate-git-dir={g.root / 'elsewhere.git'}")


def _core_worktree(g: Ground) -> None:
    """The work tree lies beside the repository, and says so in the configuration alone."""
    tree = g.root / "tree"
    g.repo.rename(tree)
    (tree / ".git").rename(g.root / "store")
    plain(g.root, f"--git-dir={g.root / 'store'}", "config", "core.worktree", str(tree))
    (tree / ".git").write_text(f"gitdir: {g.root / 'store'}\n")
    os.symlink(tree, g.repo)


def _bare(g: Ground) -> None:
    g.start = g.remote


def _other_repository_in_env(g: Ground) -> None:
    """As inside a hook of another repository."""
    other = g.root / "another"
    plain(g.root, "init", "-q", "-b", "main", str(other))
    (other / "other.txt").write_text("other\n")
    plain(other, "add", "-A")
    plain(other, "-c", "user.name=o", "-c", "user.email=o@x", "commit", "-q", "-m", "other")
    g.env = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": str(other / ".git/index")}


def _worktree_config(g: Ground) -> None:
    g.git("config", "extensions.worktreeConfig", "true")
    g.git("config", "--worktree", "core.sparseCheckout", "false")
    g.git("config", "--worktree", "user.name", "worktree ana")


def _subfolder(g: Ground) -> None:
    g.start = g.repo / "docs"


def _toml_in_subfolder(g: Ground) -> None:
    g.start = g.repo / "docs"
    g.write("docs/incidentui.toml", '[project]\nname = "docs"\nbranch = "main"\n')


def _unborn(g: Ground) -> None:
    g.git("switch", "-q", "--orphan", "fresh")


def _empty(g: Ground) -> None:
    g.repo.rename(g.root / "was")
    plain(g.root, "init", "-q", "-b", "main", str(g.repo))
    g.settle_in()
    g.write("first.txt", "never committed\n")
    g.git("add", "first.txt")
    g.to = g.target = ""


def _traps(g: Ground) -> None:
    for key, value in {
        "merge.autoStash": "true", "rebase.autoStash": "true", "merge.ff": "false", "pull.rebase": "true",
        "branch.main.mergeOptions": "--squash", "commit.gpgSign": "true", "gpg.program": "false",
        "push.gpgSign": "if-asked", "push.followTags": "true", "push.default": "nothing", "fetch.prune": "true",
        "core.logAllRefUpdates": "false", "submodule.recurse": "true", "core.editor": "false", "core.abbrev": "4",
        "core.pager": "false", "status.showUntrackedFiles": "no", "core.quotePath": "true", "diff.noprefix": "true",
        "merge.conflictStyle": "diff3", "commit.template": "/nowhere", "core.hooksPath": "/nowhere",
        "alias.push": "!false", "diff.external": "false", "color.ui": "always", "log.showSignature": "true",
    }.items():  # fmt: skip
        g.git("config", key, value)
    g.git("tag", "-a", "--no-sign", "-m", "private", "private-tag", g.bad[-1])


def _nobody(g: Ground) -> None:
    g.git("config", "--unset", "user.name")
    g.git("config", "--unset", "user.email")
    g.git("config", "user.useConfigOnly", "true")


def _odd_index(g: Ground) -> None:
    g.git("update-index", "--index-version", "4")
    g.git("update-index", "--split-index")
    g.git("update-index", "--untracked-cache")


def _broken_index(g: Ground) -> None:
    g.write(".git/index", "this is no index")


def _local_hooks(text: str, *names: str) -> Do:
    def make(g: Ground) -> None:
        for name in names:
            g.hook(name, text)

    return make


def _left_by_a_killed_run(g: Ground) -> None:
    """What an earlier kill may have left: a scratch worktree, and a saved state without an end."""
    dead = g.root / "incidentui-scratch-999999999-x"
    g.git("worktree", "add", "-q", "--detach", str(dead))
    g.git("update-ref", "refs/incidentui/act/2/tip", g.bad[-1])


_QUIET_HOOKS = ("post-checkout", "post-merge", "pre-commit", "commit-msg", "post-commit", "reference-transaction",
                "prepare-commit-msg", "pre-merge-commit", "post-rewrite")  # fmt: skip
STATES = (
    State("detached HEAD", on(("switch", "-q", "--detach"))),
    State("detached HEAD, branch configured", both(on(("switch", "-q", "--detach")), toml)),
    State("detached HEAD with own commits", both(_own_commits, toml)),
    State("on another branch", on(("switch", "-q", "-c", "feature/x"))),
    State("on another branch, branch configured", both(on(("switch", "-q", "-c", "feature/x")), toml)),
    State("unborn branch", both(_unborn, toml), work=False),
    State("empty repository", _empty, work=False),
    State("branch in another worktree", both(_other_worktree, toml)),
    State("started in a linked worktree", _in_linked_worktree),
    State("merge in conflict", _merging),
    State("merge not committed", _merge_not_committed),
    State("rebase in progress", both(_rebasing(), toml)),
    State("rebase in progress by apply", both(_rebasing("--apply"), toml)),
    State("the branch itself is rebased", both(_rebasing_main, toml)),
    State("am in progress", _applying),
    State("cherry-pick in progress", _picking),
    State("revert in progress", _reverting()),
    State("revert of several in progress", _reverting("HEAD~1", "HEAD~3", "HEAD~2")),
    State("bisect in progress", _bisecting),
    State("bisect in progress, branch configured", both(_bisecting, toml)),
    State("index.lock left", both(lambda g: g.work(), _lock("index")), work=False),
    State("HEAD.lock left", _lock("HEAD")),
    State("branch lock left", _lock("refs/heads/main")),
    State("packed-refs.lock left", both(on(("pack-refs", "--all")), _lock("packed-refs"))),
    State("config.lock left", _lock("config")),
    State("lock of the tracking ref left", _lock("refs/remotes/origin/main")),
    State("lock on the remote left", _remote_lock),
    State("read-only .git", _read_only),
    State("separate git dir", _git_dir_elsewhere),
    State("core.worktree", _core_worktree),
    State("bare", _bare, work=False),
    State("GIT_DIR of another repository", _other_repository_in_env),
    State("worktree configuration", _worktree_config),
    State("started in a subfolder", _subfolder),
    State("configuration in a subfolder", _toml_in_subfolder),
    State("traps in the configuration", _traps),
    State("no identity", _nobody),
    State("split index, version 4", _odd_index),
    State("index damaged", _broken_index, work=False),
    State("local hooks fail", _local_hooks("exit 1", *_QUIET_HOOKS)),
    State("local hooks hang", _local_hooks("sleep 300", *_QUIET_HOOKS)),
    State("pre-push hook fails", _local_hooks("echo tests are red >&2; exit 1", "pre-push")),
    State("left by a killed run", _left_by_a_killed_run),
)
