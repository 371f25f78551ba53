"""``python -m asora.embedded start|stop|status|psql``: control the embedded database by hand."""

import argparse
import os
import sys

from asora import embedded
from asora.embedded.binaries import environment, program
from asora.embedded.cluster import ADMINISTRATOR

NOT_RUNNING = 3  # the exit status that service managers use


def main() -> int:
    """Run one command and return its exit status."""
    arguments = _arguments()
    cluster = embedded.default()
    try:
        if arguments.command == "start":
            cluster.start()
        elif arguments.command == "stop":
            cluster.stop()
        elif arguments.command == "psql":
            _psql(cluster, arguments.rest)
        running = cluster.running()
    except embedded.EmbeddedDatabaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    away = "stopped" if arguments.command == "stop" else "not running"
    sys.stdout.write(f"running: {cluster.url()}\n" if running else f"{away}: {cluster.folder}\n")
    return NOT_RUNNING if arguments.command == "status" and not running else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m asora.embedded", description="The embedded PostgreSQL.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("start", help="start it, unless it is already running")
    commands.add_parser("stop", help="stop the database cleanly")
    commands.add_parser(
        "status", help=f"report whether it is running; exit status {NOT_RUNNING} if it is not"
    )
    console = f"open psql as the application's role, or as the administrator with -U {ADMINISTRATOR}"
    commands.add_parser("psql", help=console, add_help=False)
    arguments, rest = parser.parse_known_args()
    if rest and arguments.command != "psql":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return argparse.Namespace(command=arguments.command, rest=rest)


def _psql(cluster: embedded.Cluster, rest: list[str]) -> None:
    cluster.start()
    settings = cluster.connection_settings()
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGDATABASE": "NAME"}
    chosen = {variable: settings[name] for variable, name in names.items()}
    os.execve(program("psql"), ["psql", *rest], environment() | chosen)  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    sys.exit(main())
