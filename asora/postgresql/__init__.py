"""Asora's database back end: that of django-tenants, except that it never runs a query in the wrong schema."""
