"""Markdown of the desk: what it shows, and what it never lets through."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from support.markdown import message_html, references, to_html, to_text


class Found(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_document_has_headings_below_those_of_its_page():
    html = to_html("# One\n\n## Two\n\ntext\nof one paragraph\n\n- a\n- b", top=3)
    assert "<h3>One</h3>" in html
    assert "<h4>Two</h4>" in html
    assert "<p>text\nof one paragraph</p>" in html
    assert html.count("<li>") == 2


def test_a_message_keeps_its_lines():
    assert "one<br>\ntwo" in message_html("one\ntwo")


def test_a_table_is_a_table():
    assert "<td>3</td>" in to_html("| Bin | Counted |\n|---|---|\n| A-1 | 3 |")


def test_a_reference_leads_to_its_footnote_and_any_other_remains_text():
    html = message_html("Refused [^1], later allowed [^7].", notes={1: "#note-1"})
    assert 'href="#note-1"' in html
    assert "[1]</a></sup>" in html
    assert "[^7]" in html
    assert references("b [^2] a [^1] b [^2]") == [2, 1]
    assert to_text("Refused [^1].") == "Refused [1]."


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](vbscript:x)",
        "[a](JaVaScRiPt:alert(1))",
        "![a](https://example.com/pixel.gif)",
        '[a](https://example.com "x\\" onclick=\\"alert(1)")',
        "<a href='x' onclick='y'>a</a>",
        "<iframe src=//example.com></iframe>",
        '<https://example.com/" onmouseover=alert(1)>',
    ],
)
@pytest.mark.parametrize("render", [to_html, message_html])
def test_nothing_that_acts_gets_through(render, text):
    found = Found()
    found.feed(render(text))
    assert {tag for tag, _ in found.tags} <= {"p", "a"}
    for _, attributes in found.tags:
        assert set(attributes) <= {"href", "title", "rel"}
        assert (attributes.get("href") or "https:").startswith(("https:", "/"))


def test_a_link_tells_its_target_nothing():
    assert 'rel="noopener noreferrer nofollow"' in to_html("[a](https://example.com)")


def test_an_address_of_asora_itself_is_a_link():
    assert 'href="/audit/requests/acacia-1/"' in to_html("[a](/audit/requests/acacia-1/)")
