"""Every change of a tenant's own row, one function each, behind the door."""
