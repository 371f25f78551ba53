"""The product's settings as a server with HTTPS reads them, asked in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def settings_under_https(*names: str) -> list[str]:
    """The values of these settings as text; a setting that is absent is `None`."""
    program = f"from asora import settings; print(*(getattr(settings, name, None) for name in {names!r}))"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://nobody@localhost/none",
        "SECRET_KEY": "only-for-tests",
        "ASORA_MAIL": "smtp",
    }
    asked = [sys.executable, "-c", program]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.split()
