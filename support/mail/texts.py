"""Texts of mails: decoded, tidied, without mark-up, and without what an answer quotes. Pure functions."""

from __future__ import annotations

import html
import re
import unicodedata

import nh3
from mailparser_reply import EmailReplyParser

from support.mail import rules

#: Below this line of our own mails is what was written before; programs that answer quote it.
MARKER = "----- Asora support: write your answer above this line -----"
#: The names of character sets that are decoded. Python's own codecs for other purposes can be slow or no text at all.
_CHARSETS = re.compile(
    r"(?:utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?\d|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|shift[_-]?jis|euc-(?:jp|kr)|iso-2022-(?:jp|kr)|utf-?16(?:le|be)?)\Z"
)
#: How many bytes of one text are decoded.
MAX_BYTES = 400_000
#: How many lines, and how much of each, are searched for quotations: the patterns are slow on long texts.
MAX_LINES, MAX_LINE = 150, 160
_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt"]
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLOCKS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "pre"}
_BREAK = re.compile(r"</?(?:p|br|div|li|tr|h[1-4]|blockquote|pre)\b[^>]*>", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\u00a0]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_QUOTED = re.compile(r"\s*>")


def decoded(content: bytes, charset: str | None) -> str:
    """Bytes as text, in the character set that a mail names, if it is one of the usual ones; otherwise as Latin-1."""
    name = (charset or "utf-8").strip().lower()
    chosen = name if _CHARSETS.match(name) else "latin-1"
    try:
        return content[:MAX_BYTES].decode(chosen, errors="replace")
    except LookupError:
        return content[:MAX_BYTES].decode("latin-1")


def visible(text: str) -> str:
    """A text without control characters, except line ends and tabs, and without characters that turn its direction."""
    return "".join(
        letter
        for letter in text
        if letter in "\n\t"
        or (unicodedata.category(letter) not in {"Cc", "Cs", "Cn"} and letter not in _OVERRIDES)
    )


def line(text: str) -> str:
    """A text as one line."""
    return " ".join(visible(text.replace("\r", " ").replace("\n", " ")).split())


def tidy(text: str) -> str:
    """A text of a mail with ordinary line ends, without what cannot be seen, cut to what a message has at most."""
    plain = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (one.rstrip() for one in plain.split("\n"))
    cut = _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
    return cut if len(cut) <= rules.MAX_TEXT else f"{cut[: rules.MAX_TEXT - 1].rstrip()}…"


def of_html(source: str, *, quotes: bool = True) -> str:
    """The text of an HTML mail. `quotes`: whether quoted blocks are part of it."""
    hidden = {"script", "style", "title"} | (set() if quotes else {"blockquote"})
    cleaned = nh3.clean(
        source[:MAX_BYTES], tags=_BLOCKS - hidden, clean_content_tags=hidden, attributes={}, link_rel=None
    )
    return _BLANKS.sub(" ", html.unescape(_BREAK.sub("\n", cleaned)))


def answer_of(text: str) -> str:
    """What somebody wrote above the mail that they quote; the whole text if that would be nothing. `text`: tidied."""
    above = text.partition(MARKER)[0].strip()
    lines = above.split("\n")
    searched = "\n".join(one[:MAX_LINE] for one in lines[:MAX_LINES])
    found = (EmailReplyParser(languages=_LANGUAGES).read(searched).latest_reply or "").count("\n") + 1
    answer = lines[:found] if found < len(lines[:MAX_LINES]) else lines
    kept = [one for one in answer if not _QUOTED.match(one)]
    while kept and not kept[-1].strip("_- "):
        kept.pop()
    return "\n".join(kept).strip() or above or text
