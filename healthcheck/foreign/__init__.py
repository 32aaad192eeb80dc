"""Foreign code behind a wall, seen from our side: what there is, what it says of itself, and what it finds.

Drop-in Python files and the checks of installed packages are never imported here. Each question to one of them is
answered by a process of its own (`healthcheck.walled`), with limits and a deadline, that is gone afterwards.
"""
