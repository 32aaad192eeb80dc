"""Looks after a small group of clinics: checks every site before the doors open and sends one plain report."""

__version__ = "0.1.0"
