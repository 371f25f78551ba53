"""Every change to people and to how they prove who they are, by noun."""
