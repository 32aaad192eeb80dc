"""The handover pack: everything that belongs to the practice in one file, and no secret in it.

`contents` makes the files, `pack` writes them down; `cleaning` stands between the two.
"""

from healthcheck.handover.contents import contents
from healthcheck.handover.pack import pack

__all__ = ["contents", "pack"]
