"""Benchmarks, run by hand: `python -m tests.bench [subject …]`. They print ratios against a peer in the same run.

Machines are noisy, so nothing here is a test: each subject runs peer and product in turn and tells the spread.
"""
