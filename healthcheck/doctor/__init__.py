"""`healthcheck doctor`: looks at the set-up itself, from config to heartbeat, and says how to mend what is wrong.

Each subject is a module with one function, from `Premises` to findings; `examination` runs them all at once, and what
goes wrong in one is that one's "could not check".
"""
