"""The demo tenants with realistic stock, created only by the product's own actions."""

from asora.demo.tenants import make, sign_ins

__all__ = ["make", "sign_ins"]
