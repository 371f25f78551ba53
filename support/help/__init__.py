"""The customer's side, on the tenant's host: own tickets, answers and known issues."""
