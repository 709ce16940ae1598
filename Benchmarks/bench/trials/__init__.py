# SPDX-License-Identifier: Apache-2.0

"""Trials: what a run promises, played on the wire."""

from . import faults, items, kills, limited, resume, shards

TRIALS = {module.__name__.rpartition(".")[2]: module.play for module in (resume, kills, shards, faults, limited, items)}
