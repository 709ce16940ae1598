# SPDX-License-Identifier: Apache-2.0

"""One of three registries refuses everything for minutes: the items of the other two do not wait for it."""

import contextlib
import itertools

from ..limiter import RETRY_AFTER, Limiter
from .tags import Tags

#: Repositories in each source registry: the first is the one that is limited.
REPOSITORIES = (17, 17, 16)
TAGS = 200
CEILING = 256
#: Requests after which the limit finds items under way: their manifests are known, blobs that others need too are not sent.
BEGUN = 8
#: Seconds that may pass between two arrivals: far more than a busy machine makes of it, far less than a pause.
LONGEST_GAP = RETRY_AFTER / 2


def slack(seconds):
    """When items may end that took so long while nobody was limited: this machine does other things, too."""
    return seconds * 1.5 + LONGEST_GAP


def play(trial):
    count = max(1, round(TAGS * trial.options.scale))
    parts = [Tags(repositories, count) for repositories in REPOSITORIES]
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(trial.registry(f"source{number}")) for number in range(len(parts))]
        for tags, source in zip(parts, sources):
            tags.push(source.address)
        addresses = [source.address for source in sources]
        free = copied(trial, parts, addresses, "nobody is limited", seconds=0, admitted=0)
        for name, admitted in (("limited from the first request on", 0), (f"limited after {BEGUN} requests", BEGUN)):
            run = copied(trial, parts, addresses, name, trial.options.minutes * 60, admitted)
            judge(trial, name, addresses[1:], free, run)


def copied(trial, parts, addresses, name, seconds, admitted):
    """A run into an empty registry, in which the first source refuses everything for so long."""
    with trial.registry("target") as target, Limiter(addresses[0], seconds, admitted) as limiter:
        trial.say(f"  {limiter.address} is {addresses[0]}; {name}: {seconds:g} s of 429, Retry-After: {RETRY_AFTER}")
        places = [f"{target.address}/mirror{number}" for number in range(len(parts))]
        lists = [tags.pairs(*ends) for tags, *ends in zip(parts, [limiter.address, *addresses[1:]], places)]
        # The registries take turns in the list, and the limited one comes first.
        pairs = [pair for row in itertools.zip_longest(*lists) for pair in row if pair]
        run = trial.run(trial.command(pairs, name.replace(" ", "-")))
        arrived = len(set(run.pairs("copied")) & set(pairs))
        trial.promise(f"{name}: all items arrive", run.exit == 0 and arrived == len(run.items) == len(pairs),
                      f"{arrived} of {len(pairs)} items, exit {run.exit}, {run.wall} s; 429 answered {limiter.refused} times")
        found = [text for tags, place in zip(parts, places) if (text := tags.wrong(place))]
        trial.promise(f"{name}: every manifest is the source's", not found, found[0] if found else f"{len(pairs)} tags read")
        trial.promise(f"{name}: memory stays below {CEILING} MiB", run.peak is not None and run.peak < CEILING, f"{run.peak} MiB at most")
        return run


def judge(trial, name, others, free, limited):
    before, during = ([when for host in others for when in run.arrivals(host)] for run in (free, limited))
    last = max(before), max(during)
    trial.promise(f"{name}: the other registries' last item is not late", last[1] <= slack(last[0]),
                  f"after {last[1]:.1f} s; {last[0]:.1f} s while nobody was limited")
    gap = max(later - earlier for earlier, later in itertools.pairwise([0, *sorted(during)]))
    trial.promise(f"{name}: the other registries' items never pause", gap <= LONGEST_GAP, f"{gap:.2f} s between two arrivals at most")
