"""The ledger: what of each commit since known-good stands in the tree, on real histories, judged by what was done."""

import pytest

from incidentui.core.model import Ledger
from incidentui.edge.git.ledger import read
from incidentui.edge.git.place import layout
from tests.git.world import World, plain

BACK, FORCE, PARTLY = "taken back", "in force", "partly"


class Book:
    """A repository whose files have lines enough to be changed in several places."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.good = world.commit("good", {"app.py": _text("app"), "lib.py": _text("lib"), "docs.md": "docs\n"})
        self.names: dict[str, str] = {}

    def commit(self, name: str, files: dict[str, str]) -> str:
        self.names[name] = self.world.commit(name, files)
        return self.names[name]

    def edit(self, name: str, path: str, was: str, now: str) -> str:
        text = (self.world.repo / path).read_text()
        assert was in text
        return self.commit(name, {path: text.replace(was, now)})

    def revert(self, name: str, what: str, *words: str) -> str:
        self.world.git("revert", "--no-edit", *words, self.names[what])
        return self.here(name)

    def here(self, name: str) -> str:
        self.names[name] = self.world.git("rev-parse", "HEAD")
        return self.names[name]

    async def read(self, tip: str = "HEAD", good: str = "") -> Ledger:
        sha = self.world.git("rev-parse", tip)
        return await read(await layout(self.world.repo), good or self.good, sha)

    async def states(self) -> dict[str, str]:
        ledger = await self.read()
        whole = self.world.git("rev-list", f"{self.good}..HEAD").split()
        assert sorted(c.sha for c in ledger.commits) == sorted(whole)
        named = {sha: name for name, sha in self.names.items()}
        return {named[c.sha]: c.state for c in ledger.commits if c.sha in named}


def _text(name: str) -> str:
    return "".join(f"{name} line {n} {'abcdefghij'[n % 10] * 8}\n" for n in range(30))


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


@pytest.mark.req("R0-08")
async def test_three_of_six_by_what_the_tree_holds_whatever_the_messages_say(book: Book) -> None:
    model, options, api = "Models/KeaModel.php", "Models/DHCPv6OptionsModel.php", "Api/Subnets.php"
    book.good = book.world.commit(
        "works",
        {
            model: "<?php\nclass KeaModel {\n  function read() {}\n}\n",
            options: "<?php\nclass DHCPv6OptionsModel {\n  private function backupKeaConfig() {}\n"
            "  function one() {}\n  function two() {}\n  function all() {}\n}\n",
            api: "<?php\nfunction create() {\n  return save();\n}\n",
        },
    )
    book.edit(
        "backups",
        model,
        "  function read() {}\n",
        "  function read() {}\n  protected function backupKeaConfig() {\n    session_start();\n  }\n",
    )
    book.edit("description", "docs.md", "docs\n", "now covers ALL API operations\n")
    book.edit("duplicate", options, "  function all() {}\n", "  function all() { $this->log(); }\n")
    book.edit("session", api, "  return save();\n", "  ob_start();\n  return save();\n")
    book.edit(
        "Revert all backup functionality changes - back to working state",
        options,
        "  private function",
        "  private static function",
    )
    ledger = await book.read()
    assert [c.state for c in ledger.commits] == [FORCE] * 5
    for name in ("session", "duplicate", "description"):
        book.revert(f"revert {name}", name)
    assert await book.states() == {
        "backups": FORCE, "description": BACK, "duplicate": BACK, "session": BACK,
        "Revert all backup functionality changes - back to working state": FORCE,
        "revert session": BACK, "revert duplicate": BACK, "revert description": BACK,
    }  # fmt: skip
    ledger = await book.read()
    said = next(c for c in ledger.commits if c.subject.startswith("Revert all"))
    assert said.claims == f'its message says "back to working state"; its tree is not the tree of ★ {book.good[:7]}'
    assert {f.path: (f.added, f.deleted, f.by) for f in ledger.files} == {
        model: (3, 0, (book.names["backups"],)),
        options: (1, 1, (said.sha,)),
    }


@pytest.mark.req("R0-08")
async def test_an_equal_tree_takes_everything_back_however_it_came_about(book: Book) -> None:
    book.edit("one", "app.py", "app line 3 ", "APP LINE 3 ")
    book.commit("two", {"new.txt": "n\n"})
    (book.world.repo / "new.txt").unlink()
    book.world.git("rm", "-q", "--cached", "new.txt")
    book.edit("by hand", "app.py", "APP LINE 3 ", "app line 3 ")
    ledger = await book.read()
    assert book.world.tree("HEAD") == book.world.tree(book.good)
    assert {c.state for c in ledger.commits} == {BACK}
    assert ledger.files == ()


async def test_a_revert_of_a_revert_brings_the_commit_back_into_force(book: Book) -> None:
    book.edit("bug", "app.py", "app line 3 ", "bug line 3 ")
    book.edit("other", "lib.py", "lib line 9 ", "new line 9 ")
    book.revert("undo", "bug")
    assert await book.states() == {"bug": BACK, "other": FORCE, "undo": BACK}
    book.revert("redo", "undo")
    assert await book.states() == {"bug": FORCE, "other": FORCE, "undo": BACK, "redo": FORCE}
    book.revert("undo again", "redo")
    assert await book.states() == {"bug": BACK, "other": FORCE, "undo": BACK, "redo": BACK, "undo again": BACK}


async def test_half_of_a_commit_taken_back_is_partly(book: Book) -> None:
    text = _text("app").replace("app line 3 ", "bug line 3 ").replace("app line 20 ", "bug line 20 ")
    book.commit("bug", {"app.py": text, "lib.py": _text("lib") + "more\n"})
    book.edit("hand", "app.py", "bug line 3 ", "app line 3 ")
    assert await book.states() == {"bug": PARTLY, "hand": BACK}
    ledger = await book.read()
    assert [(c.files, c.of) for c in ledger.commits] == [(0, 1), (2, 2)]
    assert [(f.path, f.by) for f in ledger.files] == [
        ("app.py", (book.names["bug"],)),
        ("lib.py", (book.names["bug"],)),
    ]


async def test_an_edit_that_was_moved_on_is_not_taken_back(book: Book) -> None:
    book.edit("limit", "app.py", "app line 3 ", "timeout = 5\napp line 3 ")
    book.edit("more", "app.py", "timeout = 5", "timeout = 60")
    assert await book.states() == {"limit": PARTLY, "more": FORCE}
    book.edit("gone", "app.py", "timeout = 60\n", "")
    book.edit("else", "lib.py", "lib line 1 ", "LIB LINE 1 ")
    book.edit("else too", "app.py", "app line 29 ", "APP LINE 29 ")
    assert await book.states() == {"limit": BACK, "more": BACK, "gone": BACK, "else": FORCE, "else too": FORCE}


async def test_blanks_change_a_line_and_do_not_take_it_back(book: Book) -> None:
    book.edit("bug", "app.py", "app line 3 ", "if bug:\n    explode()\napp line 3 ")
    book.edit("indent", "app.py", "if bug:\n    explode()\n", "\tif bug:\n\t    explode()\n")
    assert await book.states() == {"bug": FORCE, "indent": FORCE}
    book.edit("only blanks", "lib.py", "lib line 4 ", "lib  line 4 ")
    assert (await book.states())["only blanks"] == FORCE
    book.edit("blanks back", "lib.py", "lib  line 4 ", "lib line 4 ")
    assert (await book.states())["only blanks"] == BACK


async def test_a_line_that_is_twice_there_is_not_taken_for_the_other(book: Book) -> None:
    lines = ["def one():\n", "    pass\n", "\n", "def two():\n", "    pass\n", "\n", "def three():\n", "    pass\n"]
    book.good = book.world.commit("blocks", {"b.py": "".join(lines)})
    book.commit("drop two", {"b.py": "".join(lines[:3] + lines[6:])})
    book.commit("keep", {"b.py": "".join([*lines[:3], *lines[6:], "# end\n"])})
    book.commit("two back", {"b.py": "".join([*lines, "# end\n"])})
    assert await book.states() == {"drop two": BACK, "keep": FORCE, "two back": BACK}


async def test_renamed_deleted_and_added_again(book: Book) -> None:
    book.world.git("mv", "app.py", "moved.py")
    book.world.git("commit", "-q", "-m", "move")
    book.here("move")
    assert await book.states() == {"move": FORCE}
    book.commit("docs", {"docs.md": "more docs\n"})
    book.revert("move back", "move")
    assert await book.states() == {"move": BACK, "docs": FORCE, "move back": BACK}
    book.world.git("rm", "-q", "lib.py")
    book.world.git("commit", "-q", "-m", "drop lib")
    book.here("drop lib")
    book.commit("lib again", {"lib.py": _text("lib").replace("lib line 7 ", "LIB LINE 7 ")})
    assert await book.states() == {
        "move": BACK, "docs": FORCE, "move back": BACK, "drop lib": PARTLY, "lib again": FORCE,
    }  # fmt: skip


async def test_modes_and_binary_files(book: Book) -> None:
    (book.world.repo / "app.py").chmod(0o755)
    book.world.git("commit", "-qam", "executable")
    book.here("executable")
    blob = book.world.repo / "logo.png"
    for name, data in (("logo", b"\0one"), ("logo 2", b"\0two")):
        blob.write_bytes(data)
        book.world.git("add", "logo.png")
        book.world.git("commit", "-qm", name)
        book.here(name)
    assert await book.states() == {"executable": FORCE, "logo": PARTLY, "logo 2": FORCE}
    ledger = await book.read()
    assert [(f.path, f.added, f.mode) for f in ledger.files] == [
        ("app.py", 0, "mode 100644 → 100755"), ("logo.png", None, "new"),
    ]  # fmt: skip
    book.revert("mode back", "executable")
    book.revert("logo back", "logo 2")
    states = await book.states()
    assert (states["executable"], states["logo"], states["logo 2"]) == (BACK, FORCE, BACK)


async def test_a_file_that_became_a_link_and_a_line_without_an_end(book: Book) -> None:
    (book.world.repo / "docs.md").unlink()
    (book.world.repo / "docs.md").symlink_to("app.py")
    book.world.git("commit", "-qam", "link")
    book.here("link")
    book.commit("no end", {"lib.py": _text("lib").rstrip("\n")})
    assert await book.states() == {"link": FORCE, "no end": FORCE}
    book.revert("link back", "link")
    assert await book.states() == {"link": BACK, "no end": FORCE, "link back": BACK}


async def test_a_merge_and_what_came_with_it(book: Book) -> None:
    book.world.git("switch", "-q", "-c", "side")
    book.edit("side bug", "app.py", "app line 3 ", "bug line 3 ")
    book.edit("side oops", "lib.py", "lib line 3 ", "oops line 3 ")
    book.revert("side sorry", "side oops")
    book.world.git("switch", "-q", "main")
    book.edit("main", "app.py", "app line 25 ", "main line 25 ")
    book.world.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    book.here("merge")
    assert await book.states() == {
        "side bug": FORCE, "side oops": BACK, "side sorry": BACK, "main": FORCE, "merge": FORCE,
    }  # fmt: skip
    book.revert("unmerge", "merge", "-m", "1")
    assert await book.states() == {
        "side bug": BACK, "side oops": BACK, "side sorry": BACK, "main": FORCE, "merge": BACK, "unmerge": BACK,
    }  # fmt: skip


async def test_known_good_beside_the_branch_and_on_a_side_of_it(book: Book) -> None:
    good = book.edit("left behind", "app.py", "app line 3 ", "left line 3 ")
    book.world.git("reset", "-q", "--hard", book.good)
    other = book.edit("other way", "lib.py", "lib line 3 ", "other line 3 ")
    ledger = await book.read(good=good)
    assert [(c.sha, c.state) for c in ledger.commits] == [(other, FORCE)]
    assert [(f.path, f.by) for f in ledger.files] == [("app.py", ()), ("lib.py", (other,))]
    book.world.git("merge", "-q", "--no-ff", "-m", "merge", good)
    ledger = await book.read(good=good)
    assert {c.sha: c.state for c in ledger.commits}[other] == FORCE
    assert [f.path for f in ledger.files] == ["lib.py"]


async def test_odd_names_a_shallow_clone_and_an_unrelated_history(book: Book) -> None:
    odd = 'we\tird\n"q" \\ ünd.txt'
    book.commit("odd", {odd: "x\n", "b/ b/c.txt": "y\n", "*.py": "glob\n"})
    ledger = await book.read()
    assert [c.state for c in ledger.commits] == [FORCE]
    assert len(ledger.files) == 3
    book.world.push()
    clone = book.world.root / "shallow"
    plain(book.world.root, "clone", "-q", "--depth", "1", f"file://{book.world.remote}", str(clone))
    plain(clone, "fetch", "-q", "--depth", "1", f"file://{book.world.remote}", book.good, ok=False)
    if plain(clone, "cat-file", "-t", book.good, ok=False):
        shallow = await read(await layout(clone), book.good, book.names["odd"])
        assert [(c.sha, c.state) for c in shallow.commits] == [(book.names["odd"], FORCE)]
    book.world.git("switch", "-q", "--orphan", "alone")
    alone = book.world.commit("alone", {"app.py": _text("app") + "more\n"})
    ledger = await book.read()
    assert [(c.sha, c.state) for c in ledger.commits] == [(alone, FORCE)]
    assert {f.path for f in ledger.files} >= {"app.py", "lib.py", "docs.md"}


async def test_a_long_window_is_cut_and_says_so(book: Book) -> None:
    for n in range(6):
        book.commit(f"c{n}", {f"f{n}.txt": f"{n}\n"})
    ledger = await read(await layout(book.world.repo), book.good, book.here("tip"), limit=4)
    assert ([c.subject for c in ledger.commits], ledger.beyond) == (["c5", "c4", "c3", "c2"], 2)
    assert {c.state for c in ledger.commits} == {FORCE}
    assert len(ledger.files) == 6


async def test_an_empty_commit_and_a_file_that_only_others_changed(book: Book) -> None:
    book.world.git("commit", "-q", "--allow-empty", "-m", "nothing")
    book.here("nothing")
    book.edit("bug", "app.py", "app line 3 ", "bug line 3 ")
    assert await book.states() == {"nothing": BACK, "bug": FORCE}
