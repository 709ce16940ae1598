# SPDX-License-Identifier: Apache-2.0

"""Results as JSON, as a Markdown table and as a chart."""

import json
import os
import platform
import statistics
import subprocess
import tempfile

from . import chart


def median(runs, *keys):
    """The median over runs of what the keys lead to; None where no run has it."""
    values = []
    for run in runs:
        for key in keys:
            run = run.get(key) if isinstance(run, dict) else None
        if run is not None:
            values.append(run)
    return statistics.median(values) if values else None


def number(value, digits=2):
    return "-" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else str(value)


def ratio(value, base):
    return "-" if value is None or not base else f"×{value / base:.2f}"


def mebibytes(value):
    return None if value is None else value / 1048576


def together(run, key):
    """The sum over both sides; None where a side that was watched does not say."""
    sides = [run[side] for side in ("source", "target") if run.get(side)]
    values = [side.get(key) for side in sides]
    return None if not values or None in values else sum(values)


def each(seconds, count):
    """Milliseconds for one of `count`."""
    return None if seconds is None or not count else seconds * 1000 / count


def main_phase(tool):
    """The runs a workload is about: cold ones, where there are any."""
    return tool.get("cold") or tool.get("warm") or []


def least(workload, tool):
    return workload["minimum"]["referrers" if tool["referrers"] else "plain"]


HEAD = [
    "tool", "wall, s", "ratio", "CPU, s", "ratio", "CPU, ms a request", "peak, MiB", "requests, source", "target", "of the least",
    "for tokens", "to storage", "connections", "MiB from source", "registries' CPU, s", "again, s", "ratio", "CPU, s", "copies",
]


def cells(workload, tool, base):
    runs, again = main_phase(tool), tool.get("warm", []) if tool.get("cold") else []
    wall, cpu = median(runs, "wall"), median(runs, "cpu")
    sums = {key: [{"sum": together(run, key)} for run in runs] for key in ("requests", "bytes", "cpu", "tokens", "storage")}
    minimum = least(workload, tool)
    requests = minimum["sourceRequests"] + minimum["targetRequests"]
    return [
        tool["name"] + (" (with referrers)" if tool["referrers"] else ""),
        number(wall), ratio(wall, median(main_phase(base), "wall")), number(cpu), ratio(cpu, median(main_phase(base), "cpu")),
        number(each(cpu, median(sums["requests"], "sum"))), number(median(runs, "peakMiB"), 0), number(median(runs, "source", "requests"), 0), number(median(runs, "target", "requests"), 0),
        ratio(median(sums["requests"], "sum"), requests), number(median(sums["tokens"], "sum"), 0),
        number(median(sums["storage"], "sum"), 0), number(median(runs, "connections"), 0),
        number(mebibytes(median(runs, "source", "bytes")), 1), number(median(sums["cpu"], "sum")),
        number(median(again, "wall")), ratio(median(again, "wall"), median(base.get("warm", []), "wall")), number(median(again, "cpu")),
        "right" if not tool["wrong"] else f"{len(tool['wrong'])} WRONG",
    ]


def table(workload):
    """Ratios are to the first tool: where it is there, a loop over `gcrane cp`, one image after the other."""
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    base = workload["tools"][0]
    lines += ["| " + " | ".join(cells(workload, tool, base)) + " |" for tool in workload["tools"]]
    for name, minimum in workload["minimum"].items():
        title = "(least possible)" if name == "plain" else "(least with referrers)"
        row = [title] + ["-"] * 6 + [str(minimum["sourceRequests"]), str(minimum["targetRequests"]), "×1.00"] + ["-"] * 3
        lines.append("| " + " | ".join(row + [number(mebibytes(minimum["bytes"]), 1)] + ["-"] * 5) + " |")
    return "\n".join(lines)


def link(results):
    found = results["link"]
    if not found:
        return "over the network there" if results["given"] else "loopback"
    whose = "each host" if results["road"] else "each registry"
    return (
        f"{whose} behind a link of {found['asked']} ({found['kind']}; one connection found {found['roundTripMs']} ms "
        f"and {found['mbitPerSecond']} Mbit/s)"
    )


def registry(results):
    if results["given"]:
        return results["registry"]
    before = f" behind nginx with TLS, tokens and redirects (road {results['road']})" if results["road"] else ""
    return f"{os.path.basename(results['registry'])}{before}{' with TLS' if results['tls'] else ''} on {results['storage']}"


def setting(results):
    """Where the figures come from, in a sentence's first half."""
    return f"{results['machine']}; {registry(results)}; {link(results)}; median of {results['repeat']}"


def markdown(results):
    parts = [
        f"{setting(results)}. Ratios are to the first line. "
        "Peak memory is that of the largest single process. `again`: the same list once more."
    ]
    for workload in results["workloads"]:
        parts.append(f"### {workload['name']}: {workload['images']} images, scale {workload['scale']:g}")
        parts.append(table(workload))
    return "\n\n".join(parts) + "\n"


def machine():
    model = ""
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{os.cpu_count()} cores ({model or platform.machine()}), Linux {platform.release()}"


def storage():
    """The kind of file system that registries started here keep their content on."""
    asked = ["stat", "--file-system", "--format=%T", tempfile.gettempdir()]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def write(results, folder):
    os.makedirs(folder, exist_ok=True)
    texts = {"json": json.dumps(results, indent=1) + "\n", "md": markdown(results), "svg": chart.draw(panels(results), link(results))}
    paths = []
    for kind, text in texts.items():
        paths.append(os.path.join(folder, f"{results['started']}.{kind}"))
        with open(paths[-1], "w") as file:
            file.write(text)
    return paths


def panels(results):
    """For each workload its title and (tool, wall seconds, ratio, CPU seconds)."""
    for workload in results["workloads"]:
        base = median(main_phase(workload["tools"][0]), "wall")
        bars = []
        for tool in workload["tools"]:
            runs = main_phase(tool)
            wall = median(runs, "wall")
            if wall is not None:
                bars.append((tool["name"], wall, ratio(wall, base), median(runs, "cpu")))
        yield f"{workload['name']}, {workload['images']} images", bars
