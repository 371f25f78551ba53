"""One style sheet and one script: what they consist of, in which order, and that a changed file shows at once."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from asora.web.bundles import Bundle
from asora.web.static_files import Finder

ROOT = Path(__file__).resolve().parents[2]
STATIC, TEMPLATES = ROOT / "static", ROOT / "templates"
FOLDERS = {"foundation", "components", "pages"}
OWN_SHEETS = {"app.css", "operations.css"}  # the entry, and the sheet of Django admin
NAMED = re.compile(r"""{% static ['"]([^'"]+)['"] %}""")
LINKED = re.compile(r"""(?:href|src)="(/static/[^"]+)\"""")


class TestStyleSheet:
    """css/app.css."""

    def test_it_is_every_file_in_the_order_of_its_imports(self) -> None:
        entry = STATIC / "css" / "app.css"
        names = re.findall(r'@import "(.+)";', entry.read_text())
        text = served("css/app.css")
        places = [text.index((STATIC / "css" / name).read_text()) for name in names]
        assert places == sorted(places)
        assert "@import" not in text

    def test_every_file_is_in_one_folder_and_imported_once(self) -> None:
        css = STATIC / "css"
        assert {path.name for path in css.iterdir()} == FOLDERS | OWN_SHEETS
        files = [path.relative_to(css).as_posix() for folder in FOLDERS for path in (css / folder).iterdir()]
        imported = re.findall(r'@import "(.+)";', (css / "app.css").read_text())
        assert sorted(imported) == sorted(files)
        assert len({Path(name).name for name in files}) == len(files)

    def test_the_layers_come_first(self) -> None:
        text = re.sub(r"/\*.*?\*/\s*", "", served("css/app.css"), flags=re.DOTALL)
        assert text.startswith("@layer reset, tokens, base, layout, components, utilities;")

    def test_no_file_is_outside_of_the_layers(self) -> None:
        for folder in FOLDERS:
            for path in (STATIC / "css" / folder).iterdir():
                text = re.sub(r"/\*.*?\*/\s*", "", path.read_text(), flags=re.DOTALL)
                assert text.startswith(("@layer ", "@media print {\n  @layer ")), path.name


class TestScript:
    """js/app.js."""

    def test_it_is_every_file_once(self) -> None:
        names = sorted(path.name for path in (STATIC / "js").glob("*.js") if path.name != "app.js")
        started = re.findall(r'^start\("(\w+\.js)"', served("js/app.js"), re.MULTILINE)
        assert sorted(started) == names

    def test_what_a_file_imports_is_started_before_it(self) -> None:
        started = re.findall(r'^start\("(\w+\.js)"', served("js/app.js"), re.MULTILINE)
        for name in started:
            for imported in re.findall(r'from "\./(.+)"', (STATIC / "js" / name).read_text()):
                assert started.index(imported) < started.index(name)


@pytest.fixture
def finder(tmp_path: Path, settings: Any) -> Finder:
    """A finder of a small folder."""
    write(tmp_path, "css/app.css", '@layer a, b;\n@import "parts/one.css";\n@import "parts/two.css";\n')
    write(tmp_path, "css/parts/one.css", "@layer a { b { color: red } }\n")
    write(tmp_path, "css/parts/two.css", "@layer b { b { color: blue } }\n")
    write(tmp_path, "css/other.css", "i { color: red }\n")
    write(tmp_path, "js/app.js", 'import "./first.js";\n')
    write(tmp_path, "js/first.js", 'import { twice } from "./numbers.js";\ntwice(1);\n')
    write(tmp_path, "js/numbers.js", "export function twice(number) { return 2 * number; }\n")
    write(tmp_path, "README.md", "# For people\n")
    settings.STATICFILES_DIRS = [tmp_path]
    return Finder()


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def served(name: str, finder: Any = finders) -> str:
    found = finder.find(name)
    assert found, name
    return Path(found).read_text()


class TestFinder:
    """What it finds, and what not."""

    def test_imports_are_replaced_by_their_files(self, finder: Finder) -> None:
        assert served("css/app.css", finder) == (
            "@layer a, b;\n/* parts/one.css */\n@layer a { b { color: red } }\n\n"
            "/* parts/two.css */\n@layer b { b { color: blue } }\n\n"
        )
        script = served("js/app.js", finder)
        assert script.index('start("numbers.js"') < script.index('start("first.js"')
        assert 'const { twice } = modules["numbers.js"];\ntwice(1);\n' in script
        assert "function twice(number) { return 2 * number; }\nreturn { twice };\n" in script

    def test_only_what_a_page_asks_for_is_found_and_collected(self, finder: Finder) -> None:
        wanted = {"css/app.css", "css/other.css", "js/app.js"}
        assert {name for name, _storage in finder.list([])} == wanted
        assert all(finder.find(name) for name in wanted)
        for name in ("css/parts/one.css", "js/first.js", "js/numbers.js", "README.md", "css/none.css"):
            assert not finder.find(name), name

    def test_what_is_collected_is_what_is_found(self, finder: Finder) -> None:
        for name, storage in finder.list([]):
            with storage.open(name) as file:
                assert file.read().decode() == served(name, finder)
            assert storage.get_modified_time(name)

    @pytest.mark.parametrize("name", ["css/parts/two.css", "css/app.css"])
    def test_a_file_that_changes_is_in_the_next_answer(
        self, finder: Finder, tmp_path: Path, name: str
    ) -> None:
        served("css/app.css", finder)
        path = tmp_path / name
        path.write_text("@layer b { u { color: green } }\n")
        os.utime(path, ns=(2**62, 2**62))
        assert "green" in served("css/app.css", finder)
        [storage] = finder.storages.values()
        assert Path(storage.path("css/app.css")).stat().st_mtime_ns == 2**62

    def test_a_file_that_was_found_stays_when_the_finder_goes(self) -> None:
        """Two requests at once make two finders, and one of them is dropped before its file is sent."""
        assert Path(str(Finder().find("css/app.css"))).is_file()

    def test_a_file_that_is_not_there_is_named(self, finder: Finder, tmp_path: Path) -> None:
        served("css/app.css", finder)
        (tmp_path / "css/parts/one.css").unlink()
        with pytest.raises(ImproperlyConfigured, match=r"css/parts/one\.css is imported and not there"):
            finder.find("css/app.css")

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            ("css/parts/one.css", '@import "two.css";'),
            ("css/app.css", '@import url("parts/three.css");'),
            ("js/first.js", 'import numbers from "./numbers.js";'),
            ("js/numbers.js", "export default 1;"),
            ("js/app.js", 'import "../first.js";'),
        ],
    )
    def test_an_import_that_cannot_be_replaced_is_named(
        self, finder: Finder, tmp_path: Path, name: str, line: str
    ) -> None:
        path = tmp_path / name
        path.write_text(f"{line}\n{path.read_text()}")
        with pytest.raises(ImproperlyConfigured) as raised:
            Bundle(tmp_path / ("css/app.css" if name.startswith("css") else "js/app.js"))
        assert Path(name).name in str(raised.value)
        assert line in str(raised.value)


class TestPages:
    """No page asks for a file that is not there."""

    @pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
    def test_what_a_template_names(self, path: Path) -> None:
        for name in NAMED.findall(path.read_text()):
            assert finders.find(name), name

    @pytest.mark.parametrize("role", ["", "owner"])
    @pytest.mark.parametrize("path", ["/", "/receive/", "/nowhere/"])
    def test_what_a_page_links(self, acacia: Any, client_as: Any, role: str, path: str) -> None:
        self.check(client_as(role).get(path).content.decode(), most=5)

    def test_what_the_operators_pages_link(self, public: Any, client_as: Any) -> None:
        self.check(client_as("operator").get("/admin/").content.decode(), most=20)

    def check(self, page: str, *, most: int) -> None:
        """Each link answers; there are few."""
        links = LINKED.findall(page)
        assert 0 < len(links) <= most
        for link in links:
            assert Client(HTTP_HOST="localhost").get(link).status_code == 200, link
