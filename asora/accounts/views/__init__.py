"""Pages of people: sign-in, security settings and staff."""
