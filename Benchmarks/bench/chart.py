# SPDX-License-Identifier: Apache-2.0

"""A bar chart as SVG: one panel a workload, a bar a tool, readable on light and on dark pages."""

from html import escape

WIDTH, NAMES, LABELS = 760, 118, 190
ROW, HEAD, GAP = 22, 40, 14

STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.quiet { fill: #57606a }
.paper { fill: #ffffff }
.bar { fill: #9aa4af }
.cpu { fill: #5d6772 }
.ours { fill: #0a7bdc }
.ours-cpu { fill: #05508f }
.axis { stroke: #c5ccd3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9da7b1 }
  .paper { fill: #0d1117 }
  .bar { fill: #6e7781 }
  .cpu { fill: #b1bac4 }
  .ours { fill: #2f8fea }
  .ours-cpu { fill: #9cd0ff }
  .axis { stroke: #3d444d }
}
"""


def draw(panels, subtitle):
    """`panels` are (title, [(tool, wall seconds, ratio, CPU seconds or None)])."""
    body, top = [], 52
    for title, bars in panels:
        body += panel(title, bars, top)
        top += HEAD + ROW * len(bars) + GAP
    legend = "Wall seconds (wide bar; shorter is better), ratio to the first, and CPU seconds of the tool (thin bar)"
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" role="img">',
        f"<title>{escape(legend)}</title>", f"<style>{STYLE}</style>", f'<rect class="paper" width="{WIDTH}" height="{top}" rx="8"/>',
        text(16, 26, legend), text(16, 45, shortened(subtitle), "quiet"),
    ]
    return "\n".join([*head, *body, "</svg>"]) + "\n"


def panel(title, bars, top):
    parts = [text(16, top + 26, title, "title")]
    room = WIDTH - NAMES - LABELS - 16
    longest = max([max(wall, cpu or 0) for _, wall, _, cpu in bars], default=0) or 1
    begin = top + HEAD - 4
    for position, (name, wall, ratio, cpu) in enumerate(bars):
        y = begin + ROW * position
        ours = name.startswith("transship")
        length = room * wall / longest
        parts.append(text(16 + NAMES - 10, y + 15, name, "title" if ours else "", anchor="end"))
        parts.append(bar(y + 3, length, 15, "ours" if ours else "bar"))
        if cpu:
            parts.append(bar(y + 14, room * cpu / longest, 4, "ours-cpu" if ours else "cpu"))
        end = 16 + NAMES + max(length, room * (cpu or 0) / longest) + 8
        parts.append(text(end, y + 15, f"{seconds(wall)}  {ratio}" + (f"  CPU {seconds(cpu)}" if cpu is not None else "")))
    bottom = begin + ROW * len(bars)
    parts.append(f'<path class="axis" d="M{16 + NAMES} {begin}V{bottom}"/>')
    return parts


def bar(y, length, height, kind):
    return f'<rect class="{kind}" x="{16 + NAMES}" y="{y}" width="{max(length, 1):.1f}" height="{height}" rx="2"/>'


def text(x, y, content, kind="", anchor=""):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" xml:space="preserve"{attributes}>{escape(content)}</text>'


def seconds(value):
    return f"{value:.0f} s" if value >= 100 else f"{value:.1f} s" if value >= 10 else f"{value:.2f} s"


def shortened(line):
    return line if len(line) <= 110 else line[:109] + "…"
