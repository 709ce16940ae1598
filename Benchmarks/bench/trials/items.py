# SPDX-License-Identifier: Apache-2.0

"""A hundred thousand items stay below the memory a run is given, when all of them are new and when none of them is."""

from ..registries import EmbeddedRegistry
from .tags import Tags

REPOSITORIES, TAGS = 100, 1000
CEILING = 256


def play(trial):
    tags = Tags(REPOSITORIES, max(1, round(TAGS * trial.options.scale)))
    with in_memory(trial, "source") as source, in_memory(trial, "target") as target:
        tags.push(source.address)
        place = f"{target.address}/mirror"
        pairs = tags.pairs(source.address, place)
        command = trial.command(pairs, "items")
        for name, status in (("first run", "copied"), ("second run", "unchanged")):
            run = trial.run(command)
            arrived = len(set(run.pairs(status)) & set(pairs))
            trial.promise(f"{name}: every item is {status}", run.exit == 0 and arrived == len(run.items) == len(pairs),
                          f"{arrived} of {len(pairs)} items, exit {run.exit}, {run.wall} s")
            trial.promise(f"{name}: memory stays below {CEILING} MiB", run.peak is not None and run.peak < CEILING, f"{run.peak} MiB at most")
        found = tags.wrong(place)
        trial.promise("every manifest is the source's", not found, found or f"{len(pairs)} tags read")


def in_memory(trial, name):
    return trial.opened(EmbeddedRegistry(name, trial.options.transship, disk=False, access_log=False))
