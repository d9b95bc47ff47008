"""`freshet evaluate` on logs so small that their measures were worked out by hand, with popularity alone."""

import json
import math
import xml.etree.ElementTree

from freshet_testing import Case, freshet, main, sets, succeed, write_events

T = 1_700_000_000_000
POPULARITY = {"models": [{"type": "popularity"}], "engine.epoch_events": 1}


def log(text):
    """'ann:x bob:y' as events, a second apart, each learned before the next."""
    return [{"user": pair.split(":")[0], "item": pair.split(":")[1], "type": "view", "time": T + i * 1_000}
            for i, pair in enumerate(text.split())]


# Views so far when a user gets his list, and the list: x 2, y 1, then what he saw himself.
#   d's first list: x 2, y 1, z (his own, not yet learned)   then d views x: place 1
#   e's first list: x 3, z 1 (newer), y 1, w (his own)       then e views y: place 3
#   f's first list: x 3, y 2, w 1, z 1, v (his own)          then f views q, which nobody saw: not in it
PREQUENTIAL = "a:x b:y c:x d:z d:x e:w e:y f:v f:q"


class Evaluate(Case):
    def evaluate(self, *words, **options):
        text = succeed("evaluate", *words, "--json", *sets({**POPULARITY, **options}))
        self.assertEqual(len(text.splitlines()), 1)
        return json.loads(text)

    def measures(self, got, predictions, hr, mrr, ndcg):
        self.assertEqual(got["predictions"], predictions)
        for name in ("fused", "popularity"):
            self.assertAlmostEqual(got["models"][name]["hr"], hr, msg=name)
            self.assertAlmostEqual(got["models"][name]["mrr"], mrr, msg=name)
            self.assertAlmostEqual(got["models"][name]["ndcg"], ndcg, msg=name)

    def prequential(self, *words, **options):
        events = write_events(self.folder / "events.jsonl", log(PREQUENTIAL))
        return self.evaluate("--protocol", "prequential", "--events", events, *words, **options)

    def test_prequential(self):
        got = self.prequential("--from", 0)
        self.measures(got, 3, hr=2 / 3, mrr=(1 + 1 / 3) / 3, ndcg=(1 + 1 / math.log2(4)) / 3)
        self.assertEqual((got["protocol"], got["k"]), ("prequential", 20))

    def test_prequential_with_shorter_lists(self):
        got = self.prequential("--from", 0, **{"lists.size": 2})
        self.measures(got, 3, hr=1 / 3, mrr=1 / 3, ndcg=1 / 3)
        self.assertEqual(got["k"], 2)

    def test_prequential_from_a_share_of_the_log_on(self):
        # The last 4 of 9 records: e:w, which is no prediction, e:y, f:v and f:q.
        got = self.prequential("--from", 0.5)
        self.measures(got, 2, hr=1 / 2, mrr=1 / 6, ndcg=1 / 4)

    def test_prequential_ranked_at_the_request(self):
        # By then e's own w has been learned, and stands before the older z and y: x 3, w 1, z 1, y 1.
        got = self.prequential("--from", 0, "--rank", "request")
        self.measures(got, 3, hr=2 / 3, mrr=(1 + 1 / 4) / 3, ndcg=(1 + 1 / math.log2(5)) / 3)

    def test_session(self):
        # Learned: x 3, z 1 (newer), y 1. Session s: after n comes y at place 3, after y comes x at place 1.
        # Session t is over before there is anything to predict.
        train = write_events(self.folder / "train.jsonl", log("a:x b:y c:x d:z d:x"))
        test = write_events(self.folder / "test.jsonl", log("s:n s:y s:x t:x"))
        got = self.evaluate("--protocol", "session", "--train", train, "--test", test)
        self.measures(got, 2, hr=1, mrr=(1 / 3 + 1) / 2, ndcg=(1 / 2 + 1) / 2)
        self.assertEqual(got["protocol"], "session")

    def test_session_that_learns_as_it_goes(self):
        # After two sessions with y it has overtaken z: the third finds it at place 2, the fourth beside x.
        train = write_events(self.folder / "train.jsonl", log("a:x b:y c:x d:z d:x"))
        test = write_events(self.folder / "test.jsonl", log("s:n s:y t:n t:y"))
        words = ["--protocol", "session", "--train", train, "--test", test]
        self.measures(self.evaluate(*words), 2, hr=1, mrr=1 / 3, ndcg=1 / 2)
        # t's list: x 3, y 2, n (own) and z 1.
        self.measures(self.evaluate(*words, "--learn-test"), 2, hr=1, mrr=(1 / 3 + 1 / 2) / 2,
                      ndcg=(1 / 2 + 1 / math.log2(3)) / 2)

    def test_keys_of_the_json_object(self):
        got = self.prequential("--from", 0)
        self.assertEqual(list(got), ["protocol", "predictions", "k", "models", "coverage", "novelty",
                                     "events_per_second", "diversity", "by_type", "by_age", "repeats",
                                     "new_items", "windows"])
        self.assertEqual(list(got["models"]), ["fused", "popularity"])
        self.assertEqual(list(got["models"]["fused"]), ["hr", "mrr", "ndcg"])
        self.assertGreater(got["events_per_second"], 0)
        self.assertGreater(got["novelty"], 0)
        # Judged lists show x, y, z, w and v, of six items that anybody saw.
        self.assertAlmostEqual(got["coverage"], 5 / 6)

    def test_parts_of_the_predictions(self):
        got = self.prequential("--from", 0, "--new-user-events", 1)
        # d and e choose what others had seen, nobody an item of his own again.
        self.assertEqual({t: part["predictions"] for t, part in got["by_type"].items()}, {"view": 3})
        self.assertEqual({a: part["predictions"] for a, part in got["by_age"].items()}, {"returning": 3})
        self.assertEqual(got["repeats"]["predictions"], 0)
        self.assertEqual(got["new_items"]["models"], got["models"])
        self.assertEqual(sum(w["predictions"] for w in got["windows"]), 3)
        self.assertEqual([w["end"] for w in got["windows"]], list(range(1, 10)))

    def test_two_logs_to_learn_from_follow_each_other(self):
        train = write_events(self.folder / "train.jsonl", log("a:x b:y"))
        more = write_events(self.folder / "more.jsonl", log("c:x d:z d:x"))
        test = write_events(self.folder / "test.jsonl", log("s:n s:y s:x t:x"))
        got = self.evaluate("--protocol", "session", "--train", train, "--train", more, "--test", test)
        self.measures(got, 2, hr=1, mrr=(1 / 3 + 1) / 2, ndcg=(1 / 2 + 1) / 2)

    def test_plot(self):
        plot = self.folder / "quality.svg"
        self.prequential("--from", 0, "--plot", plot)
        bytes_first = plot.read_bytes()
        self.prequential("--from", 0, "--plot", plot)
        self.assertEqual(plot.read_bytes(), bytes_first)
        svg = "{http://www.w3.org/2000/svg}"
        root = xml.etree.ElementTree.fromstring(bytes_first)
        self.assertEqual(root.tag, svg + "svg")
        series = [title.text for title in root.iter(svg + "title")]
        self.assertEqual(series, ["fused", "popularity"] * 2 + ["popularity"])  # HR, MRR, weights
        texts = [text.text for text in root.iter(svg + "text")]
        self.assertIn("HR@20, prequential", texts)
        self.assertIn("records of the log", texts)
        # The predictions are the 5th, 7th and 9th record: hits, and a miss at the bottom of the panel.
        dots = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(svg + "circle")][:3]
        self.assertEqual(len({y for _, y in dots[:2]}), 1)
        self.assertLess(dots[0][1], dots[2][1])
        self.assertLess(dots[0][0], dots[1][0])

    def test_a_plot_that_cannot_be_written_is_told_before_the_work(self):
        events = write_events(self.folder / "events.jsonl", log(PREQUENTIAL))
        for path, why in ((self.folder / "no" / "such.svg", "there is no directory"),
                          (self.folder, "it is a directory")):
            ended = freshet("evaluate", "--events", events, "--from", 0, "--plot", path, *sets(POPULARITY))
            self.assertEqual((ended.status, ended.out), (1, b""))
            self.assertIn(f"--plot: '{path}' cannot be written: {why}", ended.err.decode())

    def test_a_model_without_popularity(self):
        got = self.prequential("--from", 0, models=[{"type": "item_cf"}])
        self.assertEqual(list(got["models"])[:2], ["fused", "item_cf"])

    def test_every_model_is_judged_by_default(self):
        events = write_events(self.folder / "events.jsonl", log(PREQUENTIAL))
        got = json.loads(succeed("evaluate", "--events", events, "--from", 0, "--json"))
        self.assertEqual(list(got["models"]), ["fused", "session_knn", "user_cf", "item_cf", "factorization",
                                               "transitions", "content", "repeat", "popularity"])

    def test_only_choices_are_predictions(self):
        events = log("a:x b:y b:x b:y")
        events[2]["type"] = "impression"
        events[3].update(type="rating", value=1)
        path = write_events(self.folder / "events.jsonl", events)
        self.assertEqual(self.evaluate("--events", path, "--from", 0)["predictions"], 1)

    def test_as_text(self):
        events = write_events(self.folder / "events.jsonl", log(PREQUENTIAL))
        text = succeed("evaluate", "--events", events, "--from", 0, *sets(POPULARITY)).decode()
        self.assertRegex(text, r"(?m)^model +HR@20 +MRR@20 +NDCG@20$")
        self.assertRegex(text, r"(?m)^fused +0\.6667 +0\.4444 +0\.5000$")
        self.assertRegex(text, r"(?m)^choices by view +3 +100\.0 % +0\.6667 +0\.4444 +0\.5000$")
        self.assertRegex(text, r"(?m)^new items +3 +100\.0 % ")
        self.assertIn("3 predictions (prequential), 9 events", text)
        self.assertRegex(text, r"Gini diversity 0\.\d{3}\n")

    def test_records_that_cannot_be_used_are_told(self):
        path = self.folder / "events.jsonl"
        write_events(path, log(PREQUENTIAL))
        path.write_text(path.read_text() + '{"user":"u"}\nnonsense\n')
        ended = freshet("evaluate", "--events", path, "--from", 0, "--json", *sets(POPULARITY))
        self.assertEqual(ended.status, 0)
        self.assertRegex(ended.err.decode(), r"2 of 11 records cannot be used; the first, line 10: .*'type'")
        self.assertEqual(json.loads(ended.out)["predictions"], 3)


if __name__ == "__main__":
    main()
