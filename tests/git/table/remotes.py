"""States of the remote, of what this clone knows of it, and of the names of refs."""

import socket
import time

from tests.git.table.ground import Ground
from tests.git.table.state import Do, State, both, on, toml
from tests.git.world import plain


def _without_remote(g: Ground) -> None:
    g.git("remote", "remove", "origin")


def _no_upstream(g: Ground) -> None:
    g.git("branch", "-q", "--unset-upstream", "main")


def _other_name_there(g: Ground) -> None:
    """main here follows trunk there; there is a main there too, of somebody else."""
    plain(g.remote, "branch", "-q", "trunk", "main")
    plain(g.remote, "update-ref", "refs/heads/main", g.bad[0])
    g.git("fetch", "-q")
    g.git("branch", "-q", "--set-upstream-to=origin/trunk", "main")


def _other_name_only(g: Ground) -> None:
    plain(g.remote, "branch", "-q", "-m", "main", "trunk")
    g.git("fetch", "-q", "--prune")
    g.git("branch", "-q", "--set-upstream-to=origin/trunk", "main")


def _two_remotes(g: Ground) -> None:
    plain(g.root, "clone", "-q", "--bare", str(g.remote), str(g.root / "fork.git"))
    g.git("remote", "add", "fork", str(g.root / "fork.git"))
    g.git("fetch", "-q", "fork")


def _to_fork(g: Ground) -> None:
    toml(g, remote="fork")
    g.far_name = "fork.git"


def _two_without_upstream(g: Ground) -> None:
    _two_remotes(g)
    g.git("remote", "rename", "-q", "origin", "upstream", ok=False)
    g.git("branch", "-q", "--unset-upstream", "main", ok=False)


def _pushes_elsewhere(g: Ground) -> None:
    """Fetched from here, pushed to there: what is asked and what is pushed to are two repositories."""
    plain(g.root, "clone", "-q", "--bare", str(g.remote), str(g.root / "fork.git"))
    g.git("remote", "set-url", "--push", "origin", str(g.root / "fork.git"))
    g.far_name = "fork.git"


def _two_push_addresses(g: Ground) -> None:
    """One push goes to both: what is on one says nothing of the other."""
    _pushes_elsewhere(g)
    g.git("remote", "set-url", "--add", "--push", "origin", str(g.remote))
    g.far_name = "remote.git"


def _push_remote(g: Ground) -> None:
    _two_remotes(g)
    g.git("config", "branch.main.pushRemote", "fork")
    g.git("config", "remote.pushDefault", "fork")


def _mirror(g: Ground) -> None:
    g.git("config", "remote.origin.mirror", "true", ok=False)


def _push_refspec(g: Ground) -> None:
    g.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    g.git("branch", "-q", "private")


def _gone(g: Ground) -> None:
    g.git("remote", "set-url", "origin", str(g.root / "nowhere.git"))


def _listener(talk: bytes | None) -> Do:
    """A server that takes the connection and then says nothing, or something that is no git."""

    def make(g: Ground) -> None:
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        if talk is None:
            g.closers.append(lambda _: server.close())
        else:
            server.close()
        g.git("remote", "set-url", "origin", f"git://127.0.0.1:{port}/x.git")

    return make


def _behind(g: Ground) -> None:
    g.colleague({"k.txt": "k\n"})


def _diverged(g: Ground) -> None:
    g.colleague({"k.txt": "k\n"})
    g.commit("mine", {"m.txt": "m\n"}, "ana")


def _stale(g: Ground) -> None:
    """Moved there, and this clone's tracking ref knows already: a lease without a value would be no guard."""
    g.colleague({"k.txt": "k\n"})
    g.git("fetch", "-q")


def _rewritten(g: Ground) -> None:
    """Somebody forced the remote back; the bad commits are only here."""
    plain(g.remote, "update-ref", "refs/heads/main", g.bad[0])


def _server_hook(name: str, text: str) -> Do:
    return lambda g: g.hook(name, text, g.remote)


def _setting_there(key: str, value: str) -> Do:
    return lambda g: plain(g.remote, "config", key, value)


def _checked_out_there(g: Ground) -> None:
    plain(g.root, "clone", "-q", str(g.remote), str(g.root / "office"))
    g.git("remote", "set-url", "origin", str(g.root / "office"))


def _robot_commits(g: Ground) -> None:
    """After each push the server puts a commit of its own on top, as release robots do."""
    g.hook("post-receive", """read old new ref
case $(git log -1 --format=%s $new) in robot*) exit 0;; esac
export GIT_AUTHOR_NAME=r GIT_AUTHOR_EMAIL=r GIT_COMMITTER_NAME=r GIT_COMMITTER_EMAIL=r
git update-ref $ref $(git commit-tree $new^{tree} -p $new -m robot)""", g.remote)  # fmt: skip


