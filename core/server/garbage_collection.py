"""When Python's garbage collector looks, and at what."""

from __future__ import annotations

import gc
import sys

THRESHOLDS = (10_000, 10, 5)
"""Objects made and not yet dropped before the youngest are looked at; how many such looks before the older are.

So at most some 500,000 objects in cycles lie about, which take 70 MiB; see docs/decisions/cycle-free-connections.md.
"""


def settle_down() -> None:
    """Drops what only the start needed, leaves alone what stays for good, and looks less often at the rest.

    A page makes some hundred objects and drops them all at its end; by default the collector would go
    through them in the middle of every page.
    """
    sys.path_importer_cache.clear()  # What lies in the folders of 1,300 modules; made again if it is needed.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
