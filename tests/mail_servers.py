"""A real SMTP and a real IMAP server over one folder of mailboxes, on ports of this machine, without privileges.

Exim takes mails to the given addresses and puts them into their mailboxes, whatever follows a plus sign; it refuses
other addresses. Dovecot serves the mailboxes to everybody who knows the one password.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "mailbox"
PATIENCE = 60
EXIM = """
primary_hostname = mail.asora.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/exim-%s
pid_file_path = {folder}/exim.pid
exim_user = {user}
exim_group = {group}
never_users =
deliver_drop_privilege = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp}
tls_advertise_hosts =
prdr_enable = false
chunking_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
smtp_accept_max = 50
queue_only = false
acl_smtp_rcpt = take
acl_smtp_data = everything
message_size_limit = 60M
begin acl
take:
  accept verify = recipient
  deny message = no such mailbox
everything:
  accept
begin routers
all:
  driver = accept
  local_part_suffix = +*
  local_part_suffix_optional
  address_data = ${{lookup{{$local_part@$domain}}lsearch{{{folder}/boxes}}{{$value}}fail}}
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  maildir_format
  create_directory
  directory = {folder}/mail/$address_data
  envelope_to_add
  return_path_add
begin retry
*  *  F,1h,1m
"""
DOVECOT = """
base_dir = {folder}/run
log_path = {folder}/log/dovecot
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Servers:
    """Where they listen, and the folder of the mailboxes."""

    smtp: int
    imap: int
    mailboxes: Path


def programs() -> tuple[str, str]:
    """Where Exim and Dovecot are. Without them the test is skipped, except where that would hide something."""
    where = f"{os.environ['PATH']}:/usr/sbin"
    exim, dovecot = (shutil.which(name, path=where) for name in ("exim4", "dovecot"))
    if exim is None or dovecot is None:
        said = "no mail servers here: install Debian's packages exim4-daemon-light and dovecot-imapd"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return exim, dovecot


@contextlib.contextmanager
def running(*addresses: str) -> Iterator[Servers]:
    """Both servers with these mailboxes; they and their mails are gone afterwards."""
    exim, dovecot = programs()
    folder = Path(tempfile.mkdtemp(prefix="asora-mail-"))
    user, step_down = _unprivileged()
    servers = Servers(_free_port(), _free_port(), folder / "mail")
    started: list[subprocess.Popen[bytes]] = []
    try:
        facts = {"folder": str(folder), "user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name}
        for name in ("spool", "log", "mail", "run"):
            (folder / name).mkdir()
        (folder / "boxes").write_text("".join(f"{one}: {one}\n" for one in addresses))
        (folder / "exim.conf").write_text(EXIM.format(**facts, smtp=servers.smtp))
        (folder / "dovecot.conf").write_text(DOVECOT.format(**facts, imap=servers.imap, password=PASSWORD))
        for path in (folder, *folder.iterdir()):
            os.chown(path, user.pw_uid, user.pw_gid)
        commands = (
            [exim, "-bdf", "-q1m", "-C", str(folder / "exim.conf")],
            [dovecot, "-F", "-c", str(folder / "dovecot.conf")],
        )
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started += [subprocess.Popen([*step_down, *command], **quiet) for command in commands]
        for process, port in zip(started, (servers.smtp, servers.imap), strict=True):
            _await(process, port, folder / "log")
        yield servers
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> tuple[pwd.struct_passwd, list[str]]:
    """Who runs the servers, and the command prefix for it: this user, or nobody where this user is root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()), []
    user = pwd.getpwnam("nobody")
    return user, ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, logs: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        said = "\n".join(path.read_text() for path in logs.iterdir())
        assert process.poll() is None, said
        assert time.monotonic() < end, f"it did not start: {said}"
        time.sleep(0.05)
