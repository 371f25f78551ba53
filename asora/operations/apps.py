"""Django's admin with Asora's own site. Separate from `asora.operations.site`, which needs the models."""

from django.contrib.admin.apps import AdminConfig


class OperationsConfig(AdminConfig):
    """Makes `asora.operations.site.Operations` the site that every `admin.py` registers with."""

    default = False
    default_site = "asora.operations.site.Operations"
