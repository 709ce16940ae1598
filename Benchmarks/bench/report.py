"""Results as JSON and as a Markdown table."""

import json
import os
import platform
import statistics


def median(runs, *keys):
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
    return "-" if not value or not base else f"x{value / base:.2f}"


def mebibytes(value):
    return None if value is None else value / 1048576


HEAD = [
    "tool", "cold, s", "ratio", "warm, s", "ratio", "CPU, s", "ratio", "peak, MiB", "requests at source",
    "requests at target", "MiB from source", "registries' CPU, s", "copies",
]


def table(workload):
    """Ratios are to the first tool: a loop over `gcrane cp`, one image after the other."""
    base = workload["tools"][0]["cold"]
    base_warm = workload["tools"][0]["warm"]
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for tool in workload["tools"]:
        cold, warm = tool["cold"], tool["warm"]
        registries = [median(cold, side, "cpu") for side in ("source", "target")]
        cells = [
            tool["name"],
            number(median(cold, "wall")), ratio(median(cold, "wall"), median(base, "wall")),
            number(median(warm, "wall")), ratio(median(warm, "wall"), median(base_warm, "wall")),
            number(median(cold, "cpu")), ratio(median(cold, "cpu"), median(base, "cpu")),
            number(median(cold, "peakMiB"), 0),
            number(median(cold, "source", "requests"), 0), number(median(cold, "target", "requests"), 0),
            number(mebibytes(median(cold, "source", "bytes")), 0),
            number(sum(value for value in registries if value is not None)),
            "right" if not tool["wrong"] else f"{len(tool['wrong'])} WRONG",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    least = workload["minimum"]
    cells = ["(least possible)"] + ["-"] * 7 + [
        str(least["sourceRequests"]), str(least["targetRequests"]), number(mebibytes(least["bytes"]), 0), "-", "-",
    ]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |"])


def markdown(results):
    parts = [
        f"{results['machine']}; registries: {results['registry']}; median of {results['repeat']}. "
        "Ratios are to the first line. Peak memory is that of the largest single process."
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


def write(results, folder):
    os.makedirs(folder, exist_ok=True)
    paths = [os.path.join(folder, f"{results['started']}.{kind}") for kind in ("json", "md")]
    with open(paths[0], "w") as file:
        json.dump(results, file, indent=1)
    with open(paths[1], "w") as file:
        file.write(markdown(results))
    return paths
