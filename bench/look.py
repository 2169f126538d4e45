"""Renders the screen at a size from a state written by hand, to look at: SVG, and PNG where rsvg-convert is there.

python -m bench.look incident 120x40 [--light] [--plain] [--ascii] [--keys "z esc"] [-o DIR]
"""

import argparse
import asyncio
import os
import subprocess
from datetime import UTC
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.style import Style

from tests.tui import fakes

if TYPE_CHECKING:
    from rich.color import Color
    from textual.strip import Strip

W, H, FONT = 9, 19, "DejaVu Sans Mono"


async def render(name: str, width: int, height: int, keys: list[str], light: bool, ascii_only: bool) -> str:
    from incidentui.tui.app import IncidentApp

    session = fakes.session(fakes.STATES[name]())
    app = IncidentApp(session, runbooks=fakes.RUNBOOKS, theme="light" if light else "dark", ascii=ascii_only, zone=UTC)
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.06)
        return picture(app.screen._compositor.render_strips(), width, height)


def picture(strips: "list[Strip]", width: int, height: int) -> str:
    """Every character in its own cell: fonts differ, the grid must not."""
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * W}" height="{height * H}">',
        f'<rect width="100%" height="100%" fill="#0d1117"/><g font-family="{FONT}" font-size="{W / 0.6:.1f}">',
    ]
    for y, strip in enumerate(strips):
        x = 0
        for text, style, _ in strip:
            out += _cell(text, style or Style(), x, y)
            x += cell_len(text)
    return "\n".join([*out, "</g></svg>"])


def _cell(text: str, style: Style, x: int, y: int) -> list[str]:
    front = _hex(style.color, "#e6e6e6")
    back = _hex(style.bgcolor, "#000000")
    if style.reverse:
        front, back = back, front
    if style.dim:
        front = "#999999"
    bold = ' font-weight="bold"' if style.bold else ""
    under = ' text-decoration="underline"' if style.underline else ""
    box = f'<rect x="{x * W}" y="{y * H}" width="{len(text) * W + 0.5}" height="{H + 0.5}" fill="{back}"/>'
    at = " ".join(str((x + n) * W) for n in range(len(text)))
    base = y * H + H * 0.75
    return [box, f'<text x="{at}" y="{base}" fill="{front}"{bold}{under} xml:space="preserve">{escape(text)}</text>']


def _hex(colour: "Color | None", default: str) -> str:
    return colour.get_truecolor().hex if colour is not None else default


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("state", choices=fakes.STATES)
    parser.add_argument("size")
    parser.add_argument("--keys", default="")
    parser.add_argument("--light", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("-o", "--out", type=Path, default=Path("/tmp/look"))
    args = parser.parse_args()
    if args.plain:
        os.environ["NO_COLOR"] = "1"
    width, height = (int(n) for n in args.size.split("x"))
    svg = asyncio.run(render(args.state, width, height, args.keys.split(), args.light, args.ascii))
    args.out.mkdir(parents=True, exist_ok=True)
    flags = "".join(f"-{f}" for f in ("light", "plain", "ascii") if getattr(args, f))
    stem = args.out / f"{args.state}-{args.size}{flags}{'-keys' if args.keys else ''}"
    stem.with_suffix(".svg").write_text(svg)
    subprocess.run(["rsvg-convert", "-o", stem.with_suffix(".png"), stem.with_suffix(".svg")], check=True)
    print(stem.with_suffix(".png"))


if __name__ == "__main__":
    main()
