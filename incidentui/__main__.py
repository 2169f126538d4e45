"""The console entry. Answers `--version` before anything else is imported: scripts ask for it a lot."""

import sys


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        from incidentui import __version__

        sys.stdout.write(f"incidentui {__version__}\n")
        return
    from incidentui.cli.main import run

    raise SystemExit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
