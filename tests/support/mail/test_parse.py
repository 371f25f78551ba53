"""A mail is read within limits: what is refused, what is automatic, and which text is the answer."""

from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest

from support.mail import rules, texts
from support.mail.parsing import Unreadable, digest_of_id, read
from tests.support.mail.mails import mail

HEAD = b"From: kim@customer.test\r\nTo: support@asora.test\r\nMessage-ID: <a@b.test>\r\n"


def test_a_usual_mail_is_read() -> None:
    found = read(
        mail(
            subject="Größe von A-1",
            text="Größe stimmt nicht.\r\n\r\n\r\n\r\nKim",
            files=(("a/b.pdf", b"%PDF"),),
        )
    )
    assert (found.sender, found.sender_name) == ("kim@customer.test", "Kim Olsen")
    assert (found.subject, found.text) == ("Größe von A-1", "Größe stimmt nicht.\n\nKim")
    assert found.recipients == ("support@asora.test",)
    assert [(file.name, file.content) for file in found.files] == [("b.pdf", b"%PDF")]
    assert found.automatic == ""


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"x" * (rules.MAX_SIZE + 1), "too_large"),
        (HEAD + b"\r\n" + b"\n" * (2 * rules.MAX_LINES + 1), "too_large"),
        (HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nhi", "too_many_headers"),
        (HEAD + b"Subject: " + b"x" * 70_000 + b"\r\n\r\nhi", "too_many_headers"),
        (HEAD + b"Subject: a\r\n" + b" folded\r\n" * 10_000 + b"\r\nhi", "too_many_headers"),
        (HEAD + b"\r\n" + b'Content-Type: multipart/mixed; boundary="x"\r\n' * 51, "too_many_parts"),
        (HEAD + b"\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 11, "too_many_parts"),
        (b"To: support@asora.test\r\n\r\nhi", "sender"),
        (b"From: a@b.test, c@d.test\r\n\r\nhi", "sender"),
        (b"From: nonsense\r\n\r\nhi", "sender"),
        (HEAD + b"From: other@b.test\r\n\r\nhi", "sender"),
        (b"From: " + b"a" * 300 + b"@b.test\r\n\r\nhi", "sender"),
        (b"", "sender"),
        (b"\x00\xff" * 50, "sender"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(raw)
    assert caught.value.why == why


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("=?utf-8?q?jane=40acacia=2Ecom_=28?= <evil@evil.test>", "jane@acacia.com ("),
        ("=?utf-8?q?Jane_=3Cjane=40acacia=2Ecom=3E_=28?= <evil@evil.test>", "Jane <jane@acacia.com> ("),
        ("=?utf-8?b?amFuZUBhY2FjaWEuY29tLA==?= <evil@evil.test>", "jane@acacia.com,"),
        ("=?utf-8?q?Evil=2C_Eve?= <evil@evil.test>", "Evil, Eve"),
        ("(jane@acacia.com) evil@evil.test", "jane@acacia.com"),
    ],
)
def test_a_name_never_becomes_the_address_of_a_sender(written: str, name: str) -> None:
    found = read(b"From: %s\r\n\r\nhi" % written.encode())
    assert (found.sender, found.sender_name) == ("evil@evil.test", name)


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("kim@m\u00fcnchen.test", "kim@xn--mnchen-3ya.test"),
        ("kim@M\u00dcNCHEN.test", "kim@xn--mnchen-3ya.test"),
        ("kim@xn--mnchen-3ya.test", "kim@xn--mnchen-3ya.test"),
        ("kim@fa\u00df.test", ""),
        ("kim@\uff41cacia.com", ""),
        ("j\u00f6rg@customer.test", ""),
    ],
)
def test_an_international_address_has_one_form(written: str, sender: str) -> None:
    raw = f"From: {written}\r\n\r\nhi".encode()
    if sender:
        assert read(raw).sender == sender
    else:
        with pytest.raises(Unreadable):
            read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: jane@acacia.com" + b" " * 4_000 + b"<evil@evil.test>\r\n\r\nhi",
        b"From: jane@acacia.com <evil@evil.test>\r\n\r\nhi",
        b"From: =?utf-8?q?jane=40acacia=2Ecom?=\r\n\r\nhi",
        b"From: =?utf-8?q?jane?=@acacia.com\r\n\r\nhi",
        b"X: a\rFrom: jane@acacia.com\r\r\nFrom: evil@evil.test\r\n\r\nhi",
    ],
    ids=["cut off", "two", "encoded", "half encoded", "lone carriage return"],
)
def test_a_sender_whom_mail_servers_read_otherwise_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read(raw)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_submitted"),
        ({"Auto_Submitted": "auto-generated; owner-email=x"}, "auto_submitted"),
        ({"Return_Path": "<>"}, "null_sender"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Precedence": "Auto_Reply"}, "bulk"),
        ({"X_Autoreply": "yes"}, "answering_machine"),
        ({"List_Id": "<all.customer.test>"}, "mailing_list"),
        ({"sender": "MAILER-DAEMON@customer.test"}, "sent_by_program"),
        ({"sender": "Shop <no-reply@customer.test>"}, "sent_by_program"),
        ({"Auto_Submitted": "no"}, ""),
        ({"Precedence": "normal"}, ""),
    ],
)
def test_automatic_mail_is_recognised(headers: dict[str, str], why: str) -> None:
    assert read(mail(**headers)).automatic == why


