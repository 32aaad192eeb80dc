"""`healthcheck init`: a few questions, each answer tried at once, and a config that loads.

The same questions are answered by a person at a terminal (`asking`) or by a file (`from_file`); `writing` makes the
config of the answers and puts it in its place.
"""
