"""Every change of a tenant's public rows, one function each, behind the door."""
