"""The SDK is loaded by whichever thread comes first, and the others wait for it: a session has several engines."""

import subprocess
import sys
from pathlib import Path

AT_ONCE = """
import sys, threading
from incidentui.edge.containers.docker_client import Client

together, wrong = threading.Barrier(6), []

def reached(connects):
    client = Client(sys.argv[1])
    together.wait()
    try:
        client.connected() if connects else client.reach()
    except FileNotFoundError:
        pass  # what stands for an engine is not there; the SDK was, or it would say another thing
    except Exception as error:
        wrong.append(repr(error))

threads = [threading.Thread(target=reached, args=(n % 2,)) for n in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("; ".join(wrong) or None)
"""


def test_threads_that_load_it_at_once_each_find_all_of_it(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", AT_ONCE, f"unix://{tmp_path}/none.sock"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
