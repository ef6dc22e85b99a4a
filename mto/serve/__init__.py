"""The loop behind ``mto serve``: what is declared and what is live, kept the same continuously."""
