"""`freshet inspect` after a small run: for people, and as JSON."""

import json

from freshet_testing import Case, file_run, freshet, main, sets, succeed, write_events

T = 1_704_067_200_000  # 2024-01-01 00:00:00 UTC


def event(second, user, item, kind="view", **more):
    return {"user": user, "item": item, "type": kind, "time": T + second * 1_000, **more}


class Inspect(Case):
    def setUp(self):
        super().setUp()
        events = [event(0, "ann", "a"), event(1, "ann", "b", "cart"), event(2, "bob", "a"), event(3, "bob", "b"),
                  {"user": "ann", "type": "profile", "time": T + 4_000, "attributes": {"country": "NL", "age": 30,
                                                                                       "member": True}},
                  event(7_200, "ann", "c", "purchase")]
        self.lists, state = self.folder / "lists.jsonl", self.folder / "state"
        succeed("run", *file_run(write_events(self.folder / "events.jsonl", events), self.lists, state,
                                 engine__epoch_events=1))
        self.state = sets({"state.path": str(state)})

    def look(self, *words):
        return succeed("inspect", *words, *self.state).decode()

    def test_user_as_json(self):
        text = self.look("user", "ann", "--json")
        self.assertEqual(len(text.splitlines()), 1)
        ann = json.loads(text)
        self.assertEqual((ann["user"], ann["session"], ann["session_events"]), ("ann", 2, 1))
        self.assertEqual(ann["last_time"], T + 7_200_000)
        self.assertEqual(ann["attributes"], {"age": 30, "country": "NL", "member": True})
        self.assertEqual([(h["item"], h["events"], h["types"], h["strength"], h["last_time"], h["session"])
                          for h in ann["history"]],
                         [("c", 1, ["purchase"], 5, T + 7_200_000, 2), ("b", 1, ["cart"], 3, T + 1_000, 1),
                          ("a", 1, ["view"], 1, T, 1)])
        newest = [json.loads(line) for line in self.lists.read_text().splitlines()][-1]
        self.assertEqual(ann["list"], [entry["item"] for entry in newest["items"]])
        self.assertEqual(ann["list_time"], newest["time"])

    def test_user_as_text(self):
        text = self.look("user", "ann")
        for words in ("ann", "2024-01-01 02:00:00 UTC", "session 2 with 1 events", "history, the newest first",
                      '"country":"NL"', "list held"):
            self.assertIn(words, text)
        self.assertRegex(text, r"(?m)^c +1 +5\.00 +2024-01-01 02:00:00 UTC +2 +purchase$")

    def test_fusion(self):
        fusion = json.loads(self.look("fusion", "--json"))
        self.assertEqual((fusion["type"], fusion["drifts"]), ("stacking", 0))
        self.assertEqual(list(fusion["models"])[-1], "popularity")
        self.assertIn("transitions", fusion["models"])
        self.assertAlmostEqual(sum(fusion["blend"].values()), 1)
        self.assertIn("repeat.recency", fusion["features"])
        self.assertRegex(self.look("fusion"), r"(?m)^session_knn +-?[0-9.]+$")
        fixed = self.look("fusion", *sets({"fusion.type": "rrf"}))
        self.assertIn("its weights are fixed by the configuration", fixed)

    def test_item_as_json(self):
        a = json.loads(self.look("item", "a", "--json"))
        self.assertEqual((a["item"], a["users"]), ("a", 2))
        self.assertEqual(set(a["goes_with"]), {"session_knn", "user_cf", "item_cf", "factorization", "transitions",
                                               "content", "repeat", "popularity"})
        self.assertEqual(a["goes_with"]["transitions"][0]["item"], "b")
        self.assertEqual(a["goes_with"]["item_cf"][0]["item"], "b")
        for found in a["goes_with"].values():
            scores = [candidate["score"] for candidate in found]
            self.assertEqual(scores, sorted(scores, reverse=True))

    def test_item_as_text(self):
        text = self.look("item", "a")
        self.assertIn("2 users have it in their history", text)
        self.assertRegex(text, r"(?m)^  transitions +score$")
        self.assertRegex(text, r"(?m)^  b +\d\.\d{4}$")

    def test_state(self):
        state = json.loads(self.look("state", "--json"))
        self.assertRegex(state["digest"], r"\A[0-9a-f]{16}\Z")
        self.assertEqual((state["format"], state["positions"]), (4, {"0": 6}))
        self.assertEqual(state["spaces"]["user"]["rows"], 2)
        self.assertEqual(state["spaces"]["item"]["rows"], 3)
        text = self.look("state")
        self.assertIn(state["digest"], text)
        self.assertIn("partition  0 goes on at offset 6", text)
        self.assertRegex(text, r"(?m)^user +2 ")
        brief = json.loads(self.look("state", "--json", "--brief"))
        self.assertEqual(brief, {name: state[name] for name in ("format", "positions")})
        self.assertIn("partition  0 goes on at offset 6", self.look("state", "--brief"))

    def test_to_look_changes_nothing(self):
        first = self.look("state", "--json")
        self.look("user", "ann")
        self.look("item", "a")
        self.assertEqual(first, self.look("state", "--json"))

    def test_what_is_not_known(self):
        for what in ("user", "item"):
            ended = freshet("inspect", what, "nobody's", *self.state)
            self.assertEqual((ended.status, ended.out), (1, b""))
            self.assertIn(f"nothing is remembered of the {what} 'nobody's'", ended.err.decode())


if __name__ == "__main__":
    main()
