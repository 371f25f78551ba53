"""Pages of plans: the operators' tenants, and what a tenant's owner sees of the plan."""
