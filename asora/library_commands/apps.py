"""The app that stands in front of the libraries' commands."""

from django.apps import AppConfig


class LibraryCommandsConfig(AppConfig):
    name = "asora.library_commands"
    label = "library_commands"
