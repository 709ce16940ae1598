# SPDX-License-Identifier: Apache-2.0

"""A hundred thousand items stay below the memory a run is given: when all of them are new, when none of them is, and when a
fifth more comes, each an image of its own, in a list that says everything twice, with all that a run can write down."""

import json

from ..registries import EmbeddedRegistry
from .tags import Tags

REPOSITORIES, TAGS, NEW_TAGS = 100, 1000, 200
CEILING = 256


def play(trial):
    old, new = (Tags(REPOSITORIES, max(1, round(count * trial.options.scale)), distinct=count == NEW_TAGS) for count in (TAGS, NEW_TAGS))
    with in_memory(trial, "source") as source, in_memory(trial, "target") as target:
        place = f"{target.address}/mirror"
        old.push(source.address)
        pairs = old.pairs(source.address, place)
        command = trial.command(pairs, "items")
        judge(trial, "first run", trial.run(command), copied=pairs)
        judge(trial, "second run", trial.run(command), unchanged=pairs)
        new.push(source.address)
        more = new.pairs(source.address, place)
        report, page, failures = (trial.path(name) for name in ("report.json", "report.html", "failures.txt"))
        command = trial.command((pairs + more) * 2, "items", "--failures", failures, "--report", report, "--report", page)
        judge(trial, "third run", trial.run(command), unchanged=pairs, copied=more)
        judge_report(trial, report, copied=len(more), unchanged=len(pairs))
        for tags in (old, new):
            found = tags.wrong(place)
            trial.promise("every manifest is the source's", not found, found or f"{len(tags.tags) * REPOSITORIES} tags read")


def judge(trial, name, run, **wanted):
    count = sum(map(len, wanted.values()))
    arrived = sum(len(set(run.pairs(status)) & set(pairs)) for status, pairs in wanted.items())
    trial.promise(f"{name}: every item is {' or '.join(wanted)}", run.exit == 0 and arrived == len(run.items) == count,
                  f"{arrived} of {count} items, exit {run.exit}, {run.wall} s")
    trial.promise(f"{name}: memory stays below {CEILING} MiB", run.peak is not None and run.peak < CEILING, f"{run.peak} MiB at most")


def judge_report(trial, path, **wanted):
    with open(path) as file:
        report = json.load(file)
    totals = {status: report["totals"][status] for status in wanted}
    trial.promise("the report has every item", totals == wanted and len(report["items"]) == sum(wanted.values()), f"{totals}")


def in_memory(trial, name):
    return trial.opened(EmbeddedRegistry(name, trial.options.transship, disk=False, access_log=False))
