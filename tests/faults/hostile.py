"""A project in which every text is hostile: real git and its remote, a real server, a real Supervisor, real files."""

import json
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from tests.e2e.world import Place
from tests.faults.strings import as_argument, as_bytes, hostile

SHORT = 300
"""File names may have 255 bytes; longer texts are cut for names."""


class _Answer(socketserver.StreamRequestHandler):
    """The nth path answers with the nth text as reason phrase, header and body: raw, as a broken server would."""

    @override
    def handle(self) -> None:
        line = self.rfile.readline(65_536)
        while self.rfile.readline(65_536) not in (b"\r\n", b""):
            pass
        if not line:
            return
        n = int(line.split(b"/")[1].split(b" ")[0])
        text = as_bytes(hostile(n))
        # A line break would end the header; everything else goes out as it is.
        head = text.replace(b"\r", b"").replace(b"\n", b"")[:4000]
        body = b'{"status": "' + text + b'", "again": "' + text[:2000] + b'"}'
        self.wfile.write(b"HTTP/1.1 503 " + head + b"\r\nContent-Type: application/json; x=" + head)
        self.wfile.write(b"\r\nX-Note: " + head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def toml(text: str) -> str:
    """A TOML string that holds the text; what TOML cannot hold is left out."""
    held = "".join(c for c in text if not 0xD800 <= ord(c) <= 0xDFFF)
    return '"' + "".join(f"\\u{ord(c):04x}" if ord(c) < 0x20 or c in '"\\' or ord(c) == 127 else c for c in held) + '"'


def file_name(n: int) -> bytes:
    return as_bytes(hostile(n)).replace(b"/", b"|").replace(b"\0", b"")[:200] + b".txt"


def refs(n: int) -> bytes:
    """A name of a ref: git takes no controls, blanks or brackets, but C1 and bidi it does."""
    raw = as_bytes(hostile(n)).replace(b"..", b".")
    return bytes(c for c in raw if c > 32 and c not in b"~^:?*[\\\x7f/@{<>")[:120].rstrip(b".")


def _run(args: Sequence[str | bytes], top: Path, data: bytes | None = None, **env: str) -> bytes:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": "t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(
        ["git", *args], cwd=top, input=data, env={**plain, **who, **quiet, **env}, capture_output=True, check=False
    )
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout.strip()


def commit_all(top: Path, ns: Sequence[int]) -> None:
    """A commit for each text: subject, body, author, file name and content; a branch and a tag where git lets us."""
    parent = _run(["rev-parse", "HEAD"], top)
    entries = b""
    for n in ns:
        text = as_bytes(hostile(n)).replace(b"\0", b"")
        blob = _run(["hash-object", "-w", "--stdin"], top, as_bytes(hostile(n)) + b"\n")
        name = file_name(n).replace(b"\n", b"")
        entries += b"100644 blob " + blob + b"\t" + name + b"\0"
        tree = _run(["mktree", "-z"], top, entries)
        author = text.replace(b"<", b"(").replace(b">", b")").replace(b"\n", b"")[:200]
        head = b"tree " + tree + b"\nparent " + parent
        stamp = b" <x@y.invalid> %d +0000\n" % (int(time.time()) - 5000 + n)
        # hash-object with --literally: what a hostile client pushes is not what `git commit` would write.
        commit = head + b"\nauthor " + author + stamp + b"committer " + author + stamp + b"\n" + text + b"\n\n" + text
        parent = _run(["hash-object", "-t", "commit", "-w", "--literally", "--stdin"], top, commit)
        for kind in (b"heads/", b"tags/"):
            subprocess.run(["git", "update-ref", b"refs/" + kind + refs(n), parent], cwd=top, capture_output=True)
    _run(["update-ref", "refs/heads/main", parent], top)
    _run(["reset", "-q", "--hard"], top)


def runbook(n: int) -> bytes:
    text = as_bytes(hostile(n)).replace(b"\0", b"\x01")
    return (
        b"---\ntags: [reset]\n---\n# " + text.replace(b"\n", b" ") + b"\n\nProse " + text + b"\n\n"
        b"## Phase " + text.replace(b"\n", b" ") + b"\n\n1. Step " + text.replace(b"\n", b" ") + b"\n\n"
        b"   ```sh\n   echo "
        + text.replace(b"\n", b" ")
        + b"\n   ```\n\n2. By hand "
        + text.replace(b"\n", b" ")
        + b"\n"
    )


def configuration(ns: Sequence[int], port: int, sock: Path) -> str:
    rows = [
        f"[project]\nname = {toml(hostile(ns[0])[:SHORT])}\nenvironment = {toml(hostile(ns[-1])[:SHORT])}\n"
        f'branch = "main"\nremote = "origin"\nsupervisor = "{sock}"\n'
    ]
    for n in ns:
        expect = f'{{ status = [200], json = {{ "$.status" = {toml(hostile(n)[:SHORT])} }} }}'
        rows.append(
            f'[[services]]\nname = "service-{n:02d}"\n[[checks]]\nname = "check-{n:02d}"\nservice = "service-{n:02d}"\n'
            f'url = "http://127.0.0.1:{port}/{n}"\nevery = "2s"\nfail_after = 1\nexpect = {expect}\n'
            f"headers = {{ X-Sent = {toml('x')} }}\n"
        )
    return "\n".join(rows)


def program(n: int) -> str:
    """Writes its text to stdout and stderr and lives on."""
    text = as_bytes(hostile(n))
    lines = f"for f in (sys.stdout.buffer, sys.stderr.buffer):\n f.write({text!r}[:6000] + b'\\n'); f.flush()\n"
    return f"import sys, time\n{lines}"


def supervised(root: Path, ns: Sequence[int]) -> str:
    """Names may hold anything but blanks, brackets, colons and slashes."""
    rows = [
        f"[unix_http_server]\nfile={root}/s.sock\n[supervisord]\nlogfile={root}/s.log\npidfile={root}/s.pid\n"
        "nodaemon=true\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
    ]
    for n in ns[:12]:
        (root / f"p{n}.py").write_text(program(n) + " \ntime.sleep(3600)\n" if n % 2 else program(n), encoding="utf-8")
        name = "".join(c for c in hostile(n) if c.isprintable() and c not in "[]:;/ %<>#=")[:40]
        bad = {30: "\x9b2J", 32: "\u202egnp", 34: "\u200f", 35: "\u200b"}.get(n, "")
        rows.append(
            f"[program:w{n:02d}{name}{bad}]\ncommand={sys.executable} -S -E {root}/p{n}.py\nstartsecs=0\n"
            f"stdout_logfile={root}/w{n}.log\nredirect_stderr=true\nautorestart=false\n"
        )
    return "\n".join(rows)


@contextmanager
def world(base: Path, ns: Sequence[int], *, runs: bool = True) -> Iterator[Place]:
    """The project, its remote, its server and (with `runs`) its Supervisor."""
    root, remote = base / "work", base / "remote.git"
    root.mkdir()
    _run(["init", "-q", "--bare", "-b", "main", "--template=", str(remote)], base)
    _run(["init", "-q", "-b", "main", "--template=", "."], root)
    (root / "first").write_text("1\n")
    _run(["add", "-A"], root)
    _run(["commit", "-q", "-m", "first"], root)
    commit_all(root, ns)
    server = _Server(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    short = Path(tempfile.mkdtemp(prefix="iuf-"))
    (root / "incidentui.toml").write_text(configuration(ns, server.server_address[1], short / "s.sock"))
    (root / "runbooks").mkdir()
    for n in ns:
        (root / "runbooks" / f"book-{n:02d}.md").write_bytes(runbook(n))
    _run(["add", "-A"], root)
    _run(["commit", "-q", "-m", "configuration"], root)
    _run(["remote", "add", "origin", str(remote)], root)
    _run(["push", "-q", "origin", "main"], root)
    _run(["branch", "-q", "--set-upstream-to=origin/main", "main"], root)
    hook = remote / "hooks" / "post-receive"
    hook.parent.mkdir(exist_ok=True)
    said = base / "said"
    said.write_bytes(b"\n".join(as_bytes(hostile(n))[:2000] for n in ns) + b"\n")
    hook.write_text(f"#!/bin/sh\ncat {said}\ncat {said} >&2\n")
    hook.chmod(0o755)
    keeper = None
    if runs:
        (short / "s.conf").write_text(supervised(short, ns), encoding="utf-8")
        argv = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(short / "s.conf"), "-n"]
        with (short / "err").open("wb") as errors:
            keeper = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
        _wait_socket(short / "s.sock", keeper, short / "err")
    try:
        yield Place(root, base / "home")
    finally:
        server.shutdown()
        server.server_close()
        if keeper is not None:
            keeper.terminate()
            try:
                keeper.wait(15)
            except subprocess.TimeoutExpired:
                keeper.kill()
                keeper.wait()
        subprocess.run(["rm", "-rf", str(short)], check=False)


def _wait_socket(path: Path, keeper: "subprocess.Popen[bytes]", errors: Path) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        assert keeper.poll() is None, errors.read_text()
        with socket.socket(socket.AF_UNIX) as trial:
            if path.exists() and trial.connect_ex(str(path)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("no supervisor")


def call(place: Place, *argv: str, user: str = "ana", timeout: float = 90) -> tuple[int, bytes, bytes]:
    """The installed command with its output as bytes."""
    from tests.e2e.world import COMMAND

    env = place.env(as_argument(user))
    done = subprocess.run(
        [COMMAND, *(as_argument(a) for a in argv)], cwd=place.root, env=env, stdin=subprocess.DEVNULL,
        capture_output=True, check=False, timeout=timeout,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def first_incident(place: Place) -> str:
    code, out, _ = call(place, "incidents", "--json")
    assert code == 0
    ident: str = json.loads(out)[0]["id"]
    return ident