def _other_names(g: Ground) -> None:
    """Names that mean something else if they are passed short."""
    refs = ("tags/main", "heads/origin/main", "heads/HEAD", "tags/origin/main", "heads/-D", "heads/--upload-pack=x",
            "remotes/origin/-f", "heads/" + "0" * 40, "tags/@", "heads/refs/heads/main", "main")  # fmt: skip
    for ref in refs:
        g.git("update-ref", f"refs/{ref}", g.good, ok=False)


def _ambiguous_target(g: Ground) -> None:
    g.git("tag", "v1", g.good)
    g.git("branch", "-q", "v1", g.bad[1])
    g.to = "v1"


def _to_tag(g: Ground) -> None:
    g.git("tag", "-a", "-m", "release", "v1", g.good)
    g.to = "v1"


def _tag_moved(g: Ground) -> None:
    """The tag is another one here than on the remote."""
    g.git("tag", "v1", g.good)
    plain(g.remote, "tag", "v1", g.bad[0])
    g.to = "v1"


def _symbolic(g: Ground) -> None:
    """main is a name for another branch."""
    g.git("branch", "-q", "-m", "main", "real")
    g.git("symbolic-ref", "refs/heads/main", "refs/heads/real")
    g.git("symbolic-ref", "HEAD", "refs/heads/main")


def _broken_ref(g: Ground) -> None:
    g.write(".git/refs/heads/broken", "")
    g.write(".git/refs/heads/dangling", "1" * 40 + "\n")


def _slashes(g: Ground) -> None:
    g.git("branch", "-q", "-m", "main", "release/2026.11/ä b".replace(" ", "_"))
    g.branch = g.there = "release/2026.11/ä_b"
    g.git("push", "-q", "origin", f"HEAD:refs/heads/{g.there}")
    g.git("branch", "-q", f"--set-upstream-to=origin/{g.there}")


def _instead_of(g: Ground) -> None:
    g.git("config", f"url.{g.root}/.insteadOf", "work:")
    g.git("remote", "set-url", "origin", "work:remote.git")


def _slow(seconds: float) -> Do:
    return lambda g: g.hook("pre-receive", f"sleep {seconds}", g.remote)


def _stamp(g: Ground) -> None:
    g.git("config", "remote.origin.prune", "true")
    g.git("update-ref", "refs/remotes/origin/old-branch", g.good)
    g.git("config", "--add", "remote.origin.fetch", f"+refs/heads/*:refs/local/{int(time.time()) // 10**9}/*")


STATES = (
    State("no remote", _without_remote),
    State("no upstream", _no_upstream),
    State("another name upstream, the same name is somebody else's", _other_name_there),
    State("another name upstream only", _other_name_only),
    State("two remotes", _two_remotes),
    State("two remotes, the other configured", both(_two_remotes, _to_fork)),
    State("two remotes, none called origin, no upstream", _two_without_upstream),
    State("pushed to another address than fetched from", _pushes_elsewhere),
    State("pushed to two addresses", _two_push_addresses),
    State("push remote configured in git", _push_remote),
    State("mirror", _mirror),
    State("push refspec that forces all", _push_refspec),
    State("remote gone", _gone),
    State("remote hangs", _listener(None), waits=True),
    State("remote closed", _listener(b"")),
    State("address rewritten by git", _instead_of),
    State("a configured remote that is not there", lambda g: toml(g, remote="elsewhere")),
    State("behind the remote", _behind),
    State("behind the remote, fetched", _stale),
    State("ahead of the remote", lambda g: g.commit("mine", {"m.txt": "m\n"}, "ana")),
    State("diverged", _diverged),
    State("remote forced back by somebody", _rewritten),
    State("branch missing on the remote", lambda g: plain(g.remote, "branch", "-m", "main", "gone")),
    State("protected branch", _server_hook("pre-receive", "echo main is protected >&2; exit 1")),
    State("signing required there", _server_hook("update", "git verify-commit $3 || exit 1")),
    State("no force accepted there", _setting_there("receive.denyNonFastForwards", "true")),
    State("objects checked there", _setting_there("receive.fsckObjects", "true")),
    State("hidden refs there", _setting_there("transfer.hideRefs", "refs/incidentui")),
    State("post-receive hook fails", _server_hook("post-receive", "echo deploy failed >&2; exit 1")),
    State("server dies in the push", _server_hook("pre-receive", "kill -9 $PPID")),
    State("server dies after the push", _server_hook("post-receive", "kill -9 $PPID")),
    State("server is slow", _slow(2)),
    State("server hangs in the push", _slow(400), waits=True),
    State("robot commits on top", _robot_commits),
    State("checked out on the remote", _checked_out_there),
    State("names that mean something else", _other_names),
    State("ambiguous target", _ambiguous_target),
    State("target is an annotated tag", _to_tag),
    State("tag moved", _tag_moved),
    State("symbolic branch", _symbolic),
    State("broken refs", _broken_ref),
    State("branch with slashes and umlauts", _slashes),
    State("prune and mapped tracking refs", _stamp),
    State("packed refs", on(("pack-refs", "--all"))),
)
