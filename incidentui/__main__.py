"""The console entry. Answers `--version` before anything else is imported: scripts ask for it a lot."""

import gc
import sys


def _leave_out_this_folder() -> None:
    """`python -m` puts the current folder first on the path: a repository's `git.py` would be taken for a library."""
    import os

    try:
        here = os.getcwd()
    except OSError:
        here = ""
    if sys.flags.safe_path or sys.path[:1] not in ([here], [""]):
        return
    del sys.path[0]
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if home == here and home not in sys.path:
        sys.path.append(home)  # started in its own source tree; libraries still come first


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        from incidentui import __version__

        sys.stdout.write(f"incidentui {__version__}\n")
        return
    gc.disable()  # what is imported is no garbage: looking for some takes a seventh of the time to the first frame
    from incidentui.cli.main import run
    from incidentui.cli.output import guard

    guard()
    raise SystemExit(run(sys.argv[1:]))


if __name__ == "__main__":
    _leave_out_this_folder()
    main()
