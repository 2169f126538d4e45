"""CPU per probe with a connection for each, against Debian's prometheus-blackbox-exporter on the same targets.

Both are asked for the same contract (status, content type, a value in the body); rounds alternate. Without the exporter
nothing is measured, and that is said.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.http_checks import ours, serve
from bench.pty_harness import TICKS

EXPORTER = "prometheus-blackbox-exporter"
LIMIT = 1.6
MODULE = """modules:
  json:
    prober: http
    timeout: 5s
    http:
      valid_status_codes: [200]
      fail_if_header_not_matches: [{header: Content-Type, regexp: application/json}]
      fail_if_body_not_matches_regexp: ['"status": "ok"']
      follow_redirects: false
      preferred_ip_protocol: ip4
"""

ALONE = (("Connection", "close"),)
"""Each look on a connection of its own, as the peer makes it."""


class Exporter:
    def __init__(self, port: int, pid: int) -> None:
        self.pid = pid
        self.asking = http.client.HTTPConnection("127.0.0.1", port)

    def probe(self, url: str) -> None:
        self.asking.request("GET", f"/probe?module=json&target={url}")
        assert b"probe_success 1" in self.asking.getresponse().read()

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def per_probe(self, urls: Sequence[str], rounds: int) -> float:
        for url in urls:
            self.probe(url)
        before = self.cpu()
        for _ in range(rounds):
            for url in urls:
                self.probe(url)
        return (self.cpu() - before) / rounds / len(urls)


@contextmanager
def exporter(port: int) -> Iterator[Exporter]:
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        config.write(MODULE)
        config.flush()
        argv = [EXPORTER, f"--config.file={config.name}", f"--web.listen-address=127.0.0.1:{port}"]
        with subprocess.Popen([*argv, "--log.level=error"]) as process:
            try:
                yield Exporter(port, process.pid)
            finally:
                process.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.blackbox", description=__doc__)
    parser.add_argument("--services", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--port", type=int, default=9199)
    options = parser.parse_args()
    if shutil.which(EXPORTER) is None:
        print(json.dumps({"bench": "blackbox", "not_run": f"{EXPORTER} is not installed"}))
        return 0
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(options.services, there), daemon=True)
    server.start()
    urls = [f"http://127.0.0.1:{port}/health" for port in here.recv()]
    with exporter(options.port) as peer:
        time.sleep(1)
        pairs = [
            (asyncio.run(ours(urls, options.rounds, ALONE)), peer.per_probe(urls, options.rounds))
            for _ in range(options.repeat)
        ]
    server.terminate()
    server.join()
    mine, theirs = (round(statistics.median(pair[side] for pair in pairs) * 1e6) for side in (0, 1))
    ratio = round(statistics.median(pair[0] / pair[1] for pair in pairs), 2)
    figures = {"ours_us": mine, "exporter_us": theirs, "ratio": ratio, "limit": LIMIT}
    print(json.dumps({"bench": "blackbox", **figures, "ok": ratio <= LIMIT}))
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
