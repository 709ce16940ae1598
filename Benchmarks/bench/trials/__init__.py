"""Trials: what a run promises, played on the wire."""

from . import items, limited, resume, shards

TRIALS = {module.__name__.rpartition(".")[2]: module.play for module in (resume, shards, limited, items)}
