"""Changes of the plan of the company."""
