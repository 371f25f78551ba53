"""Signatures of payloads: Standard Webhooks with a shared secret, and Ed25519 without one."""
