"""Promises about single users, on small hand-made files: forgetting, consent, repeated events, how often a list
comes, and events that take others back."""

import json

from freshet_testing import (Case, Running, file_run, freshet, inspect_state, json_lines, main, read_bytes, sets, succeed,
                             summary_counts, write_events)

T = 1_700_000_000_000


def event(second, user, item, kind="view", **more):
    return {"user": user, "item": item, "type": kind, "time": T + second * 1_000, **more}


class Promises(Case):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"

    def play(self, events, **options):
        """Lists and summary of one run."""
        path = write_events(self.folder / "events.jsonl", events)
        lists = self.folder / "lists.jsonl"
        out = succeed("run", *file_run(path, lists, self.state, **options)).decode()
        return json_lines(read_bytes(lists)), summary_counts(out)

    def user(self, name):
        """What is remembered of a user; None: nothing."""
        found = freshet("inspect", "user", name, "--json", *sets({"state.path": str(self.state)}))
        if found.status == 0:
            return json.loads(found.out)
        self.assertEqual(found.status, 1)
        self.assertIn(f"nothing is remembered of the user '{name}'", found.err.decode())
        return None

    def history(self, name):
        return {h["item"]: h for h in self.user(name)["history"]}

    # --- lists are never empty

    def test_standard_input_may_be_a_file(self):
        path = self.folder / "events.jsonl"
        write_events(path, [{"user": f"u{n % 7}", "item": f"i{n % 11}", "type": "view", "time": 1_700_000_000_000 + n}
                            for n in range(50)])
        with open(path, "rb") as events:
            running = Running("run", *sets({"source.type": "stdin", "sink.type": "none", "state.path": ""}),
                              stdin=events)
            self.assertEqual(running.wait(), 0, running.errors())
        self.assertEqual(summary_counts(running.output())["events"], 50)

    def test_lists_do_not_go_into_the_file_that_is_read(self):
        path = write_events(self.folder / "events.jsonl", [])
        ended = freshet("run", *file_run(path, self.folder / "." / "events.jsonl", self.folder / "state"))
        self.assertEqual(ended.status, 2)
        self.assertIn("sink.path", ended.err.decode())

    def test_a_small_shop_whose_users_saw_everything_still_gets_lists(self):
        events = [event(3 * u + i, f"u{u}", item) for u in range(600) for i, item in enumerate("abc")]
        lists, _ = self.play(events)
        self.assertEqual([one["list"] for one in lists if not one["items"]], [])

    def test_a_user_with_very_many_sessions_still_gets_lists(self):
        events = [event(4 * u + i, f"u{u}", item) for u in range(40) for i, item in enumerate("abcd")]
        events += [event(500, "x", "a")]
        events += [event(501 + s, "x", "unknown", "uncart", session=f"s{s}") for s in range(170)]
        lists, _ = self.play(events)
        self.assertEqual([one["list"] for one in lists if not one["items"]], [])
        for one in lists:
            for entry in one["items"]:
                self.assertAlmostEqual(entry["score"], sum(entry["parts"].values()), delta=1e-6)

    # --- forget

    def test_a_forgotten_user_and_his_pairs_are_not_remembered(self):
        events = [event(i, f"u{i % 3}", f"i{i % 4}") for i in range(12)]
        events += [event(20 + i, "gone", f"secret{i}", session="s1") for i in range(3)]
        events += [{"user": "gone", "type": "profile", "time": T + 30_000, "attributes": {"country": "NL"}}]
        kept, _ = self.play(events, engine__epoch_events=1)
        self.assertEqual(self.user("gone")["attributes"], {"country": "NL"})
        self.assertEqual(set(self.history("gone")), {"secret0", "secret1", "secret2"})
        holders = json.loads(succeed("inspect", "item", "secret1", "--json", *sets({"state.path": str(self.state)})))
        self.assertEqual(holders["users"], 1)
        self.assertTrue(holders["goes_with"]["transitions"])

        events += [{"user": "gone", "type": "forget", "time": T + 40_000}, event(50, "u1", "i2")]
        lists, counts = self.play(events, engine__epoch_events=1)
        self.assertEqual(lists[:len(kept)], kept)
        self.assertEqual(lists[len(kept)], {"user": "gone", "deleted": True})
        self.assertEqual(len(lists), len(kept) + 2)
        self.assertEqual(counts["rejected"], 0)
        self.assertIsNone(self.user("gone"))
        item = json.loads(succeed("inspect", "item", "secret1", "--json", *sets({"state.path": str(self.state)})))
        self.assertEqual(item["users"], 0)
        for model in ("item_cf", "transitions", "session_knn", "user_cf"):
            self.assertEqual(item["goes_with"][model], [], f"{model} still counts what the user did")


    def test_a_user_who_comes_back_after_forget_is_new(self):
        events = [event(0, "other", "a"), event(1, "u", "b"), {"user": "u", "type": "forget", "time": T + 2_000},
                  event(3, "u", "c")]
        lists, _ = self.play(events)
        self.assertEqual([entry.get("deleted", False) for entry in lists], [False, False, True, False])
        self.assertEqual(set(self.history("u")), {"c"})
        self.assertEqual(self.user("u")["session"], 1)
        reasons = {b for entry in lists[3]["items"] for b in entry["because"]}
        self.assertNotIn("b", reasons)

    def test_forgetting_an_unknown_user_still_deletes_his_list(self):
        lists, _ = self.play([event(0, "a", "x"), {"user": "nobody", "type": "forget", "time": T}])
        self.assertEqual(lists[1], {"user": "nobody", "deleted": True})

    # --- consent

    def test_without_consent_a_user_is_answered_and_not_remembered(self):
        before = [event(i, f"u{i % 3}", f"i{i % 4}") for i in range(12)]
        self.play(before, engine__epoch_events=1)
        digest_parts = inspect_state(self.state)["spaces"]
        shy = [event(20, "shy", "i1", consent=False), event(21, "shy", "never-seen", consent=False),
               event(22, "u1", "i3", consent=False)]
        lists, counts = self.play(before + shy, engine__epoch_events=1)
        self.assertEqual(counts["rejected"], 0)
        self.assertEqual([shown["user"] for shown in lists[-3:]], ["shy", "shy", "u1"])
        self.assertTrue(all(shown["items"] for shown in lists[-3:]))
        self.assertIsNone(self.user("shy"))
        missing = freshet("inspect", "item", "never-seen", *sets({"state.path": str(self.state)}))
        self.assertEqual(missing.status, 1)
        self.assertIn("never-seen", missing.err.decode())
        after = inspect_state(self.state)["spaces"]
        self.assertEqual({k: v for k, v in after.items() if k not in ("meta", "delivery")},
                         {k: v for k, v in digest_parts.items() if k not in ("meta", "delivery")},
                         "nothing was learned")

    def test_without_consent_the_event_itself_still_counts_for_its_list(self):
        before = [event(i * 10 + j, f"u{i}", item) for i in range(6) for j, item in enumerate(("a", "b"))]
        lists, _ = self.play(before + [event(100, "shy", "a", consent=False)], engine__epoch_events=1)
        self.assertEqual(lists[-1]["items"][0]["item"], "b")
        self.assertEqual(lists[-1]["items"][0]["because"], ["a"])

    # --- repeats

    def test_a_repeated_id_of_the_same_user_is_counted_and_dropped(self):
        events = [event(0, "u", "a", id="e1"), event(1, "u", "b", id="e2"), event(0, "u", "a", id="e1"),
                  event(2, "v", "a", id="e1"), event(3, "u", "a")]
        lists, counts = self.play(events)
        self.assertEqual([shown["list"] for shown in lists], ["0-0", "0-1", "0-3", "0-4"])
        self.assertEqual((counts["repeated"], counts["rejected"], counts["lists"]), (1, 0, 4))
        self.assertEqual(self.history("u")["a"]["events"], 2)

    def test_a_repeat_is_known_by_the_state_that_was_read_again(self):
        first = [event(0, "u", "a", id="e1")]
        self.play(first)
        lists, counts = self.play(first + [event(0, "u", "a", id="e1"), event(1, "u", "b", id="e2")])
        self.assertEqual([shown["list"] for shown in lists], ["0-0", "0-2"])
        self.assertEqual(counts["repeated"], 1)

    # --- which events are answered

    def test_a_repeated_id_is_not_answered_without_consent_either(self):
        lists, counts = self.play([event(0, "u1", "a", id="e1"), event(1, "u1", "b", id="e1", consent=False)])
        self.assertEqual(len(lists), 1)

    def test_a_third_type_that_can_be_taken_back_is_refused_not_misread(self):
        self.play([event(0, "u1", "a", "cart"), event(1, "u1", "a", "cart"), event(2, "u1", "a", "like")])
        self.assertEqual(self.history("u1")["a"]["types"], ["cart", "like"])
        refused = freshet("run", *file_run(self.folder / "events.jsonl", self.folder / "lists.jsonl", self.state,
                                           events__types__uncart__takes_back="like"))
        self.assertEqual(refused.status, 1)
        self.assertIn("3 types can be taken back by another; at most 2", refused.err.decode())

    def test_min_interval_leaves_out_lists_that_come_too_soon(self):
        seconds = [0, 4, 9, 10, 15, 20, 21, 40]
        events = [event(s, "u", f"i{s}") for s in seconds] + [event(41, "v", "i0")]
        lists, counts = self.play(events, lists__min_interval="10s")
        self.assertEqual([(shown["user"], (shown["time"] - T) // 1_000) for shown in lists],
                         [("u", 0), ("u", 10), ("u", 20), ("u", 40), ("v", 41)])
        self.assertEqual(counts["lists"], 5)
        self.assertEqual(len(self.history("u")), len(seconds), "what gets no list is learned all the same")

    def test_unchanged_lists_may_be_left_out(self):
        events = [event(i, "u", "a") for i in range(6)] + [event(10, "v", "b"), event(11, "u", "a")]
        everything, _ = self.play(events, engine__epoch_events=1)
        self.assertEqual(len(everything), len(events))
        self.state = self.folder / "state-2"
        (self.folder / "lists.jsonl").unlink()
        changed, _ = self.play(events, engine__epoch_events=1, lists__suppress_unchanged=True)
        self.assertLess(len(changed), len(everything))
        last = {}
        wanted = []
        for shown in everything:
            items = [entry["item"] for entry in shown["items"]]
            if last.get(shown["user"]) != items:
                wanted.append(shown["list"])
            last[shown["user"]] = items
        self.assertEqual([shown["list"] for shown in changed], wanted)

    def test_only_refreshing_types_are_answered(self):
        kinds = ["view", "click", "like", "cart", "purchase", "dislike", "uncart", "return", "impression"]
        events = [event(i, "u", "a", kind) for i, kind in enumerate(kinds)]
        events += [event(20, "u", "a", "rating", value=3),
                   {"user": "u", "type": "profile", "time": T + 21_000, "attributes": {"age": 30}}]
        lists, counts = self.play(events)
        self.assertEqual([shown["cause"]["type"] for shown in lists], kinds[:-1] + ["rating"])
        self.assertEqual(counts["events"], len(events))

    def test_a_type_of_ones_own(self):
        events = [event(0, "u", "a", "wish"), event(1, "u", "b", "view")]
        lists, _ = self.play(events, events__types=json.dumps({"wish": {"weight": 2}, "view": {"refresh": False}}))
        self.assertEqual([shown["cause"]["type"] for shown in lists], ["wish"])
        self.assertEqual(self.history("u")["a"]["strength"], 2)

    # --- taking back

    def test_return_and_uncart_take_one_event_back(self):
        self.play([event(0, "u", "bought", "purchase"), event(1, "u", "bought", "return"),
                   event(2, "u", "carted", "cart"), event(3, "u", "carted", "cart"), event(4, "u", "carted", "uncart"),
                   event(5, "u", "seen"), event(6, "u", "seen", "return")])
        history = self.history("u")
        self.assertNotIn("bought", history)
        self.assertEqual((history["carted"]["types"], history["carted"]["strength"]), (["cart"], 3))
        self.assertEqual((history["seen"]["types"], history["seen"]["strength"]), (["view"], 1))

    def test_a_rating_is_mapped_to_its_scale(self):
        self.play([event(0, "u", "best", "rating", value=5), event(1, "u", "middle", "rating", value=3),
                   event(2, "u", "worst", "rating", value=1)])
        strength = {item: h["strength"] for item, h in self.history("u").items()}
        self.assertEqual(strength, {"best": 5, "middle": 2.5, "worst": 0})

    # --- naming

    def test_fields_and_the_topic_may_have_other_names(self):
        events = [{"visitor": 7, "sku": 9, "what": "view", "at": "2024-01-01T00:00:00Z"}]
        fields = {"user": "visitor", "item": "sku", "type": "what", "time": "at"}
        lists, _ = self.play(events, events__fields=json.dumps(fields))
        self.assertEqual((lists[0]["user"], lists[0]["cause"]["item"], lists[0]["time"]), ("7", "9", 1704067200000))

    def test_the_cause_names_the_topic_as_it_is_configured(self):
        lists, _ = self.play([event(0, "u", "a"), event(1, "u", "b", "nonsense")], topics__events="clicks")
        rejected = json_lines(read_bytes(self.folder / "lists.jsonl.rejected"))
        self.assertEqual(rejected[0]["source"], "clicks/0/1")
        self.assertEqual(lists[0]["cause"]["topic"], "clicks")


if __name__ == "__main__":
    main()
