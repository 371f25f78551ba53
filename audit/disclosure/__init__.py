"""What a tenant decides about access by support, and what its people ask support."""
