"""Access sessions: how a support agent looks into one tenant, for at most an hour, without being able to change it."""
