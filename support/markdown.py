"""Markdown of the desk's texts as HTML that is safe to show, and as plain text for mail.

Raw HTML, images and all links but http, https, mailto and addresses of Asora itself are shown as text or dropped. What
the parser makes is cleaned once more, by an independent library with its own list of allowed elements.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

#: A reference to a footnote in a text: `[^1]`.
REFERENCE = re.compile(r"\[\^(\d{1,3})\]")
ELEMENTS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SCHEMES = {"http", "https", "mailto"}
LOWEST_HEADING = 6


def to_html(text: str, *, top: int = 2) -> SafeString:
    """A document as HTML. `top`: the level of its highest headings on the page, 2 to 6."""
    return _rendered(_parser(), text, top=top, notes={})


def message_html(text: str, *, notes: Mapping[int, str] | None = None) -> SafeString:
    """A message as HTML: line breaks are kept, and headings are small.

    `notes`: number of a footnote to the address of its place on the page. A reference to any other number remains text.
    """
    return _rendered(_message_parser(), text, top=4, notes=notes or {})


def to_text(text: str) -> str:
    """A message as plain text for mail. Markdown reads well as it is; only references to footnotes are shortened."""
    return REFERENCE.sub(r"[\1]", text)


def references(text: str) -> list[int]:
    """The numbers of the footnotes that a text refers to, in their order, each once."""
    return list(dict.fromkeys(int(number) for number in REFERENCE.findall(text)))


def _rendered(parser: MarkdownIt, text: str, *, top: int, notes: Mapping[int, str]) -> SafeString:
    tokens = parser.parse(text, {"notes": dict(notes)})
    _lower_headings(tokens, top)
    html = parser.renderer.render(tokens, parser.options, {})
    cleaned = nh3.clean(
        html,
        tags=ELEMENTS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # noqa: S308 (cleaned by nh3 in the line above)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


@cache
def _message_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("image")
    parser.inline.ruler.before("link", "footnote", _footnote)
    parser.add_render_rule("footnote", _footnote_html)
    return parser


def _footnote(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 (the signature that the parser calls)
    """Read a reference to a footnote that exists."""
    found = REFERENCE.match(state.src, state.pos)
    if found is None or int(found[1]) not in state.env.get("notes", {}):
        return False
    if not silent:
        token = state.push("footnote", "", 0)
        token.content, token.meta = found[1], {"href": state.env["notes"][int(found[1])]}
    state.pos = found.end()
    return True


def _footnote_html(
    _renderer: RendererHTML, tokens: list[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    token = tokens[index]
    return format_html('<sup><a href="{}">[{}]</a></sup>', token.meta["href"], token.content)


def _lower_headings(tokens: list[Token], top: int) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + top - 1, LOWEST_HEADING)}"
