"""The published split of yoochoose: session_knn alone is at least as good as the best published neighbour method."""

import json

from freshet_testing import DATA, Case, main, sets, succeed

TRAIN, TEST = "yoochoose_100k.train.jsonl.zst", "yoochoose_100k.test.jsonl.zst"


class EvaluateData(Case):
    def quality(self, *words):
        got = json.loads(succeed("evaluate", "--protocol", "session", "--train", DATA / TRAIN, "--test", DATA / TEST,
                                 "--json", *words, *sets({"models": [{"type": "session_knn"}]})))
        self.assertEqual(got["predictions"], 10_152)
        print(*words, got["models"], flush=True)
        return got["models"]["session_knn"]

    def test_frozen(self):
        got = self.quality()
        self.assertGreaterEqual(got["hr"], 0.688)
        self.assertGreaterEqual(got["mrr"], 0.371)

    def test_fed_by_the_test_sessions(self):
        got = self.quality("--learn-test")
        self.assertGreaterEqual(got["hr"], 0.696)
        self.assertGreaterEqual(got["mrr"], 0.373)


if __name__ == "__main__":
    main([TRAIN, TEST])
