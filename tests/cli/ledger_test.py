#!/usr/bin/env python3
"""`kontext ledger`: what was spent on what.

usage: ledger_test.py KONTEXT [unittest's arguments]
"""

import json
import sqlite3
import sys
import time
import unittest
from pathlib import Path

import cli_test
from cli_test import USAGE, CliTest

LAST_YEAR = 366 * 24 * 3600


class Ledger(CliTest):
    def setUp(self):
        super().setUp()
        self.environment["TZ"] = "UTC"
        self.now = int(time.time())
        self.expect(self.run_kontext("ledger"), 0)  # makes the journal

    def add(self, state, prompt="gold leaves", price=None, billed=None, age=0, reason="", request=None):
        """Writes a row as the journal keeps it: prices in billionths of a dollar, times in milliseconds."""
        created = (self.now - age) * 1000
        nano = [None if usd is None else round(usd * 1e9) for usd in (price, billed)]
        request = json.dumps({"prompt": prompt}) if request is None else request
        with sqlite3.connect(self.folder / ".local/state/gimp-kontext/journal.sqlite") as journal:
            journal.execute(
                "INSERT INTO predictions (state, engine, model, request, placement, command, price_nusd, billed_nusd, "
                "reason, created_ms, changed_ms, run_ms) VALUES (?, 'eachlabs', 'kontext-pro', ?, '{}', 'c', ?, ?, "
                "CAST(? AS TEXT), ?, ?, 7000)", (state, request, *nano, reason, created, created))
        journal.close()

    def text(self):
        result = self.run_kontext("ledger")
        self.expect(result, 0)
        return result.stdout

    def json(self):
        result = self.run_kontext("ledger", "--json")
        self.expect(result, 0)
        return json.loads(result.stdout)

    def test_is_empty_at_first(self):
        month = time.strftime("%Y-%m", time.gmtime(self.now))
        self.assertIn(month, self.text())
        self.assertIn("$0.00", self.text())
        self.assertEqual(self.json(), {"version": 1, "month": month, "spent_this_month_usd": 0, "predictions": []})

    def test_tells_what_when_and_how_much_newest_first(self):
        self.add("delivered", "first", price=0.04, billed=0.035)
        self.add("unknown", "second", price=0.04)
        self.add("delivered", "third")
        lines = self.text().splitlines()
        day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(self.now))
        self.assertEqual(lines[0], f"{day}  eachlabs kontext-pro  price not known  delivered  third")
        self.assertEqual(lines[1], f"{day}  eachlabs kontext-pro  about $0.04  unknown  second")
        self.assertEqual(lines[2], f"{day}  eachlabs kontext-pro  $0.035  delivered  first")
        self.assertTrue(lines[3].endswith(": $0.075"), lines[3])

    def test_has_stable_names_for_scripts(self):
        self.add("refused", "gold", price=0.04, billed=0.0, reason="not this")
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now))
        self.assertEqual(self.json()["predictions"], [{
            "id": 1, "created": when, "changed": when, "engine": "eachlabs", "model": "kontext-pro", "command": "c",
            "prompt": "gold", "outcome": "refused", "reason": "not this", "price_usd": 0.04, "billed_usd": 0,
            "run_time_ms": 7000,
        }])
        self.add("expired", price=0.04)
        self.assertIsNone(self.json()["predictions"][0]["billed_usd"])

    def test_adds_up_this_month_alone(self):
        self.add("delivered", price=0.04, age=LAST_YEAR)
        self.add("delivered", price=0.04)
        self.add("failed", price=0.04)
        self.add("delivered", price=0.04, billed=0.06)
        self.assertAlmostEqual(self.json()["spent_this_month_usd"], 0.1)
        self.assertEqual(len(self.json()["predictions"]), 4)

    def test_shows_the_start_of_a_prompt_as_one_line_of_text(self):
        self.add("failed", "höh" * 40 + "\n\x1b[31mend", reason="line\nline\x1b]0;title\x07")
        row, reason, _ = self.text().splitlines()
        self.assertIn("höhhöh", row)
        self.assertTrue(row.endswith("h…") or row.endswith("ö…"), row)
        self.assertLess(len(row), 140)
        self.assertEqual(reason, "    line line ]0;title ")
        self.add("failed", "red\x1b[31m\x9b31m")
        self.assertTrue(self.text().splitlines()[0].endswith("  red [31m 31m"))

    def test_survives_requests_it_does_not_understand(self):
        self.add("failed", request="{ half", reason=b"\xff\xfe")
        self.assertEqual(self.json()["predictions"][0]["prompt"], "")
        self.assertEqual(len(self.text().splitlines()), 3)

    def test_names_a_journal_that_is_damaged(self):
        (self.folder / ".local/state/gimp-kontext/journal.sqlite").write_bytes(b"x" * 5000)
        self.expect(self.run_kontext("ledger"), USAGE, "journal.sqlite")


if __name__ == "__main__":
    cli_test.KONTEXT = str(Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
