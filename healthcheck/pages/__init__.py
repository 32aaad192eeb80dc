"""Pages that any web server or file share can show: the newest report on one, and the way to the earlier ones."""

from __future__ import annotations

from healthcheck.pages.site import load_templates, write

__all__ = ["load_templates", "write"]
