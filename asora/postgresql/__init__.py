"""Asora's database back end: django-tenants', except that it never runs a query in a schema that was not asked for."""
