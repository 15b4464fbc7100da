#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Turns what `isodemux-bench --json=FILE` wrote into docs/performance.md and its drawings.
"""usage: report.py RESULTS.json DOCS_DIRECTORY"""

import json
import math
import os
import sys
from html import escape

COLORS = ["#0a6aa1", "#c2571a", "#7a7a7a"]
INK, FAINT, GRID = "#222222", "#6b6b6b", "#dddddd"
WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 84, 150, 66, 54
BAR_LEFT = 124

FLOORS = ["floor", "floor by time"]

CHARTS = [
    # metric, file, title, unit, divisor
    ("open_ms", "open", "From opening to both tracks prerolled", "ms", 1),
    ("first_seek_ms", "first-seek", "First seek, to 90 % of the movie", "ms", 1),
    ("seek_median_ms", "seek", "Any later seek, median of 100", "ms", 1),
    ("heap_bytes", "heap", "Heap held after 100 seeks", "MiB", 1 << 20),
]

TABLE_METRICS = [
    ("open_ms", "open", 1),
    ("first_seek_ms", "first seek", 1),
    ("first_accurate_seek_ms", "first accurate seek", 1),
    ("seek_median_ms", "seek", 1),
    ("seek_p95_ms", "seek p95", 1),
    ("heap_bytes", "heap MiB", 1 << 20),
    ("rss_bytes", "RSS MiB", 1 << 20),
    ("open_read_bytes", "read to open MiB", 1 << 20),
    ("first_seek_read_bytes", "read by first seek MiB", 1 << 20),
]


def count(value):
    for unit, name in ((1e6, " M"), (1e3, " k")):
        if value >= unit * 0.9995:
            return f"{value / unit:.3g}{name}"
    return f"{value:.0f}"


def rounded(value):
    size = abs(value)
    return f"{value:.0f}" if size >= 99.95 else f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def median(movie, element, metric):
    """None where there is no such number."""
    runs = movie["runs"].get(element, {})
    if "failure" in runs or metric not in runs:
        return None
    return runs[metric]["median"]


def why_not(movie, element):
    runs = movie["runs"].get(element, {})
    return "refused" if "refused" in runs else "failed" if "failure" in runs else "-"


# ---- drawings


class Svg:
    def __init__(self, height=HEIGHT):
        self.height = height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="Helvetica, Arial, sans-serif" '
            'font-size="13">',
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        ]

    def text(self, x, y, text, anchor="start", color=INK, size=13, weight="normal"):
        # The white edge keeps grid lines out of the letters.
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}" '
            f'font-size="{size}" font-weight="{weight}" stroke="#ffffff" stroke-width="4" '
            f'paint-order="stroke">{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, color=GRID, width=1):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{color}" stroke-width="{width}"/>')

    def path(self, points, color):
        steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{steps}" fill="none" stroke="{color}" '
                          'stroke-width="2.5" stroke-linejoin="round"/>')

    def dot(self, x, y, color):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}"/>')

    def bar(self, x, y, width, height, color):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
                          f'height="{height:.1f}" rx="2" fill="{color}"/>')

    def save(self, path):
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(self.parts) + "\n</svg>\n")


class LogScale:
    """Values to pixels; ticks at whole powers of ten."""

    name = "logarithmic"

    def __init__(self, values, start, end):
        # Counts are whole groups of frames, a little more than the round number.
        self.low = math.floor(math.log10(min(values)) + 1e-3)
        self.high = max(math.ceil(math.log10(max(values)) - 1e-3), self.low + 1)
        self.start, self.end = start, end

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


class LinearScale:
    """Values to pixels, from zero; about five ticks."""

    name = "linear"

    def __init__(self, values, start, end):
        power = 10.0**math.floor(math.log10(max(values)))
        self.step = next(power * f for f in (0.2, 0.5, 1, 2) if max(values) <= 5 * power * f)
        self.high = self.step * math.ceil(max(values) / self.step)
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + value / self.high * (self.end - self.start)

    def ticks(self):
        return [self.step * i for i in range(round(self.high / self.step) + 1)]


