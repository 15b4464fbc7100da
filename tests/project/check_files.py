# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every file of the project keeps to: a licence line, a length, a place for its texts.

  check_files.py ROOT
"""

import pathlib
import re
import subprocess
import sys

SOURCES = {".cpp", ".h", ".def", ".py", ".sh"}
FOLDERS = ("gst", "ext", "tests")
MAX_LINES = 800
TRANSLATABLE = re.compile(r'\bN?_\s*\(\s*"')
SCRIPTS = ("run", ".ci/run")


def sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                yield path
    for name in SCRIPTS:
        yield root / name


def check_source(path, text, translated):
    if "SPDX-License-Identifier: LGPL-2.1-or-later" not in text[:300]:
        yield "has no SPDX licence line"
    lines = text.count("\n")
    if lines > MAX_LINES:
        yield f"has {lines} lines, more than {MAX_LINES}"
    if TRANSLATABLE.search(text) and not translated:
        yield "has texts to translate but is not in po/POTFILES"


def check_sources(root, potfiles):
    for path in sources(root):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        for problem in check_source(path, text, str(name) in potfiles):
            yield f"{name} {problem}"


def check_scripts(root):
    for name in SCRIPTS:
        done = subprocess.run(["bash", "-n", root / name], capture_output=True, text=True)
        if done.returncode:
            yield f"{name}: {done.stderr}"


def words(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def check_translations(root, potfiles):
    for name in potfiles:
        if not (root / name).is_file():
            yield f"po/POTFILES names {name}, which is not there"
    languages = set(words(root / "po" / "LINGUAS"))
    present = {path.stem for path in (root / "po").glob("*.po")}
    for language in languages ^ present:
        yield f"po/LINGUAS and the files in po/ disagree about {language}"


def check_news(root):
    version = re.search(r"version: '([^']+)'", (root / "meson.build").read_text(encoding="utf-8"))
    if version.group(1) not in (root / "NEWS").read_text(encoding="utf-8"):
        yield f"NEWS says nothing of version {version.group(1)}"


def main():
    root = pathlib.Path(sys.argv[1])
    potfiles = words(root / "po" / "POTFILES")
    problems = [
        *check_sources(root, potfiles),
        *check_scripts(root),
        *check_translations(root, potfiles),
        *check_news(root),
    ]
    print("\n".join(problems) or "every file is as it should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
