# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps the core apart from GStreamer, GLib and the operating system.

  check_core.py includes ROOT            every #include names the core or plain C++
  check_core.py commands ROOT BUILD      every source is built without their include paths
  check_core.py headers ROOT -- CXX...   every header compiles by itself, given ROOT alone

ROOT is gst/isodemux. A failure names the file.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# The core reads no files and starts no threads.
FORBIDDEN = {"fstream", "filesystem", "future", "iostream", "thread"}
FLAGS = ["-std=c++20", "-fsyntax-only", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra"]
FOREIGN = re.compile(r"(?:-I|-isystem)\s*\S*(?:glib|gstreamer|gio)", re.IGNORECASE)
INCLUDE_VARIABLES = {"CPATH", "CPLUS_INCLUDE_PATH", "C_INCLUDE_PATH"}


def core_files(root):
    files = [p for p in sorted((root / "core").rglob("*")) if p.suffix in (".h", ".cpp", ".def")]
    if not files:
        sys.exit(f"no files in {root / 'core'}: is that the right directory?")
    return files


def wrong_include(root, kind, name):
    if kind == '"':
        outside = not name.startswith("core/") or not (root / name).is_file()
        return "not a file of the core" if outside else None
    if "." in name or "/" in name:
        return "not a header of the C++ library"
    return "reads files or starts threads" if name in FORBIDDEN else None


def check_includes(root):
    problems = []
    for path in core_files(root):
        for kind, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            why = wrong_include(root, kind, name)
            if why:
                problems.append(f"{path.relative_to(root)} includes {name}: {why}")
    return problems


def check_commands(root, build):
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    commands = {(build / entry["file"]).resolve(): entry["command"]
                for entry in entries if "libiso-core" in entry["output"]}
    problems = []
    for path in core_files(root):
        command = commands.get(path.resolve(), "")
        if path.suffix == ".cpp" and not command:
            problems.append(f"{path.relative_to(root)} is not built as part of the core")
        if FOREIGN.search(command):
            problems.append(f"{path.relative_to(root)} is built with GStreamer or GLib at hand")
    return problems


def compile_header(root, compiler, path):
    environment = {k: v for k, v in os.environ.items() if k not in INCLUDE_VARIABLES}
    command = compiler + FLAGS + ["-I", str(root), "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "{path.relative_to(root)}"\n', text=True,
                          env=environment, capture_output=True)
    if done.returncode:
        return f"{path.relative_to(root)} does not compile alone:\n{done.stderr}"
    return None


def check_headers(root, compiler):
    headers = [p for p in core_files(root) if p.suffix == ".h"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: compile_header(root, compiler, path), headers)
    return [r for r in results if r]


def main():
    mode, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if mode == "includes":
        problems = check_includes(root)
    elif mode == "commands":
        problems = check_commands(root, pathlib.Path(sys.argv[3]))
    else:
        problems = check_headers(root, sys.argv[sys.argv.index("--") + 1:])
    for problem in problems:
        print(problem)
    print(f"{len(core_files(root))} files looked at, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
