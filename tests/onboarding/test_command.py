"""`manage.py onboard FILE`: the same steps as the page, resumed by running it again, refused by field and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from asora.onboarding import plan_file
from asora.onboarding.plan_file import PlanFileError
from plans.models import Domain, Onboarding, OnboardingConfirmation, Tenant
from tests.factories import onboardings
from tests.factories.tenants import remove_tenant

HEAD = 'slug = "by-command"\nname = "By Command Ltd"\n'
CONFIRMATIONS = """
[confirmations]
identity = "Register entry seen"
scope = "Two thousand items"
plan = "Pro"
role_model = "Standard"
strategy = "One hub"
"""
TENANT = """
[tenant]
plan = "pro"
role_model = "standard"
costing = "fifo"
currency = "SEK"
time_zone = "Europe/Stockholm"
"""
FILES = "\n[files]\n" + "".join(f'{step} = "{step}.csv"\n' for step in onboardings.FILES)
OWNER = '\n[owner]\nname = "Robin Vale"\nemail = "robin@example.com"\n'


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the file and its CSV files into one folder."""
    for step, content in onboardings.FILES.items():
        (tmp_path / f"{step}.csv").write_bytes(content)

    def make(*parts: str) -> Path:
        path = tmp_path / "onboard.toml"
        path.write_text("".join(parts))
        return path

    return make


@pytest.fixture
def commits(django_db_setup, django_db_blocker):
    """Real commits, with a clean-up at the end."""
    with django_db_blocker.unblock():
        yield
        connection.set_schema_to_public()
        for tenant in Tenant.objects.filter(slug="by-command"):
            remove_tenant(tenant)
        OnboardingConfirmation.objects.filter(onboarding__slug="by-command").delete()
        Onboarding.objects.filter(slug="by-command").delete()


def run(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    status = 0
    try:
        call_command("onboard", str(path), *options)
    except SystemExit as stopped:
        status = int(str(stopped.code))
    except CommandError as error:
        status = error.returncode
        return status, "", str(error)
    output = capsys.readouterr()
    return status, output.out, output.err


def test_from_nothing_to_an_invited_owner_and_once_more(commits, write, capsys):
    path = write(HEAD, CONFIRMATIONS, TENANT, FILES, OWNER)
    status, output, error = run(path, capsys)
    assert (status, error) == (0, "")
    assert "tenant: open at by-command.localhost" in output
    assert "categories: 2 created, 0 already existed" in output
    assert output.count(": green") == 4
    assert "by-command: the onboarding is complete." in output
    tenant = Tenant.objects.get(slug="by-command")
    assert (tenant.costing, tenant.currency, tenant.time_zone) == ("fifo", "SEK", "Europe/Stockholm")
    (sent,) = mail.outbox
    assert sent.to == ["robin@example.com"]
    assert "by-command.localhost" in sent.body

    status, output, error = run(path, capsys)
    assert (status, error) == (0, "")
    assert output.count("already done") == 16
    assert len(mail.outbox) == 1


def test_continues_where_a_refused_file_stopped_it(commits, write, capsys, tmp_path):
    path = write(HEAD, CONFIRMATIONS, TENANT, FILES, OWNER)
    (tmp_path / "bins.csv").write_text("hub_code,code\nNORTH,A-1\nNOWHERE,A-2\n")
    status, output, error = run(path, capsys)
    assert status == 2
    assert "hubs: 1 created" in output
    assert "bins.csv: bins: VALIDATION_FAILED UNKNOWN_PARENT" in error
    assert "line 3: hub_code: UNKNOWN_PARENT" in error
    assert Domain.objects.filter(tenant__slug="by-command").exists()

    (tmp_path / "bins.csv").write_bytes(onboardings.FILES["bins"])
    status, output, _error = run(path, capsys)
    assert status == 0
    assert "hubs: already done" in output
    assert "bins: 2 created" in output


def test_steps_missing_in_the_file_can_be_done_in_the_browser(db, write, capsys):
    status, output, _error = run(write(HEAD, CONFIRMATIONS), capsys)
    assert status == 3, "a script must be able to see that the onboarding is not complete"
    assert "plan: not in the file" in output
    assert not Tenant.objects.filter(slug="by-command").exists()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (('slug = "x"\nname = "X"\n',), "slug: INVALID_INPUT"),
        (('slug = "admin"\nname = "X"\n',), "slug: NAME_RESERVED"),
        (('slug = "acacia"\nname = "X"\n',), "slug: CODE_TAKEN"),
        (('slug = "by\\u0000command"\nname = "X"\n',), "slug: "),
        ((HEAD, CONFIRMATIONS, TENANT.replace('"pro"', '"gold"')), "plan: "),
        ((HEAD, CONFIRMATIONS, TENANT.replace('"standard"', '"platform"')), "role_model: "),
    ],
)
def test_a_value_that_does_not_fit_is_refused_at_its_field(db, write, capsys, parts, message):
    status, _output, error = run(write(*parts), capsys)
    assert status == 2
    assert message in error
    assert "onboard.toml" in error


@pytest.mark.parametrize("table", ["confirmations", "tenant", "files", "owner"])
def test_a_key_that_is_not_known_is_refused(write, table):
    with pytest.raises(PlanFileError, match=rf"\[{table}\] colour: unknown"):
        plan_file.read(write(HEAD, f'\n[{table}]\ncolour = "red"\n'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "slug: missing"),
        ('slug = "a-b"', "name: missing"),
        ('slug = 3\nname = "X"', "slug: must be a text in quotes"),
        (HEAD + "colour = 1", "colour: unknown"),
        (HEAD + "tenant = 3", r"\[tenant\]: must be a table"),
        (HEAD + '[tenant]\nplan = "pro"', r"\[tenant\] role_model: missing"),
        (HEAD + "[confirmations]\nidentity = true", r"\[confirmations\] identity: must be a text in quotes"),
        (HEAD + "slug = \n", "at line 3"),
        (HEAD + '[files]\nitems = "nowhere.csv"', "there is no file"),
        (HEAD + '[files]\nitems = "../out.csv"', "is outside"),
        (HEAD + '[files]\nitems = "/etc/hosts"', "is outside"),
        (HEAD + '[files]\nitems = "a\\u0000b"', "not a file name"),
        (HEAD + '[files]\nitems = "."', "there is no file"),
    ],
)
def test_an_unusable_file_is_refused_with_the_place_of_the_error(write, text, message):
    with pytest.raises(PlanFileError, match=message):
        plan_file.read(write(text))


def test_a_file_outside_is_read_only_when_that_is_asked_for(write, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    path = inner / "onboard.toml"
    path.write_text(HEAD + '[files]\nitems = "../items.csv"\n')
    with pytest.raises(PlanFileError, match="use --outside to allow that"):
        plan_file.read(path)
    found = plan_file.read(path, may_leave_folder=True)
    assert found.files["items"] == (tmp_path / "items.csv").resolve()


def test_a_symbolic_link_to_the_outside_counts_as_outside(write, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "items.csv").symlink_to(tmp_path / "items.csv")
    path = inner / "onboard.toml"
    path.write_text(HEAD + '[files]\nitems = "items.csv"\n')
    write()
    with pytest.raises(PlanFileError, match="is outside"):
        plan_file.read(path)


def test_bytes_that_are_no_text_and_a_file_that_is_not_there(write, tmp_path, capsys):
    path = tmp_path / "onboard.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(PlanFileError, match="not UTF-8"):
        plan_file.read(path)
    status, _output, error = run(tmp_path / "nothing.toml", capsys)
    assert status == 2
    assert "No such file" in error
