# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps the core apart from GStreamer, GLib and the operating system.

  check_core.py includes ROOT            every #include names the core or plain C++
  check_core.py compile ROOT -- CXX...   every file compiles by itself, on a plain include path

ROOT is gst/isodemux, the only directory the compiler is given. A failure names the file.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# The core reads no files and starts no threads.
FORBIDDEN = {"fstream", "filesystem", "future", "iostream", "thread"}
FLAGS = ["-std=c++20", "-fsyntax-only", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra"]
COMPILERS_OWN_ROOM = {"CPATH", "CPLUS_INCLUDE_PATH", "C_INCLUDE_PATH", "CXXFLAGS", "CPPFLAGS"}


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


def compile_one(root, compiler, path):
    environment = {k: v for k, v in os.environ.items() if k not in COMPILERS_OWN_ROOM}
    command = compiler + FLAGS + ["-I", str(root), "-x", "c++", str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    text = (done.stderr or done.stdout).replace("warning: #pragma once in main file", "")
    return f"{path.relative_to(root)} does not compile alone:\n{text}" if done.returncode else None


def check_compile(root, compiler):
    files = [p for p in core_files(root) if p.suffix != ".def"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: compile_one(root, compiler, path), files)
    return [r for r in results if r]


def main():
    mode, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if mode == "includes":
        problems = check_includes(root)
    else:
        problems = check_compile(root, sys.argv[sys.argv.index("--") + 1:])
    for problem in problems:
        print(problem)
    print(f"{len(core_files(root))} files looked at, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
