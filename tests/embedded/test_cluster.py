"""The embedded PostgreSQL, with clusters that exist only for a test."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from asora import embedded
from asora.embedded import binaries, postmaster
from asora.embedded.cluster import ADMINISTRATOR, Cluster

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a new cluster. Copying it saves every test its own initdb."""
    cluster = Cluster(tmp_path_factory.mktemp("pristine") / "home")
    cluster.start()
    cluster.stop()
    return cluster.data


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose folder does not exist yet."""
    cluster = Cluster(tmp_path / "home")
    yield cluster
    cluster.stop()
    shutil.rmtree(cluster.sockets, ignore_errors=True)


@pytest.fixture
def cluster(new_cluster: Cluster, pristine: Path) -> Cluster:
    """A running cluster, for tests that change it."""
    return start_copy(pristine, new_cluster)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, pristine: Path) -> Iterator[Cluster]:
    """A running cluster, for tests that only read."""
    cluster = start_copy(pristine, Cluster(tmp_path_factory.mktemp("shared") / "home"))
    yield cluster
    cluster.stop()


def start_copy(pristine: Path, cluster: Cluster) -> Cluster:
    cluster.folder.mkdir(mode=0o700)
    shutil.copytree(pristine, cluster.data)
    owner = pristine.stat()
    for path in [cluster.data, *cluster.data.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    cluster.start()
    return cluster


def connect(cluster: Cluster, *, user: str = "asora", database: str = "asora") -> psycopg.Connection:
    settings = cluster.connection_settings()
    return psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=user, dbname=database, autocommit=True
    )


def value(cluster: Cluster, query: str, **login: str) -> object:
    with connect(cluster, **login) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def server_process(cluster: Cluster) -> int:
    server = postmaster.find(cluster.data)
    assert server is not None
    return server.pid


def kill(cluster: Cluster) -> None:
    """kill -9 the server, and wait until it is gone."""
    os.kill(server_process(cluster), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.running() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not cluster.running()


def test_starting_again_attaches_to_the_server_that_runs(cluster: Cluster) -> None:
    before = server_process(cluster)
    cluster.start()
    Cluster(cluster.folder).start()
    assert server_process(cluster) == before


def test_two_processes_may_start_a_new_cluster_at_once(new_cluster: Cluster) -> None:
    command = [sys.executable, "-m", "asora.embedded", "start"]
    environment = os.environ | {"ASORA_HOME": str(new_cluster.folder)}
    starting = [
        subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    printed = [process.communicate(timeout=60)[0] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0]
    assert printed == [f"running: {new_cluster.url()}\n"] * 3
    assert value(new_cluster, "SELECT 1") == 1


def test_what_was_committed_survives_kill_9(cluster: Cluster) -> None:
    with connect(cluster) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        kill(cluster)
    cluster.start()
    assert value(cluster, "SELECT count(*) FROM kept") == 1000


def test_a_stranger_with_the_killed_servers_process_id_does_not_block_the_start(cluster: Cluster) -> None:
    kill(cluster)
    for left_behind in [cluster.data / postmaster.PID_FILE, *cluster.sockets.glob("*.lock")]:
        _, rest = left_behind.read_text().split("\n", maxsplit=1)
        left_behind.write_text(f"{os.getppid()}\n{rest}")
    assert not cluster.running()
    cluster.start()
    assert value(cluster, "SELECT 1") == 1


def test_a_start_that_was_killed_half_way_begins_anew(new_cluster: Cluster) -> None:
    unfinished = new_cluster.folder / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    new_cluster.start()
    assert value(new_cluster, "SELECT current_user") == "asora"
    assert not unfinished.exists()


def test_a_server_whose_socket_was_deleted_is_replaced(cluster: Cluster) -> None:
    before = server_process(cluster)
    shutil.rmtree(cluster.sockets)
    assert not cluster.running()
    cluster.start()
    assert server_process(cluster) != before
    assert value(cluster, "SELECT 1") == 1


def test_a_copy_of_a_served_folder_is_not_mistaken_for_it(cluster: Cluster, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(cluster.data / postmaster.PID_FILE, copy)
    assert postmaster.find(copy) is None


def test_stopping_is_clean_and_may_be_repeated(cluster: Cluster) -> None:
    with connect(cluster):  # a connected client does not delay the stop
        cluster.stop()
    cluster.stop()
    assert not cluster.running()
    assert not (cluster.data / postmaster.PID_FILE).exists()
    assert cluster.log.read_text().strip().endswith("database system is shut down")


def test_the_application_owns_its_database_and_is_no_superuser(shared: Cluster) -> None:
    role = "SELECT (rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)::text FROM pg_roles"
    assert value(shared, f"{role} WHERE rolname = current_user") == "(f,t,f,f,f)"
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'asora'"
    assert value(shared, owner) == "asora"
    assert value(shared, "SHOW is_superuser", user=ADMINISTRATOR, database="postgres") == "on"


def test_only_the_owner_can_enter(shared: Cluster) -> None:
    for folder in (shared.folder, shared.data, shared.sockets):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_listens_on_a_network(shared: Cluster) -> None:
    assert value(shared, "SHOW listen_addresses") == ""
    doors = (
        "SELECT array_agg(DISTINCT type ORDER BY type) FROM pg_hba_file_rules WHERE auth_method <> 'reject'"
    )
    assert value(shared, doors, user=ADMINISTRATOR, database="postgres") == ["local"]


def test_commits_are_durable_and_there_are_locks_for_whole_schemas(shared: Cluster) -> None:
    wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    wanted |= {"max_locks_per_transaction": "256", "max_connections": "100", "server_encoding": "UTF8"}
    assert {name: value(shared, f"SHOW {name}") for name in wanted} == wanted


def test_text_sorts_the_same_everywhere_and_knows_all_letters(shared: Cluster) -> None:
    assert value(shared, "SELECT lower('ÅÉÑ')") == "åéñ"
    assert value(shared, "SELECT 'Z' < 'a'") is True


def test_a_deep_folder_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = Cluster(tmp_path / ("deep" * 30))
    try:
        deep.start()
        assert value(deep, "SELECT 1") == 1
        assert stat.S_IMODE(deep.sockets.stat().st_mode) == 0o700
    finally:
        deep.stop()
        shutil.rmtree(deep.sockets, ignore_errors=True)


def test_the_address_is_known_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "not-there"
    monkeypatch.setenv("ASORA_HOME", str(home))
    parameters = psycopg.conninfo.conninfo_to_dict(embedded.url())
    settings = Cluster(home).connection_settings()
    names = {"USER": "user", "NAME": "dbname", "HOST": "host", "PORT": "port"}
    assert parameters == {names[name]: setting for name, setting in settings.items()}
    assert not home.exists()


def test_asora_home_names_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASORA_HOME", raising=False)
    assert embedded.home() == REPOSITORY / ".asora"
    monkeypatch.setenv("ASORA_HOME", str(tmp_path / "elsewhere"))
    assert embedded.default().folder == tmp_path / "elsewhere"


def test_a_missing_wheel_is_explained(new_cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no-such-wheel")
    with pytest.raises(embedded.EmbeddedDatabaseError, match=r"Set DATABASE_URL .* or run `make setup`"):
        new_cluster.start()


def test_a_folder_of_another_version_is_left_alone(new_cluster: Cluster) -> None:
    new_cluster.data.mkdir(parents=True)
    (new_cluster.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(embedded.EmbeddedDatabaseError, match="was written by PostgreSQL 16"):
        new_cluster.start()


def test_the_command_line_reports_and_stops(cluster: Cluster) -> None:
    environment = os.environ | {"ASORA_HOME": str(cluster.folder)}

    def answer_to(command: str) -> tuple[int, str]:
        call = [sys.executable, "-m", "asora.embedded", command]
        done = subprocess.run(
            call, cwd=REPOSITORY, env=environment, capture_output=True, check=False, text=True
        )
        return done.returncode, done.stdout.partition(":")[0]

    assert [answer_to(command) for command in ("status", "stop", "status", "start", "status")] == [
        (0, "running"),
        (0, "stopped"),
        (3, "not running"),
        (0, "running"),
        (0, "running"),
    ]


def test_a_killed_server_is_distinguished_from_a_stopped_one(cluster: Cluster) -> None:
    """`make run` starts a killed one again, and leaves the one that `make stop` has stopped."""
    assert not cluster.was_killed()
    kill(cluster)
    assert cluster.was_killed()
    cluster.start()
    assert not cluster.was_killed()
    cluster.stop()
    assert not cluster.was_killed()


@pytest.mark.parametrize("is_demo", [True, False])
def test_only_what_is_created_as_a_demo_has_its_clock(new_cluster: Cluster, *, is_demo: bool) -> None:
    """The mark belongs to the administrator: the application can neither create nor remove it."""
    new_cluster.start(demo=is_demo)
    new_cluster.start(demo=True)  # too late
    with psycopg.connect(new_cluster.url(), autocommit=True) as application:
        marks = application.execute(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'asora_demo'"
        )
        assert [owner for (owner,) in marks] == [ADMINISTRATOR] * is_demo
        if is_demo:
            for statement in ("DROP SCHEMA asora_demo CASCADE", "ALTER SCHEMA asora_demo RENAME TO other"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    application.execute(statement)
            with pytest.raises(psycopg.Error):  # no moment was set
                application.execute("SELECT asora_demo.clock()")
