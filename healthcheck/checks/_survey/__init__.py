"""The parts of the `survey` check: what to ask a host, and how to read what it answers."""
