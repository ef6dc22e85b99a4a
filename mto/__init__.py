"""MTO: multi-tenancy for Kubernetes as an infrastructure-as-code program."""

__version__ = "0.1.0"
