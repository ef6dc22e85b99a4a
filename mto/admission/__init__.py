"""What the API server itself refuses, as data: expressions with messages, one file a subject."""
