"""No modules import each other in a circle, not even for types."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("core", "feed", "interactions", cache_dir=None)
    imports = {each: graph.find_modules_directly_imported_by(each) for each in graph.modules}
    assert len(imports) > 100
    # Errors: CycleError, with the modules of a circle.
    TopologicalSorter(imports).prepare()
