"""The catalogue from a file, and what people see of it: lists, `freshet explain`, `freshet inspect item`."""

import base64
import json

from freshet_testing import Case, file_run, freshet, inspect_state, json_lines, main, sets, succeed, write_events

T = 1_704_067_200_000  # 2024-01-01 00:00:00 UTC

CATALOG = [{"item": "boots", "title": "Alpine boots \x1b[2J", "price": 129, "category": ["Outdoor", "Shoes"]},
           {"item": "crampons", "title": "Alpine crampons", "stock": 4},
           {"item": "skis", "title": "Alpine skis", "available": False},
           {"item": "bad", "price": "cheap"}]
EVENTS = [{"user": f"u{n % 4}", "item": item, "type": "view", "time": T + n * 1_000}
          for n, item in enumerate(["boots", "skis", "rope", "boots", "crampons", "rope", "skis", "boots"])]


class Catalog(Case):
    def setUp(self):
        super().setUp()
        self.catalog = write_events(self.folder / "catalog.jsonl", CATALOG)
        self.events = write_events(self.folder / "events.jsonl", EVENTS)
        self.lists, self.state = self.folder / "lists.jsonl", self.folder / "state"
        self.look = sets({"state.path": str(self.state)})

    def run_it(self, **more):
        return succeed("run", *file_run(self.events, self.lists, self.state, source__catalog_path=str(self.catalog),
                                        engine__epoch_events=1, **more)).decode()

    def test_lists_rejections_and_positions(self):
        said = self.run_it(lists__include=["title", "price"])
        self.assertRegex(said, r"(?m)^catalogue +3 records$")
        self.assertRegex(said, r"(?m)^  rejected +1 +catalog:price:range$")
        lists = json_lines(self.lists.read_bytes())
        self.assertEqual(len(lists), len(EVENTS))
        shown = [entry for one in lists for entry in one["items"]]
        self.assertNotIn("skis", {entry["item"] for entry in shown})
        boots = [entry for entry in shown if entry["item"] == "boots"]
        self.assertTrue(boots)
        self.assertTrue(all(entry["price"] == 129 and entry["title"] == CATALOG[0]["title"] for entry in boots))
        self.assertTrue(all("title" not in entry for entry in shown if entry["item"] == "rope"))
        rejected = json_lines((self.folder / "lists.jsonl.rejected").read_bytes())
        self.assertEqual([(r["source"], json.loads(base64.b64decode(r["record_base64"]))) for r in rejected],
                         [("catalog/0/3", CATALOG[3])])
        state = inspect_state(self.state)
        self.assertEqual((state["positions"], state["catalog_positions"]), ({"0": 8}, {"0": 4}))

    def test_a_second_run_takes_in_what_was_appended(self):
        self.run_it()
        with self.catalog.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"item": "skis", "title": "Alpine skis"}) + "\n")
        with self.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"user": "u0", "item": "skis", "type": "view", "time": T + 60_000}) + "\n")
        self.run_it()
        newest = json_lines(self.lists.read_bytes())[-1]
        self.assertIn("skis", {entry["item"] for entry in newest["items"]})
        self.assertEqual(inspect_state(self.state)["catalog_positions"], {"0": 5})

    def test_explain(self):
        self.run_it()
        before = inspect_state(self.state)
        explained = json.loads(succeed("explain", "--user", "u0", "--json", *self.look))
        self.assertEqual((explained["user"], explained["known"]), ("u0", True))
        scores = [entry["score"] for entry in explained["items"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertTrue(scores)
        for entry in explained["items"]:
            self.assertAlmostEqual(sum(entry["parts"].values()), entry["score"], places=6)
            self.assertAlmostEqual(entry["sum"], entry["score"], places=6)
        out = [json_line for json_line in json_lines(self.lists.read_bytes()) if json_line["user"] == "u0"][-1]
        places = {entry["item"]: place for place, entry in enumerate(out["items"], 1)}
        for entry in explained["items"]:
            self.assertEqual(entry.get("held"), places.get(entry["item"]))
        text = succeed("explain", "--user", "u0", *self.look).decode()
        self.assertIn("the list of 'u0' by what is known now, as of his newest event, 2024-01-01 00:00:04 UTC", text)
        self.assertRegex(text, r"item +title +score .*sum +went out as +because of")
        self.assertIn("Alpine crampons", text)
        self.assertNotIn("\x1b", text)
        for entry in explained["items"]:
            self.assertIn(entry["item"], text)
        self.assertEqual(inspect_state(self.state), before, "to explain changes nothing")

    def test_explain_somebody_unknown(self):
        self.run_it()
        text = succeed("explain", "--user", "nobody", *self.look).decode()
        self.assertIn("nothing is remembered of 'nobody': this is the list that strangers get", text)
        stranger = json.loads(succeed("explain", "--user", "nobody", "--json", *self.look))
        self.assertFalse(stranger["known"])
        self.assertTrue(stranger["items"])
        self.assertNotIn("skis", {entry["item"] for entry in stranger["items"]})

    def test_explain_needs_a_user_and_a_state(self):
        self.assertEqual(freshet("explain", *self.look).status, 2)
        ended = freshet("explain", "--user", "u", *self.look)
        self.assertEqual(ended.status, 1)
        self.assertIn("state", ended.err.decode())

    def test_inspect_item_says_what_the_catalogue_says(self):
        self.run_it()
        boots = json.loads(succeed("inspect", "item", "boots", "--json", *self.look))
        self.assertEqual(boots["catalog"], {"title": CATALOG[0]["title"], "category": ["Outdoor", "Shoes"], "price": 129,
                                            "available": True, "kind": "product"})
        text = succeed("inspect", "item", "boots", *self.look).decode()
        self.assertRegex(text, r"(?m)^  price +129")
        self.assertNotIn("\x1b", text)
        self.assertIn("catalogue says nothing of it", succeed("inspect", "item", "rope", *self.look).decode())

    def test_a_missing_catalogue_is_named(self):
        self.catalog.unlink()
        ended = freshet("run", *file_run(self.events, self.lists, self.state, source__catalog_path=str(self.catalog)))
        self.assertEqual(ended.status, 1)
        self.assertIn(f"{self.catalog}: cannot open", ended.err.decode())

    def test_what_the_configuration_refuses(self):
        for more, words in (({"source__catalog_path": str(self.events)}, "source.catalog_path"),
                            ({"source__catalog_path": str(self.lists)}, "sink.path"),
                            ({"lists__include": ["titel"]}, "'titel' is no field of the catalogue")):
            ended = freshet("config", "check", *file_run(self.events, self.lists, self.state, **more))
            self.assertEqual(ended.status, 2, more)
            self.assertIn(words, ended.err.decode())

    def test_evaluate_takes_a_catalogue(self):
        run = ["evaluate", "--events", self.events, "--from", "0.2", "--json", "--set", "engine.epoch_events=1"]
        plain = json.loads(succeed(*run))
        told = json.loads(succeed(*run, "--catalog", self.catalog))
        self.assertEqual(plain["models"]["content"]["hr"], 0)
        self.assertGreater(told["models"]["content"]["hr"], 0)


if __name__ == "__main__":
    main()
