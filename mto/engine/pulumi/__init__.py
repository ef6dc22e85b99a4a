"""Pulumi's own CLI behind the engine's port: one process an update, results from its events."""
