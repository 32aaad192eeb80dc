"""A Windows machine as far as it can be had without one: an OpenSSH server whose PowerShell prints what a test wants.

server.shim("powershell", told(memory=[{"TotalVisibleMemorySize": 16777216, …}]))
"""

from __future__ import annotations

import json
from typing import Any

# What Windows PowerShell 5.1 says on the other stream while it loads its modules.
PROGRESS = (
    '#< CLIXML\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj S="progress" '
    'RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><I64 '
    'N="SourceId">1</I64><PR N="Record"><AV>Preparing modules for first use.</AV><AI>0</AI><Nil /></PR></MS></Obj>'
    "</Objs>"
)
DENIED = {"Category": "PermissionDenied", "Code": -2147024891, "Says": "Zugriff verweigert"}
NO_SUCH_COMMAND = {"Category": "ObjectNotFound", "Code": -2146233087, "Says": "The term 'Get-X' is not recognized"}


def told(failed: dict[str, dict[str, object]] | None = None, **things: Any) -> str:
    """The answer to several questions, as `ConvertTo-Json -Compress` writes it; `failed` are those without one."""
    return json.dumps({"Failed": failed or {}, "Told": things}, separators=(",", ":"), ensure_ascii=True)
