"""The operators' console on the public host: an overview, a page per tenant, and Django's admin as read-only lists."""
