"""The console entry. Answers `--version` before anything else is imported: scripts ask for it a lot."""

import gc
import sys


def _leave_out_this_folder() -> None:
    """A repository's `git.py` is no library: `python -m` puts the current folder first on the path, and an empty entry
    or a dot in PYTHONPATH puts it anywhere.
    """
    import os

    try:
        here = os.getcwd()
    except OSError:
        return
    path = [entry for entry in sys.path if entry and os.path.abspath(entry) != here]
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # Started in its own source tree: libraries still come first.
    sys.path[:] = [*path, home] if home == here else path


def main() -> None:
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        from incidentui import __version__

        try:
            sys.stdout.write(f"incidentui {__version__}\n")
            sys.stdout.flush()
        except OSError:
            pass  # the long way says why
        else:
            return
    _leave_out_this_folder()
    gc.disable()  # what is imported is no garbage: looking for some takes a seventh of the time to the first frame
    from incidentui.cli.main import run
    from incidentui.cli.output import guard

    guard()
    raise SystemExit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
