"""A project in which secrets stand wherever an incident meets them: real git, its remote, a server, a Supervisor."""

import base64
import os
import shutil
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
from tests.faults import slow_push
from tests.faults.hostile import _wait_socket
from tests.faults.secret_texts import KNOWN, LOOK_ALIKES, Given

ENV = {key: KNOWN[key] for key in ("LEADS_GATE", "REPORTS_DB_PASSWORD")}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    texts: tuple[str, ...] = ()


class _Answer(socketserver.StreamRequestHandler):
    """The nth path answers with the nth text: in its reason, its headers and its body. Others ask for a password."""

    @override
    def handle(self) -> None:
        line = self.rfile.readline(65_536)
        while self.rfile.readline(65_536) not in (b"\r\n", b""):
            pass
        assert isinstance(self.server, _Server)
        number = line.split(b" ")[1].strip(b"/").split(b"?")[0] if b" " in line else b""
        if not number.isdigit():
            self.wfile.write(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
            return
        text = self.server.texts[int(number)].encode()
        flat = text.replace(b"\n", b" ")
        body = text + b"\n" + flat
        self.wfile.write(b"HTTP/1.1 503 " + flat + b"\r\nContent-Type: text/plain; x=" + flat + b"\r\nX-Note: " + flat)
        self.wfile.write(b"\r\nSet-Cookie: " + flat + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _configuration(texts: Sequence[str], port: int, sock: Path) -> str:
    rows = [
        f'[project]\nname = "leads"\nbranch = "main"\nremote = "origin"\nsupervisor = "{sock}"\n'
        '[[services]]\nname = "api"\n'
    ]
    for n in range(len(texts)):
        login = f"user:{KNOWN['URL']}@" if n % 2 else ""
        rows.append(
            f'[[checks]]\nname = "check-{n:02d}"\nservice = "api"\nurl = "http://{login}127.0.0.1:{port}/{n}"\n'
            f'every = "2s"\nfail_after = 1\nexpect = {{ status = [200], body = ["never there"] }}\n'
            'headers = { X-Gate = { env = "LEADS_GATE" } }\n'
        )
    return "\n".join(rows)


def _supervised(short: Path, texts: Sequence[str]) -> str:
    """Eight programs that say their share of the texts and fall."""
    rows = [
        f"[unix_http_server]\nfile={short}/s.sock\n[supervisord]\nlogfile={short}/s.log\npidfile={short}/s.pid\n"
        "nodaemon=true\n[rpcinterface:supervisor]\n"
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
    ]
    for n in range(8):
        said = "\n".join(texts[n::8])
        (short / f"p{n}.py").write_text(
            f"import sys, time\ntime.sleep(4)\nsys.stdout.buffer.write({said.encode()!r} + b'\\n')\nsys.exit(3)\n"
        )
        rows.append(
            f"[program:w{n}]\ncommand={sys.executable} -S -E {short}/p{n}.py\nstartsecs=1\n"
            f"stdout_logfile={short}/w{n}.log\nredirect_stderr=true\nautorestart=false\n"
        )
    return "\n".join(rows)


def _history(root: Path, texts: Sequence[str]) -> None:
    for n, text in enumerate(texts):
        (root / f"file-{n:02d}").write_text(f"{text}\n")
        slow_push.run(["add", "-A"], root)
        slow_push.run(["commit", "-q", "-m", f"{' '.join(text.split())}\n\n{text}\n"], root)


def _argv_told(base: Path) -> Path:
    """A `git` in front of the real one that writes down what every process was started with."""
    folder, real = base / "bin", shutil.which("git")
    folder.mkdir()
    script = folder / "git"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {base}/argv\nexec {real} "$@"\n')
    script.chmod(0o755)
    return folder


@contextmanager
def secret_world(given: Sequence[Given]) -> Iterator[tuple[Place, dict[str, str]]]:
    """The project, and what the environment of every command must hold."""
    texts = (*(one.text for one in given), " · ".join(LOOK_ALIKES))
    base, short = Path(tempfile.mkdtemp(prefix="iufs-")), Path(tempfile.mkdtemp(prefix="iuf-"))
    root, remote = base / "work", base / "remote.git"
    root.mkdir()
    slow_push.run(["init", "-q", "--bare", "-b", "main", "--template=", str(remote)], base)
    slow_push.run(["init", "-q", "-b", "main", "--template=", "."], root)
    server = _Server(("127.0.0.1", 0), _Answer)
    server.texts = texts
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    (root / "incidentui.toml").write_text(_configuration(texts, port, short / "s.sock"))
    _history(root, texts)
    slow_push.run(["remote", "add", "origin", str(remote)], root)
    slow_push.run(["push", "-q", "-u", "origin", "main"], root)
    # Another remote wants a login; its address holds one.
    slow_push.run(["remote", "add", "mirror", f"http://ana:{KNOWN['REMOTE']}@127.0.0.1:{port}/x.git"], root)
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    (base / "said").write_text("\n".join(texts) + "\n")
    hook.write_text(f"#!/bin/sh\ncat {base}/said >&2\nexit 1\n")
    hook.chmod(0o755)
    (short / "s.conf").write_text(_supervised(short, texts))
    argv = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(short / "s.conf"), "-n"]
    with (short / "err").open("wb") as errors:
        keeper = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True)
    try:
        _wait_socket(short / "s.sock", keeper, short / "err")
        path = f"{_argv_told(base)}{os.pathsep}{os.environ['PATH']}"
        yield Place(root, base / "home"), {**ENV, "PATH": path, "TMPDIR": str(base)}
    finally:
        server.shutdown()
        server.server_close()
        keeper.terminate()
        keeper.wait(20)
        time.sleep(0.1)
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(short, ignore_errors=True)


def decoded(copied: Sequence[bytes]) -> bytes:
    return b"\n".join(base64.b64decode(one) for one in copied)
