"""The service report of a month: what the practice shows its contractor."""