def test_a_bounce_is_automatic() -> None:
    raw = (
        HEAD
        + b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n--x\r\n\r\nhi\r\n--x--\r\n'
    )
    assert read(raw).automatic == "report"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "Bin A-1.\n\nOn Mon, Nov 2, 2026 at 10:00 AM Asora support <support@asora.test> wrote:\n> hello",
            "Bin A-1.",
        ),
        ("Fach A-1.\n\nAm 2. Nov. 2026 um 10:00 schrieb Asora <s@a.test>:\n\n> hallo", "Fach A-1."),
        (f"Bin A-1.\n\n{texts.MARKER}\nhello", "Bin A-1."),
        (
            "Bin A-1.\n______________________\nFrom: Asora <s@a.test>\nSent: Monday\nTo: me\nSubject: x\n\nold",
            "Bin A-1.",
        ),
        ("> only what was quoted", "> only what was quoted"),
        ("- one\n- two", "- one\n- two"),
        ("No quotation at all.", "No quotation at all."),
    ],
)
def test_an_answer_is_separated_from_what_it_quotes(text: str, answer: str) -> None:
    found = read(mail(text=text))
    assert found.answer == answer
    assert found.text == text.strip()


def test_html_becomes_text_without_scripts_and_quotations() -> None:
    message = EmailMessage()
    message["From"] = "kim@customer.test"
    message.set_content(
        "<style>p {}</style><p>Bin&nbsp;<b>A-1</b> &lt;here&gt;</p><script>alert(1)</script>"
        "<img src=x onerror=alert(1)><blockquote>old</blockquote>",
        subtype="html",
    )
    found = read(message.as_bytes())
    assert "Bin A-1 <here>" in found.text
    assert "old" in found.text
    assert found.answer == "Bin A-1 <here>"
    assert "alert" not in found.text


def test_characters_that_hide_something_are_dropped() -> None:
    found = read(
        mail(text="a\x07b\u202ec\ud800d\te".encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    )
    assert "\x07" not in found.text
    assert "\u202e" not in found.text
    assert read(mail(sender='"a\u202eb" <kim@customer.test>')).sender_name == "ab"


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "zlib", "rot13", "utf-7", "no-such"]
)
def test_strange_character_sets_are_read_as_latin_1(charset: str) -> None:
    raw = HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\nBin A-1 +AGE-".encode()
    assert read(raw).text == "Bin A-1 +AGE-"


def test_too_many_and_too_large_files_are_left_out_and_counted() -> None:
    small = tuple((f"{n}.pdf", b"%PDF") for n in range(rules.MAX_FILES + 2))
    found = read(mail(files=(*small, ("big.pdf", b"x" * (rules.MAX_FILE_BYTES + 1)))))
    assert (len(found.files), found.left_out) == (rules.MAX_FILES, 3)


def test_a_file_name_has_no_path_and_a_mail_inside_is_a_file() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "a@b.test", "inner"
    inner.set_content("T-000001")
    outer = EmailMessage()
    outer["From"] = "kim@customer.test"
    outer.set_content("see the mail")
    outer.add_attachment(inner)
    outer.add_attachment(b"x", maintype="application", subtype="x", filename="../../etc/passwd\u202efdp")
    found = read(outer.as_bytes())
    assert found.text == "see the mail"
    assert [file.name for file in found.files] == ["", "passwdfdp"]
    assert found.files[0].media_type == "message/rfc822"


def test_a_text_is_cut_and_the_message_id_is_taken_or_made() -> None:
    found = read(mail(text="x " * 40_000))
    assert len(found.text) == rules.MAX_TEXT
    one, two = mail(Message_ID=""), mail(Message_ID="", text="other")
    assert digest_of_id(one) == digest_of_id(one) != digest_of_id(two)
    assert digest_of_id(mail(Message_ID="<x@y.test>", text="one")) == digest_of_id(
        mail(Message_ID="<x@y.test>", text="two")
    )


HOSTILE_TEXTS = {
    "underscores": "_" * 20_000,
    "quotes": "> " * 10_000,
    "on": "On " * 6_000,
    "on lines": ("On " + "a " * 900 + "\n") * 6,
    "blank": "a" + " \n" * 10_000 + "b",
    "wrote": "wrote:" * 3_000,
    "from": "From: x\nSent: y\nTo: z\n" * 800,
    "signature": "Sent from my " + "a " * 9_000,
    "dashes": "--\n" * 6_000,
    "notice": "CONFIDENTIALITY NOTICE " * 900,
}


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS)
def test_the_search_for_quotations_sees_a_bounded_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its patterns take seconds on some long texts, so it never gets one."""
    searched: list[str] = []
    search = texts.EmailReplyParser.read

    def recorded(parser: texts.EmailReplyParser, given: str) -> object:
        searched.append(given)
        return search(parser, given)

    monkeypatch.setattr(texts.EmailReplyParser, "read", recorded)
    assert read(mail(text=text)).text
    [given] = searched
    lines = given.split("\n")
    assert len(lines) <= texts.MAX_LINES
    assert max(map(len, lines)) <= texts.MAX_LINE
    assert "\n\n\n" not in given


def test_deep_parts_do_not_overflow() -> None:
    part = b"hi"
    for depth in range(45):
        bound = b"b%d" % depth
        part = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n%s\r\n--%s--\r\n' % (
            bound,
            bound,
            part,
            bound,
        )
    with pytest.raises(Unreadable):
        read(HEAD + part)


def test_encoded_words_and_base64_are_decoded_within_limits() -> None:
    raw = HEAD + b"Subject: =?utf-8?b?" + base64.b64encode("Größe".encode()) + b"?= =?x?q?=?=\r\n\r\nhi"
    assert read(raw).subject.startswith("Größe")
    body = base64.b64encode(b"y" * 1_000_000)
    text = read(HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body).text
    assert len(text) == rules.MAX_TEXT
