"""The operators' console on the public host: overview, a tenant's page, and Django's admin as a set of windows."""