def scale_for(values, start, end):
    """Powers of ten tell most where values differ by them, and mislead where they do not."""
    kind = LogScale if max(values) > 10 * min(values) else LinearScale
    return kind(values, start, end)


def plain(value):
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.6g}"


def draw_axes(svg, x_scale, y_scale, title, unit):
    svg.text(LEFT, 26, title, size=16, weight="bold")
    svg.text(LEFT, 45, f"{unit}, {y_scale.name}; frames, logarithmic", color=FAINT, size=12)
    for tick in y_scale.ticks():
        svg.line(LEFT, y_scale(tick), WIDTH - RIGHT, y_scale(tick))
        svg.text(LEFT - 10, y_scale(tick) + 4, plain(tick), anchor="end", color=FAINT)
    for tick in x_scale.ticks():
        svg.line(x_scale(tick), HEIGHT - BOTTOM, x_scale(tick), HEIGHT - BOTTOM + 5, FAINT)
        svg.text(x_scale(tick), HEIGHT - BOTTOM + 21, count(tick), "middle", FAINT)
    svg.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "frames in the file", "middle", FAINT, 12)


def spread(labels, gap=34):
    """Moves label heights apart, so that none covers another."""
    labels.sort(key=lambda label: label[0])
    for i in range(1, len(labels)):
        labels[i][0] = max(labels[i][0], labels[i - 1][0] + gap)
    return labels


def draw_growth(path, movies, elements, metric, title, unit, divisor):
    series = []
    for element in elements:
        points = [(m["frames"], median(m, element, metric)) for m in movies]
        points = [(x, y / divisor) for x, y in points if y is not None and y > 0]
        refused = any(why_not(m, element) == "refused" for m in movies)
        if points:
            series.append((element, points, refused))
    if not series:
        return False
    svg = Svg()
    x_scale = LogScale([m["frames"] for m in movies], LEFT, WIDTH - RIGHT)
    y_scale = scale_for([y for _, points, _ in series for _, y in points], HEIGHT - BOTTOM, TOP)
    draw_axes(svg, x_scale, y_scale, title, unit)
    labels = []
    for (element, points, refused), color in zip(series, COLORS):
        places = [(x_scale(x), y_scale(y)) for x, y in points]
        svg.path(places, color)
        for x, y in places:
            svg.dot(x, y, color)
        note = "refuses larger files" if refused else ""
        labels.append([places[-1][1], places[-1][0], element, points[-1][1], note, color])
    for y, x, element, value, note, color in spread(labels):
        svg.text(x + 10, y + 1, f"{element} {rounded(value)} {unit}", color=color, weight="bold")
        svg.text(x + 10, y + 16, note, color=FAINT, size=12)
    svg.save(path)
    return True


def draw_play(path, movie, elements):
    columns = [c for c in elements + FLOORS if median(movie, c, "play_buffers_per_second")]
    if not columns:
        return False
    rates = [median(movie, c, "play_buffers_per_second") for c in columns]
    svg = Svg(height=76 + 44 * len(columns))
    svg.text(24, 26, "Play through", size=16, weight="bold")
    svg.text(24, 45, "buffers a second, samples of about 200 bytes, queue and fakesink on each "
             "pad; floor: slices and pushes only", color=FAINT, size=12)
    for i, (column, rate) in enumerate(zip(columns, rates)):
        y = 66 + 44 * i
        width = rate / max(rates) * (WIDTH - BAR_LEFT - RIGHT)
        color = COLORS[2] if column in FLOORS else COLORS[min(i, 1)]
        svg.bar(BAR_LEFT, y, width, 28, color)
        svg.text(BAR_LEFT - 10, y + 19, column, "end", weight="bold", color=color)
        svg.text(BAR_LEFT + width + 10, y + 19, count(rate))
    svg.save(path)
    return True


# ---- text


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---:|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def ratio(over, under):
    return "-" if over is None or not under else rounded(over / under)


