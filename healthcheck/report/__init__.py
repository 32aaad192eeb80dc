"""The report: what a person reads before the doors open, what IT gets with it, and what a program reads."""
