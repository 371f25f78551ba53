"""Incidents: what concerns several tickets or tenants at once, and the errors that belong to one."""