def ratio_table(movies, elements):
    subject, baseline = elements
    rows = []
    for movie in movies:
        row = [count(movie["frames"])]
        for metric, _, _ in TABLE_METRICS:
            over, under = median(movie, baseline, metric), median(movie, subject, metric)
            row.append(why_not(movie, baseline) if over is None else ratio(over, under))
        rows.append(row)
    return table(["frames"] + [title for _, title, _ in TABLE_METRICS], rows)


def growth_table(movies, elements):
    rows = []
    for element in elements:
        for movie in movies[1:]:
            row = [element, count(movie["frames"])]
            for metric, _, _ in TABLE_METRICS:
                value = median(movie, element, metric)
                row.append(why_not(movie, element) if value is None else
                           ratio(value, median(movies[0], element, metric)))
            rows.append(row)
    return table(["element", "frames"] + [title for _, title, _ in TABLE_METRICS], rows)


def absolute_table(movies, elements):
    rows = []
    for movie in movies:
        for element in elements:
            row = [count(movie["frames"]), rounded(movie["moov_bytes"] / (1 << 20)), element]
            for metric, _, divisor in TABLE_METRICS:
                value = median(movie, element, metric)
                row.append(why_not(movie, element) if value is None else rounded(value / divisor))
            rows.append(row)
    head = ["frames", "tables MiB", "element"] + [title for _, title, _ in TABLE_METRICS]
    return table(head, rows)


def play_table(movie, elements):
    rows = []
    for column in elements + FLOORS:
        row = [column]
        for kind in ("play", "bare"):
            rate = median(movie, column, f"{kind}_buffers_per_second")
            row.append(ratio(rate, median(movie, "floor", f"{kind}_buffers_per_second")))
            row.append(why_not(movie, column) if rate is None else count(rate))
            cpu = median(movie, column, f"{kind}_cpu_ns_per_buffer")
            row.append("-" if cpu is None else rounded(cpu))
        rows.append(row)
    head = ["source", "to the floor", "buffers/s", "CPU ns a buffer",
            "without queues: to the floor", "buffers/s", "CPU ns a buffer"]
    return table(head, rows)


def goal_table(goals):
    rows = [[g["what"], g["target"], g["measured"], "yes" if g["reached"] else "**no**"]
            for g in goals]
    return table(["goal", "target", "measured", "reached"], rows)


def command_of(results, *options):
    """The run that gives one section's numbers again, with nothing else in it."""
    own = {"sizes": "", "variable-sizes": "", "play-frames": "0"}
    given = dict(o[2:].split("=", 1) for o in results["command"].split()[1:])
    own.update({name: given[name] for name in options})
    changed = [f"--{name}={value}" for name, value in own.items()]
    return "Again: `./run bench " + " ".join(changed) + f" --repeats={given['repeats']}`\n"


def growth_section(results, group, title, option, folder, prefix):
    movies = [m for m in results["movies"] if m["group"] == group]
    elements = results["elements"]
    if not movies:
        return ""
    parts = [f"## {title}\n", command_of(results, option)]
    if len(elements) == 2:
        subject, baseline = elements
        parts += [f"How many times what {subject} needs does {baseline} need?\n",
                  ratio_table(movies, elements)]
    for metric, name, heading, unit, divisor in CHARTS:
        file = f"{prefix}{name}.svg"
        path = os.path.join(folder, file)
        if draw_growth(path, movies, elements, metric, heading, unit, divisor):
            parts.append(f"![{heading}](performance/{file})\n")
    if len(movies) > 1:
        parts += [f"How many times what {count(movies[0]['frames'])} frames need do more need? "
                  "1: flat.\n", growth_table(movies, elements)]
    parts += ["In milliseconds and MiB, on the machine above:\n", absolute_table(movies, elements)]
    return "\n".join(parts) + "\n"


