"""Texts are plain English: the worst phrases of the past stay away, and a number never stands beside a fixed plural.

Names of functions and variables are not read: only phrases with spaces can match.
"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THIS = "tests/architecture/test_plain_english.py"
KINDS = {".py", ".html", ".txt", ".js", ".css", ".md", ".toml", ".yml"}

#: The phrase, why a reader stumbles over it, and what to write instead.
PHRASES: list[tuple[str, str, str]] = [
    (r"\bwhoever\b", "the subject is a riddle", "name the person: “the person who …”, “the sender”"),
    (r"\bany ?more\b(?! (?:than|of|lines|rows|detail))", "an inverted negation", "“no longer …”, or “is invalid”"),
    (r"\b(?:lea(?:ves?|ving)|left) the house\b", "a metaphor", "“is sent”, “was accepted by the mail server”"),
    (r"\bstands? (?:here|there|at the top|twice|beside|beneath|below|above|before|in front)\b", "things do not stand",
     "“is”, “appears”, “comes first”"),
    (r"\blets? nobody in\b", "a metaphor", "“is invalid or has expired”"),
    (r"\bcounts? for nothing\b", "a metaphor", "“has no effect”, “has been reset”"),
    (r"(?:^|[#.:] |\"\"\")Of (?:an?|the|what|all|some) [^.,:]{2,60}, (?:the|only|none|no|each)\b",
     "an inverted sentence", "begin with the subject: “The first 50 lines are shown”"),
    (r"\bsa(?:y|ys|id|ying) no\b(?! (?:more|word|thing))", "rules do not speak", "“refuses”, “was refused”"),
    (r"\bwhat (?:has )?(?:came|comes|becomes|became|become|will become) of\b", "a noun is hidden",
     "“the result of …”"),
    (r"\bbeside the door\b", "the preposition misleads", "“without the door”, “bypassing the door”"),
    (r"\bas (?:it|they) (?:stands?|stood)\b", "things do not stand", "“unchanged”, “as in the file”"),
    (r"\b(?:lies|lie|lay|lying) (?:in|at|below|before|behind|with|there|here)\b", "things do not lie",
     "“is in …”, “is before …”"),
    (r"\bis for the \w+ to (?:say|find out|judge|decide)\b", "an inverted sentence", "“the action decides …”"),
    (r"\b(?:is|are|be) nobody's\b", "a riddle", "“belongs to no person”"),
]  # fmt: skip
#: Between two words: spaces, or the end of a line and the sign of a comment.
GAP = r"(?:[ ]+|\s*\n[ \t]*(?:#|//|\*)?[ \t]*)"
COMPILED = [
    (re.compile(phrase.replace(" ", GAP), re.IGNORECASE | re.MULTILINE), why, better)
    for phrase, why, better in PHRASES
]

#: Nouns that are counted on pages, in commands and in messages.
NOUNS = (
    "hubs|bins|items|lines|rows|events|records|vendors|categories|documents|postings|tenants|jobs|people|files|places|"
    "counts|codes|barcodes|exports|days|minutes|hours|entries|labels|errors|checks|requests|receipts|batches|columns|"
    "attempts|sessions|movements|units|reasons|adjustments|migrations|schemas"
)
AFTER_NUMBER = re.compile(rf"^ (?:[a-z]+ )?(?:{NOUNS})\b")
IN_MESSAGE = re.compile(rf"(?<!of )%\(\w*\)[sd] (?:{NOUNS})\b")
#: A limit is more than one, so its noun is always plural.
LIMIT = re.compile(r"(?:at most|up to|first|latest|last|than|of) $", re.IGNORECASE)
BLOCK = re.compile(
    r"{% blocktranslate(?! count)(?![^%]* count )[^%]*%}(?P<text>.*?){% endblocktranslate %}", re.DOTALL
)
IN_TEMPLATE = re.compile(rf"(?P<before>.{{0,12}}){{{{ ?[\w.]+ ?}}}} (?:{NOUNS})\b", re.DOTALL)


def tracked() -> list[str]:
    """The texts of the repository, as git knows them."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(
        name for name in listed.stdout.splitlines() if Path(name).suffix in KINDS and (ROOT / name).is_file()
    )


def text_of(name: str) -> str:
    """A file as it is judged: of the changelog only the newest heading, since what was written then stays."""
    text = (ROOT / name).read_text()
    return "\n## ".join(text.split("\n## ")[:2]) if name == "CHANGELOG.md" else text


def phrases_in(text: str) -> list[tuple[int, str]]:
    """Line and what is wrong there. A phrase may be broken over two lines of a paragraph."""
    found = set()
    for pattern, why, better in COMPILED:
        for match in pattern.finditer(text):
            words = " ".join(match.group().split())
            found.add((text.count("\n", 0, match.start()) + 1, f"“{words}”: {why}. Write {better}."))
    return sorted(found)


@pytest.mark.parametrize("name", [name for name in tracked() if name != THIS])
def test_none_of_the_worst_phrases(name):
    found = [f"{name}:{line}: {fault}" for line, fault in dict.fromkeys(phrases_in(text_of(name)))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "name", [name for name in tracked() if name.endswith(".py") and not name.startswith("tests/")]
)
def test_a_count_in_python_has_its_singular(name):
    found = [
        f"{name}:{line}: {words!r}: 1 would be wrong. Use ngettext, or write “Records: 1”."
        for line, words in plurals_in(ast.parse((ROOT / name).read_text()))
    ]
    assert not found, "\n".join(found)


def plurals_in(tree: ast.AST) -> list[tuple[int, str]]:
    """Formatted numbers before a fixed plural: `f"{n} hubs"`, and `%(n)s hubs` outside ngettext."""
    found: list[tuple[int, str]] = []
    in_ngettext = {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and "ngettext" in ast.unparse(call.func)
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            before = ""
            for part, following in zip(node.values, node.values[1:], strict=False):
                if isinstance(part, ast.Constant):
                    before = str(part.value)
                elif _is_plural(following) and not LIMIT.search(before):
                    found.append((node.lineno, ast.unparse(node)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in in_ngettext:
            found += [
                (node.lineno, match.group())
                for match in IN_MESSAGE.finditer(node.value)
                if not LIMIT.search(node.value[: match.start()])
            ]
    return found


def _is_plural(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and bool(AFTER_NUMBER.match(str(part.value)))


@pytest.mark.parametrize("name", [name for name in tracked() if name.startswith("templates/")])
def test_a_count_in_a_template_has_its_singular(name):
    found = [
        f"{name}: {match.group()!r}: 1 would be wrong. Use {{% blocktranslate count … %}}."
        for block in BLOCK.finditer((ROOT / name).read_text())
        for match in IN_TEMPLATE.finditer(block.group("text"))
        if not LIMIT.search(match.group("before"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# Whoever holds it may go.\n", 1),
        ("One.\nIt does not count any\nmore.", 2),
        ('"""Of a very long one, the beginning."""', 1),
    ],
)
def test_it_finds_them(text, line):
    assert [number for number, _fault in phrases_in(text)][:1] == [line]


@pytest.mark.parametrize("code", ['f"{n} hubs"', 'f"{n} live bins"', '_("%(n)s lines")'])
def test_it_finds_a_fixed_plural(code):
    assert plurals_in(ast.parse(code))


@pytest.mark.parametrize(
    "code", ['f"{hub} is"', 'ngettext("%(n)s line", "%(n)s lines", n)', '_("At most %(n)s lines.")']
)
def test_and_nothing_else(code):
    assert not plurals_in(ast.parse(code))
