"""tools/quality on a made-up shop: the page, what it says of absent data, runs that are kept, and its check."""

import json
import os
import random
import subprocess
import sys

import freshet_testing
from freshet_testing import PROGRAM, Case, environment, main, write_events

TOOL = freshet_testing.REPOSITORY / "tools" / "quality"
T = 1_700_000_000_000
SETS = {
    "rmse": {"set": "none", "at_most": 1, "about": "nothing"},
    "worse_than_best_model_at_most": 0.003,
    "sets": [
        {"name": "shop", "title": "shop, prequential", "protocol": "prequential", "events": "shop",
         "at_least": [0.5, 0.2], "aim": [0.9, 0.9], "source": "made up", "public": [["a method", 0.123, 0.045]]},
        {"name": "visits", "title": "visits, session, frozen", "protocol": "session", "train": ["shop", "more"],
         "test": "visits", "at_least": [0.5, 0.2], "aim": [0.9, 0.9], "source": "made up", "public": []},
    ],
}


def shop(seed, events, users):
    dice = random.Random(seed)
    return [{"user": f"u{dice.randrange(users)}", "item": f"i{min(dice.randrange(60), dice.randrange(60))}",
             "type": dice.choice(["view", "view", "purchase"]), "time": T + i * 1_000} for i in range(events)]


class Quality(Case):
    def setUp(self):
        super().setUp()
        (self.folder / "sets.json").write_text(json.dumps(SETS))

    def tool(self, *words, **options):
        command = [sys.executable, "-B", str(TOOL), "--data", str(self.folder), "--freshet", PROGRAM, "--cache",
                   str(self.folder / "kept"), "--sets", str(self.folder / "sets.json"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=250, env=environment(), **options)

    def write_data(self):
        write_events(self.folder / "shop.jsonl", shop(1, 1_500, 50))
        write_events(self.folder / "more.jsonl", shop(2, 200, 50))
        write_events(self.folder / "visits.jsonl", shop(3, 200, 20))

    def test_page_and_check(self):
        self.write_data()
        ended = self.tool()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        page = ended.stdout
        for words in ("## Targets", "### shop, prequential", "### visits, session, frozen", "| equal weights |", "| rrf |",
                      "| `popularity` alone |", "| a method | .1230 | .0450 |", "## Held, or ranked at the request",
                      "## What waiting for the epoch costs", "## How fast a new shop learns", "| 1,000 |"):
            self.assertIn(words, page)
        self.assertNotIn(str(self.folder), page)
        # All runs are kept: the second time none is made, and the page is the same.
        again = self.tool()
        self.assertNotIn("evaluate", again.stderr)
        self.assertEqual(again.stdout, page)

        path = self.folder / "QUALITY.md"
        path.write_text(page)
        ended = self.tool("--check", "--page", path)
        figures = page.split("| shop, prequential | ")[1].split(" | ")[0]
        self.assertIn("RMSE of rating mode: not measured", ended.stdout)
        self.assertEqual(ended.returncode, 1)
        # With figures of its own: one under what is asked, one under the best model.
        rmse = "\nRMSE 0.9 over 10 ratings\n## Every list"
        for figure, missed in (("1.0000 / .9000", []), ("1.0000 / .1990", ["MRR@20 is .1990, asked .2000"])):
            head = page.replace(f"shop, prequential | {figures}", f"shop, prequential | {figure}", 1)
            visits = page.split("| visits, session, frozen | ")[1].split(" | ")[0]
            head = head.replace(f"visits, session, frozen | {visits}", "visits, session, frozen | 1.0000 / 1.0000", 1)
            path.write_text(head.replace("## Every list", rmse, 1))
            ended = self.tool("--check", "--page", path)
            for sentence in missed:
                self.assertIn("shop, prequential: " + sentence, ended.stdout)
            self.assertEqual(ended.returncode, 1 if missed else 0, ended.stdout)

    def test_absent_data(self):
        ended = self.tool()
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertIn("the data is absent: shop, prequential needs shop.jsonl.zst in --data", ended.stderr)
        self.assertIn("nothing to measure", ended.stderr)

    def test_one_set_absent(self):
        self.write_data()
        os.remove(self.folder / "more.jsonl")
        ended = self.tool("--parts", "request")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("Not measured, for want of the data: visits, session, frozen.", ended.stdout)
        self.assertIn("Left out of this page by --only or --parts: part `lists`; part `epochs`; part `curve`", ended.stdout)
        self.assertNotIn("equal weights", ended.stdout)

    def test_unknown_words(self):
        self.assertIn("'cellar' is no set; known: shop, visits", self.tool("--only", "cellar").stderr)
        self.assertIn("'cellar' is none of lists", self.tool("--parts", "cellar").stderr)
        self.assertIn("there is no program", self.tool("--freshet", self.folder / "none").stderr)


if __name__ == "__main__":
    main()
