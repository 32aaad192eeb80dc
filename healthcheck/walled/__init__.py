"""Behind the wall: the server that forks a process for each question, and what such a process does.

Nothing here is imported by the program itself, and only a forked process loads foreign code.
"""
