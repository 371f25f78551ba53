"""The demo tenants with believable stock, made by the product's own actions and by nothing else."""

from asora.demo.tenants import make, sign_ins

__all__ = ["make", "sign_ins"]
