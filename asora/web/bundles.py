"""One style sheet and one script out of many files.

`static/css/app.css` and `static/js/app.js` name the other files by `@import` and `import`, in the order that counts. A
browser could load them as they are. A bundle is the text of such an entry with every import replaced by its file.
"""

from __future__ import annotations

import re
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

STYLE_IMPORT = re.compile(r'^@import "([\w/]+\.css)";$', re.MULTILINE)
SCRIPT_IMPORT = re.compile(r'^import (?:(\{[\w, ]+\}) from )?"\./(\w+\.js)";$', re.MULTILINE)
SCRIPT_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
LEFT_OVER = re.compile(r"^\s*(?:@import|@charset|import|export)\b.*", re.MULTILINE)
# An error in one file does not stop the others, as if each were a script of its own.
START = """const modules = {};
function start(name, module) {
  try {
    modules[name] = module();
  } catch (error) {
    reportError(error);
  }
}
"""


class Bundle:
    """An entry and all that it imports. `files`: each file's time of change in nanoseconds, the entry's first."""

    def __init__(self, entry: Path) -> None:
        """Read the files. Raises ImproperlyConfigured for one that is missing or cannot be put together."""
        self.files: dict[Path, int] = {}
        self._folder = entry.parent
        text = self._read(entry.name)
        is_style = entry.suffix == ".css"
        _complete((STYLE_IMPORT if is_style else SCRIPT_IMPORT).sub("", text), entry.name)
        self.text = self._style_sheet(text) if is_style else START + self._modules(text)

    @property
    def is_current(self) -> bool:
        """Whether every file is as it was read."""
        return all(path.exists() and path.stat().st_mtime_ns == at for path, at in self.files.items())

    def _style_sheet(self, text: str) -> str:
        return STYLE_IMPORT.sub(lambda found: f"/* {found[1]} */\n{self._checked(found[1])}", text)

    def _checked(self, name: str) -> str:
        return _complete(self._read(name), name)

    def _modules(self, text: str) -> str:
        return "".join(self._module(found[2]) for found in SCRIPT_IMPORT.finditer(text))

    def _module(self, name: str) -> str:
        """The module as a function, after the modules that it imports; each once, as browsers do it."""
        if self._folder / name in self.files:
            return ""
        text = self._read(name)
        imported = self._modules(text)
        exported = ", ".join(SCRIPT_EXPORT.findall(text))
        body = SCRIPT_EXPORT.sub("", SCRIPT_IMPORT.sub(r'const \1 = modules["\2"];', text))
        return (
            f'{imported}\nstart("{name}", () => {{\n{_complete(body, name)}return {{ {exported} }};\n}});\n'
        )

    def _read(self, name: str) -> str:
        path = self._folder / name
        try:
            self.files[path] = path.stat().st_mtime_ns
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ImproperlyConfigured(
                f"static/{self._folder.name}/{name} is imported and not there."
            ) from error


def _complete(text: str, name: str) -> str:
    """The text, when no import or export is left in it."""
    if found := LEFT_OVER.search(text):
        raise ImproperlyConfigured(
            f"{name}: asora/web/bundles.py cannot put this line in place: {found[0].strip()}"
        )
    return text
