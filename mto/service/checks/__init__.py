"""What isolation means, as data: each module holds the checks of one subject, `all.py` all."""
