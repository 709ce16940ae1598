"""Parts of the benchmark scripts: registries, tools, measuring, checking, reporting. Standard library only."""
