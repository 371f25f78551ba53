"""The app that does long work."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "asora.jobs"
    label = "jobs"
