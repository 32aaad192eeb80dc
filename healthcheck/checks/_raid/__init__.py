"""What the tools of storage arrays print, one module a tool, and what to make of it."""
