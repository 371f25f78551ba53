"""The people of a host and their invitations."""
