# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of tests/support/summarize.py."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import summarize  # noqa: E402

GOOGLETEST = """[==========] Running 3 tests from 1 test suite.
[       OK ] Reader.Reads (0 ms)
[  SKIPPED ] Reader.Shared (0 ms)
[  FAILED  ] Reader.Fails (1 ms)
[==========] 3 tests from 1 test suite ran. (1 ms total)
[  FAILED  ] 1 test, listed below:
[  FAILED  ] Reader.Fails
"""
CHECK = "Running suite(s): isodemux\n75%: Checks: 8, Failures: 1, Errors: 1\nfile.cpp:1: no\n"
TAP = "1..4\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no display\nnot ok 4 # TODO later\n"
UNITTEST = "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\n"


def cases(result, stdout=""):
    return summarize.cases_of({"result": result, "stdout": stdout})


class Summary(unittest.TestCase):
    def test_cases_inside_a_program_count(self):
        self.assertEqual(cases("FAIL", GOOGLETEST), (1, 1, 1))
        self.assertEqual(cases("FAIL", CHECK), (6, 2, 0))
        self.assertEqual(cases("FAIL", TAP), (2, 1, 1))
        self.assertEqual(cases("FAIL", UNITTEST), (2, 2, 1))

    def test_a_program_that_counts_nothing_is_one_test(self):
        self.assertEqual(cases("OK", "hello"), (1, 0, 0))
        self.assertEqual(cases("SKIP"), (0, 0, 1))

    def test_a_crash_is_a_failure_though_every_case_passed(self):
        crashed = "[==========] Running 2 tests\n[       OK ] A.B (0 ms)\n[ RUN      ] A.C\n"
        self.assertEqual(cases("FAIL", crashed), (1, 1, 0))
        self.assertEqual(cases("TIMEOUT", CHECK.replace("1, Errors: 1", "0, Errors: 0")), (8, 1, 0))

    def test_programs_add_up(self):
        log = [json.dumps({"result": "OK", "stdout": ""}), "",
               json.dumps({"result": "FAIL", "stdout": CHECK})]
        self.assertEqual(summarize.add_up(log), [7, 2, 0])


if __name__ == "__main__":
    unittest.main()
