"""Endpoints: where a tenant's payloads are sent, what they contain, and whose rights bound them."""
