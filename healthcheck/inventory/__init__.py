"""The master document: what the practice has, where it stands, who knows it, and how old each fact is.

`remember` reads what history knows, `inventory` puts it together with the config, `render` lays it out.
"""

from healthcheck.inventory.document import Inventory
from healthcheck.inventory.gather import inventory
from healthcheck.inventory.remembered import Remembered, remember

__all__ = ["Inventory", "Remembered", "inventory", "remember"]
