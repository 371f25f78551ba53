"""What playbooks read in a tenant, inside the agent's session: figures for conditions, and rows for the page."""
