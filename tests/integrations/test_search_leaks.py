"""The search for leaks finds a planted secret in every spelling and container, and nothing else."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from urllib.parse import quote

import pytest

from integrations.feed import tokens
from integrations.signatures import secrets
from tests.integrations.leaks import Search


@pytest.fixture(params=["secret", "token"])
def planted(request: pytest.FixtureRequest) -> tuple[Search, str]:
    search = Search()
    return search, search.plant("it", secrets.generate() if request.param == "secret" else tokens.generate())


def zipped(text: str) -> bytes:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.jsonl", text)
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    return outer.getvalue()


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        lambda text: text[20:],
        lambda text: text[:-8],
        lambda text: quote(text, safe=""),
        lambda text: json.dumps(text).replace("/", "\\/"),
        lambda text: "\\\\x" + text.encode().hex(),
        lambda text: base64.b64encode(b"{" + text.encode() + b"}").decode(),
        lambda text: base64.b64encode(b"[{" + text.encode() + b"}").decode(),
        lambda text: gzip.compress(text.encode()),
        zipped,
    ],
)
def test_finds_every_spelling(planted, spelled):
    search, text = planted
    search.look("page /", b"nothing")
    assert search.found == []
    search.look("page /", spelled(text))
    assert search.found[0].startswith("it in page /")


def test_finds_the_bytes_of_a_secret_in_a_dump():
    search = Search()
    text = search.plant("it", secrets.generate())
    search.look("table", "1\t\\\\x" + secrets.decoded(text).hex())
    assert search.found == ["it in table"]


def test_what_tells_tokens_apart_is_no_leak():
    search = Search()
    text = search.plant("it", tokens.generate())
    search.look("page /", f"{tokens.prefix(text)}… {tokens.digest(text)}")
    search.look("page /", tokens.generate())
    assert search.found == []


def test_where_it_may_be_it_is_no_leak():
    search = Search()
    text = search.plant("it", tokens.generate())
    search.look("page /", text, besides={"it"})
    assert search.found == []
