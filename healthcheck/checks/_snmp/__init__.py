"""Asking devices by SNMP (RFC 3416, RFC 3414): how to log in, the questions, and what was told."""
