"""What an owner types to invite Ada, what Ada types to accept, and the link in her mail."""

from __future__ import annotations

import re

SECRET = "a long enough secret"


ADA = {"email": "ada@example.com", "name": "Ada Zebulon", "role": "receiver"}


TYPED = ADA | {"where": "all"}


TAKEN = {"name": "Ada Zebulon", "password": SECRET, "again": SECRET}


def link_in(mail) -> str:
    """The path of the link in a mail."""
    (found,) = re.findall(r"http://[^/\s]+(/invitation/\S+)", mail.body)
    return found
