# SPDX-License-Identifier: LGPL-2.1-or-later
"""Adds up what meson's log says of a test run: N passed, N failed, N skipped.

  summarize.py testlog.json

A program that counts its own test cases (GoogleTest, check, TAP, Python's unittest) counts
with all of them, any other program as one. A program that fails or crashes without a failed
case counts as one failure. No test at all is a failure too: the exit code says so.
"""

import json
import pathlib
import re
import sys

GOOD = {"OK", "EXPECTEDFAIL"}


def count(pattern, text):
    return len(re.findall(pattern, text, re.MULTILINE))


def googletest(text):
    if "[==========]" not in text:
        return None
    return (count(r"^\[       OK \] ", text),
            count(r"^\[  FAILED  \] .*\(\d+ ms\)$", text),
            count(r"^\[  SKIPPED \] .*\(\d+ ms\)$", text))


def check(text):
    suites = re.findall(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", text,
                        re.MULTILINE)
    if not suites:
        return None
    cases, failures, errors = (sum(map(int, column)) for column in zip(*suites))
    return cases - failures - errors, failures + errors, 0


def unittest(text):
    ran = re.search(r"^Ran (\d+) tests? in ", text, re.MULTILINE)
    if not ran:
        return None
    ended = re.findall(r"(failures|errors|skipped|expected failures)=(\d+)", text[ran.end():])
    numbers = {word: int(number) for word, number in ended}
    failed = numbers.get("failures", 0) + numbers.get("errors", 0)
    skipped = numbers.get("skipped", 0)
    return int(ran.group(1)) - failed - skipped, failed, skipped


def tap(text):
    if not re.search(r"^1\.\.\d+", text, re.MULTILINE):
        return None
    skipped = count(r"^(not )?ok\b.*# *SKIP", text)
    failed = count(r"^not ok\b(?!.*# *(SKIP|TODO))", text)
    return count(r"^(not )?ok\b", text) - skipped - failed, failed, skipped


def cases_of(test):
    """(passed, failed, skipped) of one program of the log."""
    text = test.get("stdout", "") + test.get("stderr", "")
    counted = next(filter(None, (read(text) for read in (googletest, check, unittest, tap))),
                   (0, 0, 0))
    passed, failed, skipped = counted
    if test["result"] == "SKIP":
        return passed, failed, max(skipped, 1)
    if test["result"] not in GOOD:
        return passed, max(failed, 1), skipped
    return counted if any(counted) else (1, 0, 0)


def add_up(lines):
    total = [0, 0, 0]
    for line in filter(str.strip, lines):
        total = [a + b for a, b in zip(total, cases_of(json.loads(line)))]
    return total


def main():
    lines = []
    for name in sys.argv[1:]:
        lines += pathlib.Path(name).read_text(encoding="utf-8").splitlines()
    passed, failed, skipped = add_up(lines)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
