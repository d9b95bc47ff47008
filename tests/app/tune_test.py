"""`freshet tune` on a small log with a planted optimum, and what its words may be."""

import json
import re

from freshet_testing import Case, freshet, main, sets, succeed, write_events

T = 1_700_000_000_000
# Walkers go round ten items, one after the other; between their steps strangers, who come once, view what is
# popular. With lists of one item the next step is there only if what follows what weighs more than popularity.
GIVEN = {"lists.size": 1, "models": [{"type": "transitions"}, {"type": "popularity"}],
         "fusion": {"type": "weighted", "weights": {"transitions": 0.4, "popularity": 1}}}


def planted():
    events = []
    for step in range(1_500):
        walker = step % 15
        events.append({"user": f"w{walker}", "item": f"i{(walker + step // 15) % 10}"})
        events += [{"user": f"s{step}-{n}", "item": "hit"} for n in range(2)]
    return [{**event, "type": "view", "time": T + n * 1_000} for n, event in enumerate(events)]


class Tune(Case):
    def setUp(self):
        super().setUp()
        self.events = write_events(self.folder / "events.jsonl", planted())

    def tune(self, *words, name="found.json", **options):
        path = self.folder / name
        text = succeed("tune", "--events", self.events, "--to", path, *words, *sets({**GIVEN, **options})).decode()
        return text, path

    def hit_rate(self, *words, **options):
        got = json.loads(succeed("evaluate", "--events", self.events, "--json", *words, *sets(options)))
        return got["models"]["fused"]["hr"]

    def test_finds_what_was_planted(self):
        text, path = self.tune("--budget", 40, "--only", "fusion.weights", "--measure", "hr")
        before = self.hit_rate(**GIVEN)
        after = self.hit_rate("--config", path, **{"lists.size": 1})
        self.assertLess(before, 0.1)
        self.assertGreater(after, 0.9)
        # What it says it gained is what a run with its file gains.
        self.assertRegex(text, rf"(?m)^given +{before:.4f} ")
        self.assertRegex(text, rf"(?m)^found +{after:.4f} ")
        self.assertRegex(text, rf"(?m)^gain +\+{after - before:.4f} ")
        found = json.loads(path.read_text())
        self.assertEqual(list(found), ["models", "fusion"])
        self.assertEqual(found["models"], GIVEN["models"])
        weights = found["fusion"]["weights"]
        self.assertGreater(weights["transitions"] / weights["popularity"], 0.4)
        succeed("config", "check", "--config", path)

    def test_rungs_halve_the_configurations_and_grow(self):
        text, _ = self.tune("--budget", 9, "--only", "fusion.weights")
        # 4,500 records, 3,600 of which choose: a third of them would be shorter than a rung may be.
        self.assertRegex(text, r"(?m)^ +1 +9 +3,600 ")
        self.assertNotRegex(text, r"(?m)^ +2 ")

    def test_same_seed_same_bytes(self):
        words = ["--budget", 4, "--seed", 7]
        text, path = self.tune(*words, name="one.json")
        again, path_again = self.tune(*words, name="two.json", **{"engine.threads": 1})
        self.assertEqual(again.replace("two.json", "one.json"), text)
        self.assertEqual(path_again.read_bytes(), path.read_bytes())
        other, _ = self.tune("--budget", 4, "--seed", 8)
        self.assertNotEqual(other.splitlines()[2:], text.splitlines()[2:])

    def test_nothing_better(self):
        # The weight of a model that is not there changes nothing.
        text, path = self.tune("--budget", 3, "--only", "fusion.weights.repeat")
        self.assertIn("the given configuration stays", text)
        self.assertEqual(json.loads(path.read_text())["fusion"]["weights"]["transitions"], 0.4)

    def test_takes_in_a_catalogue(self):
        # Without what all view, the only place of a list goes to the next step.
        catalog = write_events(self.folder / "catalog.jsonl", [{"item": "hit", "available": False}])
        words = ["--budget", 2, "--only", "fusion.weights", "--measure", "hr"]
        plain, told = (self.tune(*words, *more)[0] for more in ([], ["--catalog", catalog]))
        given = [float(re.search(r"(?m)^ +1 +2 +\S+ +\S+ +([\d.]+)", text)[1]) for text in (plain, told)]
        self.assertLess(given[0], 0.1)
        self.assertGreater(given[1], 0.9)

    def test_time_may_end_it(self):
        text, _ = self.tune("--budget", 500, "--budget", "1s", "--only", "fusion.weights")
        self.assertRegex(text, r"not measured: the time was over")
        self.assertRegex(text, r"(?m)^\d+ runs$")

    def test_bad_words(self):
        for words, status, why in (
                (["--budget", "0"], 2, "'0' is neither 2 to 10000 configurations nor a time such as 10m"),
                (["--only", "fusion.wheels"], 2, "--only: 'fusion.wheels' is no number of the models or the fusion; there are: "
                                                 "transitions.window, "),
                (["--measure", "luck"], 2, "luck not in {hr,mrr,ndcg}"),
                (["--to", self.folder / "none" / "x.json"], 1, "--to: "),
                (["--catalog", self.folder / "nothing.jsonl"], 1, "nothing.jsonl"),
                (["--events", self.folder / "none.jsonl"], 1, "none.jsonl")):
            ended = freshet("tune", "--events", self.events, *words, *sets(GIVEN)) if "--events" not in words else \
                freshet("tune", *words, *sets(GIVEN))
            self.assertEqual(ended.status, status, words)
            self.assertIn(why, ended.err.decode())


if __name__ == "__main__":
    main()
