"""The endpoints of a tenant with their health: the list, the page of one, and the panel of the dashboard."""
