"""Only actions, postings and the trail write to the database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ["asora", "audit", "integrations", "inventory", "ledger", "plans", "support"]

MAY_WRITE = [
    "*/actions.py",
    "*/actions/*.py",
    "ledger/posting/writing.py",
    "audit/events/trail.py",
    "integrations/outbox/queueing.py",
]
# Each of these writes for a reason of its own.
EXCEPTIONS = {
    "asora/kernel/append_only.py": "defines the save that inserts and the triggers' SQL",
    "audit/explorer/rollup.py": "counts per hour, derived from the trail, written by the sealer with its seal",
    "asora/kernel/positions.py": "takes positions, called by ledger/posting/writing.py",
    "ledger/posting/layers.py": "the statements for cost layers, executed by ledger/posting/writing.py",
    "asora/accounts/sign_in/sessions.py": "the session engine; a session is no record, and is written at any time",
    "asora/accounts/sign_in/attempt_log.py": "traces of sign-ins: erasable, bounded, and no records",
    "asora/accounts/sign_in/network_limit.py": "a counter of the last minutes",
    "asora/accounts/sign_in/sign_in_events.py": "marks a session as known to be late, with the event that says so",
    "asora/jobs/transitions.py": "how far a job is; what it does to anything else, an action does",
    "asora/jobs/queue.py": "the queue's own table",
    "asora/files/staging.py": "files on their way in; no records, written beside the action that judged them",
    "asora/startup/preparation.py": "the public host's own row, before anybody can sign in",
    "audit/seals/sealer.py": "adds seals of what is committed; nobody asks for one, so there is no actor to judge",
    "audit/seals/nodes.py": "the nodes of a seal, written by audit/seals/sealer.py",
    "audit/seals/receipts.py": "copies of committed seals in public",
    "asora/kernel/looking.py": "temporary views in a read-only transaction that is always rolled back",
    "audit/seals/mailing.py": "when somebody last got receipts; no record, so that nobody gets them twice",
    "ledger/proof/rebuilding.py": "the SQL of the action ledger.derived.rebuild: derived tables only, from the entries",
    "integrations/outbox/deletion.py": "deletes what the action integrations.payload.release has released",
    "integrations/dispatch/transitions.py": "attempts and their results, around each request to a receiver",
    "integrations/dispatch/deletion.py": "the attempts of released payloads, before the payloads",
    "integrations/feed/polls.py": "counts a token's polls of a day; the first one of a day is an action",
    "support/mail/queueing.py": "queues the mails of a message, in the body of the action that writes it",
    "support/mail/transitions.py": "the states of outgoing mails, around each attempt to send",
    "plans/schemas.py": "creates and drops whole schemas",
    "support/evidence/linking.py": "adds a reference, in the body of the action that is based on it",
    "support/desk/presence.py": "who has a ticket open; no record, and forgotten after some seconds",
    "support/access/database_role.py": "creates support's role and grants its rights; touches no row",
    "support/tickets/changes.py": "the statements of tickets, for the bodies of actions of all rooms above",
    "support/clocks/publishing.py": "the first calendar and policy at preparation; later ones for the room's actions",
    "support/clocks/recording.py": "events of clocks, written in the bodies of the desk's actions",
    "support/oncall/paging.py": "calls, written in the bodies of the desk's actions",
    "support/oncall/mail.py": "when the mail server accepted a call, so that it is not sent twice",
    "support/incidents/opening.py": "incidents, written in the bodies of the desk's actions",
    "support/tickets/required_info.py": "rows of required information, for the same bodies",
    "support/tickets/participants.py": "who may write by e-mail, for the same bodies",
    "support/tickets/erasing.py": "the statements of the action support.person.erase",
    "*/migrations/*.py": "migrations",
    "asora/embedded/*.py": "starts the server; never touches a table of ours",
}
CALLS = {
    "save", "delete", "create", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "add_to_class", "assign_perm", "remove_perm", "set_password_and_save", "aupdate", "acreate", "asave", "adelete",
}  # fmt: skip
# `update` and `delete` are words of dictionaries, sets and hashes too: only what hangs on rows counts.
ON_ROWS = re.compile(r"objects|_manager|\.filter\(|\.all\(|\.exclude\(|rows|queryset|_set\b")
# COPY of a query, in parentheses, can only read.
SQL = re.compile(r"^\s*(?:INSERT|UPDATE|DELETE|TRUNCATE|MERGE|COPY(?!\s*\()|ALTER|DROP|CREATE)\s")


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def is_allowed(path: Path) -> bool:
    relative = path.relative_to(REPOSITORY)
    return any(relative.match(pattern) for pattern in [*MAY_WRITE, *EXCEPTIONS])


def writes(source: str) -> Iterator[str]:
    """Every place in a source that changes rows, as `line: code`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            written = ast.unparse(node.func)
            called = written.rpartition(".")[2]
            if called not in CALLS:
                continue
            is_ambiguous = called in {"update", "delete", "create"}
            if not is_ambiguous or ON_ROWS.search(written):
                yield f"{node.lineno}: {written}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield f"{node.lineno}: {node.value.strip()[:60]}"


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_only_actions_postings_and_the_trail_write(path):
    if is_allowed(path):
        return
    assert list(writes(path.read_text())) == []


@pytest.mark.parametrize(
    "code",
    [
        "item.save()",
        "Item.objects.create(sku='x')",
        "Item.objects.filter(pk=1).update(name='x')",
        "rows.delete()",
        "Item.objects.bulk_create([])",
        "cursor.execute('UPDATE inventory_item SET name = 1')",
        "cursor.copy('COPY inventory_item FROM STDIN')",
        "assign_perm('inventory.operate_hub', user, hub)",
    ],
)
def test_the_test_sees_what_writes(code):
    assert list(writes(code))


@pytest.mark.parametrize(
    "code", ["details.update(a=1)", "digest.update(b'x')", "names = 'created item'", "redirect()"]
)
def test_and_not_what_does_not(code):
    assert list(writes(code)) == []


def test_every_exception_is_still_needed():
    for pattern in EXCEPTIONS:
        assert any(path.relative_to(REPOSITORY).match(pattern) for path in sources()), pattern


def test_rules_know_no_database_and_no_clock():
    forbidden = {"django.db", "datetime.now", "timezone.now", "time.time", ".objects"}
    for path in sources():
        if path.name == "rules.py" or path.parent.name == "rules":
            text = path.read_text()
            assert not [word for word in forbidden if word in text], name_of(path)


def test_forms_never_save():
    for path in sources():
        if path.name == "forms.py" or path.parent.name == "forms":
            assert "ModelForm" not in path.read_text(), name_of(path)


def test_no_file_says_that_it_holds_anything():
    vague = {"utils.py", "services.py", "helpers.py", "managers.py", "util.py", "common.py", "misc.py"}
    assert [name_of(path) for path in sources() if path.name in vague] == []
