"""The first things somebody tries: the demo, and the simulated shop."""

import json

from freshet_testing import EXIT_FAILED, Case, freshet, json_lines, main, read_bytes, sets, succeed, summary_counts


class Demo(Case):
    def test_the_demo_runs_ends_and_tells_what_happened(self):
        ended = freshet("--set", "source.events=2000", "--set", "source.rate=0", cwd=self.folder)
        self.assertEqual(ended.status, 0, ended.err)
        text = ended.out.decode()
        counts = summary_counts(text)
        self.assertEqual((counts["events"], counts["lists"], counts["rejected"]), (2_000, 2_000, 0), text)
        for words in ("from a simulated shop", "hit rate", "latency", "newest list", "because of"):
            self.assertIn(words, text)
        self.assertEqual(list(self.folder.iterdir()), [], "the demo leaves nothing behind")
        self.assertNotIn("\033", text, "no terminal, no control sequences")
        self.assertEqual(ended.err, b"")

    def test_the_summary_tells_what_was_learned(self):
        ratings = self.folder / "ratings.jsonl"
        ratings.write_text("".join(json.dumps({"user": f"u{n % 7}", "item": f"i{n % 11}", "type": "rating", "value": 1 + n % 5,
                                               "time": 1_700_000_000_000 + n * 60_000}) + "\n" for n in range(200)))
        words = {"source": {"type": "file", "path": str(ratings)}, "sink": {"type": "none"}, "state.path": ""}
        text = succeed("run", *sets({**words, "models": [{"type": "factorization", "mode": "rating"}]})).decode()
        self.assertRegex(text, r"(?m)^ratings +RMSE [\d.]+ +MSE [\d.]+ +of 19\d predicted before they were learned$")
        text = succeed("run", *sets({**words, "models": [{"type": "item_cf"}, {"type": "transitions"}]})).decode()
        self.assertRegex(text, r"(?m)^fusion +learned from \d+ choices\n  weights +item_cf -?[\d.]+ +transitions -?[\d.]+")
        self.assertNotIn("RMSE", text)
        text = succeed("run", *sets({**words, "fusion": {"type": "rrf"}})).decode()
        self.assertNotIn("learned from", text)

    def test_run_takes_the_simulated_shop_too(self):
        lists = self.folder / "lists.jsonl"
        succeed("run", *sets({"source.type": "simulate", "source.events": 300, "sink.type": "file",
                              "sink.path": str(lists), "state.path": ""}))
        self.assertEqual(len(json_lines(lists.read_bytes())), 300)


class Simulate(Case):
    def shop(self, *words):
        return succeed("simulate", "--events", 1_000, *words)

    def test_the_same_seed_gives_the_same_bytes(self):
        first = self.shop("--seed", 3)
        self.assertEqual(first, self.shop("--seed", 3))
        self.assertNotEqual(first, self.shop("--seed", 4))
        self.assertEqual(len(first.splitlines()), 1_000)

    def test_every_way_out_gives_the_same_bytes(self):
        expected = self.shop("--users", 100, "--items", 50)
        for name in ("events.jsonl", "events.jsonl.gz", "events.jsonl.zst"):
            path = self.folder / name
            said = self.shop("--users", 100, "--items", 50, "--to", path)
            self.assertIn(f"1,000 records written to {path}", said.decode())
            self.same_bytes(expected, read_bytes(path), name)
        self.same_bytes(expected, self.shop("--set", "source.users=100", "--set", "source.items=50"), "by --set")

    def test_a_file_that_holds_something_is_left_alone(self):
        path = self.folder / "events.jsonl"
        path.write_text("precious\n")
        for more in ((), ("--catalog",)):
            refused = freshet("simulate", "--events", 10, "--to", path, *more)
            self.assertEqual(refused.status, EXIT_FAILED)
            self.assertIn(f"--to: '{path}' holds something already: move it away, or name another", refused.err.decode())
        self.assertEqual(path.read_text(), "precious\n")

    def test_events_and_catalogue_are_of_the_contract(self):
        types = set()
        last = 0
        for event in json_lines(self.shop("--users", 50)):
            self.assertTrue({"user", "item", "type", "time"} <= set(event), event)
            self.assertGreaterEqual(event["time"], last)
            last = event["time"]
            types.add(event["type"])
        self.assertIn("view", types)
        catalog = json_lines(succeed("simulate", "--catalog", "--items", 40))
        self.assertEqual(len({record["item"] for record in catalog}), 40)
        self.assertTrue(all(json.dumps(record) for record in catalog))


if __name__ == "__main__":
    main()
