# SPDX-License-Identifier: Apache-2.0

"""Eight machines that do not know of each other do together what one run does."""

import collections
import concurrent.futures

from .trial import mebibytes, wrong

SHARDS = 8
#: Bytes that all shards may send, of those that one run sends.
SHARE = 1.1


def play(trial):
    with trial.registry("source") as source:
        references = trial.fill(source, "fleet")
        alone = together(trial, source, references, "one run", 1, 1)
        for name, width in (("shards one after another", 1), ("shards at once", SHARDS)):
            sent = together(trial, source, references, name, SHARDS, width)
            for kind, count in sent.items():
                bound = alone[kind] * SHARE
                trial.promise(f"{name}: bytes {kind} are at most {SHARE} of those of one run", count <= bound,
                              f"{mebibytes(count)} of {mebibytes(alone[kind])}, ×{count / alone[kind]:.3f}")


def together(trial, source, references, name, shards, width):
    """Runs over the whole list into an empty registry: bytes that they sent, and bytes that left the source."""
    with trial.registry("target") as target:
        pairs = [(one, f"{target.address}/mirror/{one.split('/', 1)[1]}") for one in references]
        source.mark()
        commands = [command(trial, pairs, name, number, shards) for number in range(shards)]
        with concurrent.futures.ThreadPoolExecutor(width) as pool:
            runs = list(pool.map(trial.run, commands))
        read = source.used()["bytes"]
        exits = [run.exit for run in runs]
        copied = collections.Counter(pair for run in runs for pair in run.pairs("copied"))
        listed = sum(len(run.items) for run in runs)
        trial.promise(f"{name}: each item is copied once", set(exits) == {0} and copied == collections.Counter(pairs) and listed == len(pairs),
                      f"{len(copied)} of {len(pairs)} items in {listed} lines, exits {exits}")
        found = wrong(pairs)
        trial.promise(f"{name}: every digest is right", not found, found[0] if found else f"{len(pairs)} images compared")
    return {"sent": sum(run.bytes_sent for run in runs), "read at the source": read}


def command(trial, pairs, name, number, shards):
    own = ["--shard", f"{number}/{shards}"] if shards > 1 else []
    return trial.command(pairs, f"{name.replace(' ', '-')}-{number}", *own)