def play_section(results, folder):
    movies = [m for m in results["movies"] if m["group"] == "play"]
    if not movies:
        return ""
    movie, elements = movies[0], results["elements"]
    parts = ["## Play through\n", command_of(results, "play-frames")]
    if draw_play(os.path.join(folder, "play.svg"), movie, elements):
        parts.append("![Play through](performance/play.svg)\n")
    buffers = movie["frames"] + movie["audio_samples"]
    parts += [f"{count(buffers)} buffers of about 200 bytes, written out in full; every buffer's "
              "bytes, time and flags are checked in a run of their own first.\n",
              play_table(movie, elements)]
    return "\n".join(parts) + "\n"


INTRODUCTION = """# Performance

<!-- Written by tests/bench/report.py; change the words there. -->

`./run bench` measures isodemux beside {baseline} and prints tables like these; this page and its
drawings are one such run:

    ./run bench --json=bench.json && python3 tests/bench/report.py bench.json docs

Look at the ratios and the growth first: they say the same on any machine. The milliseconds are
those of one machine: {machine}.

## Goals

{goals}
"""

METHOD = """## How it is measured

* The movies are made by the benchmark (`build-bench/tests/bench/make-sparse-file` writes one
  alone): H.264-like video, 30 frames a second, groups of 60 with B-frames, a composition offset
  for every frame, a sync table, and AAC-like audio; chunks of half a second, interleaved, 64-bit
  chunk offsets, tables before the payload. The payload is a hole, so that 100 million frames
  (46 days) need 2 GB of disk. At variable rate every frame has a run of its own in `stts`.
* Each measurement runs in a process of its own, which opens a small movie first, so that neither
  loading code nor anyone's leftovers are counted. The elements take turns. One round is thrown
  away, the median of {repeats} is printed. The page cache is warm for all.
* *open*: `filesrc ! demuxer ! queue ! fakesink` on both pads, from NULL until both sinks have
  prerolled. *seek*: from sending a flushing key unit seek until both sinks have prerolled again;
  *accurate*: the same with an accurate one. Most of a seek is the waking of four threads, of which
  isodemux's own code is a twentieth: between short films its median is about that of qtdemux,
  0.8 to 1.1 from run to run, which then has all samples in memory. *heap*: what malloc has handed out (all arenas, and
  mappings) more than before opening, after 100 random seeks, with short queues; it counts
  everything, also what is no index. *RSS*: the same by the kernel's figures. *read*: bytes of all
  read calls meanwhile, media included; they hardly change from run to run.
* *play*: from PAUSED to EOS. *floor*: reads the same file in 1 MiB blocks and pushes slices of
  the same sizes, in file order, into the same sinks; it parses nothing. *floor by time*: the same
  in the order of decode times, the tracks in turns, which wakes another thread with nearly every
  buffer. A wrong number of buffers fails the run.
* Every answer is checked: after each seek the first buffer of each pad must be the sample that
  the movie's formula says, by its time, its size, its flag, and a marker in its bytes. One wrong
  answer of isodemux fails the benchmark.
"""


def write_page(results, docs):
    folder = os.path.join(docs, "performance")
    os.makedirs(folder, exist_ok=True)
    machine = results["machine"]
    given = dict(o[2:].split("=", 1) for o in results["command"].split()[1:])
    described = (f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
                 f"{machine['gstreamer']}, g++ {machine['compiler']}")
    text = INTRODUCTION.format(baseline=" and ".join(results["elements"][1:]) or "nothing",
                               machine=described, goals=goal_table(results["goals"]))
    text += growth_section(results, "constant-rate", "Constant frame rate", "sizes", folder, "")
    text += growth_section(results, "variable-rate", "Variable frame rate", "variable-sizes",
                           folder, "variable-")
    text += play_section(results, folder)
    text += METHOD.format(repeats=given["repeats"])
    with open(os.path.join(docs, "performance.md"), "w", encoding="utf-8") as out:
        out.write(text)


def main(arguments):
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[1], encoding="utf-8") as file:
        results = json.load(file)
    if not results["machine"]["optimized"]:
        print("report.py: these are numbers of an unoptimised build", file=sys.stderr)
        return 1
    write_page(results, arguments[2])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
