"""Django's admin with our own site. Apart from `asora.operations`, which needs the models."""

from django.contrib.admin.apps import AdminConfig


class OperationsConfig(AdminConfig):
    """Makes `asora.operations.Operations` the site that every `admin.py` registers with."""

    default = False
    default_site = "asora.operations.Operations"
