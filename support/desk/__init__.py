"""The pages of agents: inbox and ticket. The only room that composes the others."""
