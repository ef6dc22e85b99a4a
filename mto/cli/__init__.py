"""The command line. It reads options, calls the service, prints; it decides nothing."""

import os

# Before the commands are imported, which would load what only their running needs.
if "_MTO_COMPLETE" in os.environ:
    from mto.cli.completion import lighten

    lighten()
