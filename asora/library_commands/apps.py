"""The app that replaces commands of libraries."""

from django.apps import AppConfig


class LibraryCommandsConfig(AppConfig):
    name = "asora.library_commands"
    label = "library_commands"
