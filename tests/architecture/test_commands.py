"""Every command is Asora's own, disabled, or known to be harmless: no library command bypasses the door."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection

from asora.library_commands import shut
from audit.events.models import Event
from plans.models import Domain, Tenant
from tests.commands import REPOSITORY, manage

OURS = ("asora", "audit", "integrations", "inventory", "ledger", "plans", "support")
#: Library commands, and why each may stay.
HARMLESS = {
    "axes_list_attempts": "reads",
    "check": "reads",
    "collectstatic": "writes static files",
    "compilemessages": "writes files of the source",
    "diffsettings": "reads",
    "findstatic": "reads",
    "inspectdb": "reads",
    "makemessages": "writes files of the source",
    "makemigrations": "writes files of the source",
    "optimizemigration": "writes files of the source",
    "runserver": "serves the product itself",
    "sendtestemail": "sends a mail",
    "showmigrations": "reads",
    "sqlflush": "prints",
    "sqlmigrate": "prints",
    "sqlsequencereset": "prints",
    "squashmigrations": "writes files of the source",
    "startapp": "writes files of the source",
    "startproject": "writes files of the source",
}
SAY_WHAT_THEY_ARE = ("dbshell", "procrastinate", "shell")


def test_every_command_is_ours_or_shut_or_known_to_be_harmless():
    unknown = {
        name: app
        for name, app in get_commands().items()
        if app.split(".")[0] not in OURS and name not in HARMLESS
    }
    assert not unknown, "say in asora.library_commands.shut what to use instead, or here why it is harmless"


def test_nothing_is_listed_that_does_not_exist():
    assert set(get_commands()) >= {*HARMLESS, *shut.SHUT, *SAY_WHAT_THEY_ARE}
    assert {name for name, app in get_commands().items() if app == "asora.library_commands"} == {
        *shut.SHUT,
        *SAY_WHAT_THEY_ARE,
        "tenant_command",
        "all_tenants_command",
    }


@pytest.mark.parametrize("name", shut.SHUT)
def test_what_is_shut_refuses_and_names_what_to_use(name):
    with pytest.raises(CommandError) as caught:
        call_command(name, "t_acacia", schema_name="t_acacia")
    assert caught.value.returncode == 2
    output = str(caught.value)
    assert output.startswith(f"manage.py {name} is disabled: ")
    instead = output.partition("audit trail. ")[2]
    assert any(word in instead for word in ("manage.py ", "make ", "page ", "by itself"))


def test_what_a_refusal_names_exists():
    own = {name for name, app in get_commands().items() if app.split(".")[0] in OURS} | set(HARMLESS)
    for name, (_does, instead) in shut.SHUT.items():
        for sentence in instead.split("manage.py ")[1:]:
            assert sentence.split()[0].strip(".,;") in own - {*shut.SHUT}, name


@pytest.mark.parametrize(
    "command",
    [
        ["delete_tenant", "-s", "t_acacia", "--noinput"],
        ["help", "delete_tenant"],
        ["tenant_command", "flush", "-s", "t_acacia", "--noinput"],
        ["all_tenants_command", "flush", "--noinput"],
    ],
)
def test_on_the_command_line_too(db, command):
    """In a separate process, with any arguments; `help` prints the same text."""
    done = manage(*command)
    assert "is disabled: it " in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if command[0] == "help" else 2)
    assert Tenant.objects.filter(slug="acacia").exists()


@pytest.mark.parametrize("wrapper", [["tenant_command", "--schema", "t_acacia"], ["all_tenants_command"]])
@pytest.mark.parametrize("name", ["flush", "loaddata", "delete_tenant", "changepassword", "migrate"])
def test_inside_a_tenant_nothing_runs_that_is_shut(db, wrapper, name):
    with pytest.raises(CommandError, match="is disabled"):
        call_command(*wrapper, name, stdout=io.StringIO())


def test_inside_tenants_means_inside_those_that_can_be_reached(db, half_made):
    output = io.StringIO()
    call_command("all_tenants_command", "axes_list_attempts", stdout=output)
    assert "t_acacia" in output.getvalue()
    assert "t_halfmade" not in output.getvalue()
    with pytest.raises(CommandError, match="cannot be reached"):
        call_command("tenant_command", "axes_list_attempts", schema_name="t_halfmade")


@pytest.fixture
def half_made(db):
    """A tenant with a row but without a schema."""
    return Tenant.objects.create(
        slug="halfmade", schema_name="t_halfmade", name="Half", plan="free", role_model="standard"
    )


@pytest.mark.parametrize("name", SAY_WHAT_THEY_ARE)
def test_what_works_beside_the_door_says_so(db, name, monkeypatch):
    output = io.StringIO()
    arguments = {"shell": {"command": "pass"}, "dbshell": {}, "procrastinate": {}}[name]
    if name == "dbshell":
        monkeypatch.setattr(type(connection.client), "runshell", lambda self, parameters: None)
    positional = ["healthchecks"] if name == "procrastinate" else []
    if name == "procrastinate":
        monkeypatch.setattr("procrastinate.cli.execute_command", _nothing)
    call_command(name, *positional, stderr=output, **arguments)
    assert f"manage.py {name} bypasses Asora's checks and its audit trail" in output.getvalue()


async def _nothing(*args, **kwargs):
    return None


def test_neither_events_nor_rows_change_when_something_is_refused(db):
    before = Event.objects.count(), Tenant.objects.count(), Domain.objects.count()
    for name in shut.SHUT:
        with pytest.raises(CommandError):
            call_command(name)
    assert (Event.objects.count(), Tenant.objects.count(), Domain.objects.count()) == before


def _required(parser: argparse.ArgumentParser, called: str) -> Iterator[tuple[str, str]]:
    """Each required option of a command or of one of its steps: (the call, the option)."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step, below in action.choices.items():
                yield from _required(below, f"{called} {step}")
        elif action.required and action.option_strings:
            yield called, action.option_strings[0]


def test_the_readme_lists_our_commands_with_what_they_cannot_do_without():
    listed = re.findall(
        r"^manage\.py (.+)$", (REPOSITORY / "asora" / "OPERATIONS.md").read_text(), re.MULTILINE
    )
    ours = {name: app for name, app in get_commands().items() if app.split(".")[0] in OURS}
    ours = {name: app for name, app in ours.items() if app != "asora.library_commands"}
    assert {line.split()[0] for line in listed} == set(ours)
    for name, app in ours.items():
        parser = load_command_class(app, name).create_parser("manage.py", name)
        for called, option in _required(parser, name):
            lines = [line for line in listed if f"{line} ".startswith(f"{called} ")]
            assert lines, called
            assert all(option in line for line in lines), (called, option)
