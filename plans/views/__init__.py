"""Pages of plans: the operators' list of tenants, plan changes and freezes, and the plan page of a tenant's owner."""
