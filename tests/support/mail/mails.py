"""Mails as they come from the network, written byte by byte."""

from __future__ import annotations

import itertools
from email.message import EmailMessage

_numbers = itertools.count(1)


def mail(
    *,
    to: str = "support@asora.test",
    sender: str = "Kim Olsen <kim@customer.test>",
    subject: str = "It does not work",
    text: str = "The count of bin A-1 differs.",
    html: str = "",
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """A mail; `headers`: more of them, with `_` for `-`; an empty one is left out."""
    message = EmailMessage()
    values = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{next(_numbers)}@customer.test>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in values.items():
        if value:
            del message[name]
            message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()
