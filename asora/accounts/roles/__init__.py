"""What people may do, and where."""
