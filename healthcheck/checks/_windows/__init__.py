"""What the checks that look inside a host ask a Windows machine, one module a subject; each gives what Linux gives.

Every check asks for itself, in one command: they need different rights, and one that has to wait must not hold up the
others. Nothing that is read is in the language of the machine: numbers, words of the interfaces, times in ISO 8601.
"""
