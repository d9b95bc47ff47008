"""The configuration as its users meet it: three layers, every problem at once, what is shown and what is not."""

import json
import pathlib

from freshet_testing import EXIT_USAGE, REPOSITORY, Case, freshet, main, sets, succeed


class Configuration(Case):
    def problems(self, *words, **more):
        """The lines that say what is wrong."""
        ended = freshet("config", "check", *words, **more)
        self.assertEqual(ended.status, EXIT_USAGE, ended.out)
        lines = ended.err.decode().splitlines()
        self.assertRegex(lines[-1], rf"^freshet: {len(lines) - 1} problems? in the configuration")
        return [line.removeprefix("freshet: ") for line in lines[:-1]]

    def file(self, text):
        path = self.folder / "freshet.json"
        path.write_text(text)
        return path

    def shown(self, *words, **more):
        return json.loads(succeed("config", "show", *words, **more))

    def test_every_problem_is_told_at_once_with_path_value_and_what_is_allowed(self):
        path = self.file("""{
          "lists": {"sise": 5, "min_interval": 10},
          "engine": {"threads": -1},
          "sink": {"type": "kafak"},
          "state": {"checkpoint_interval": "5 parsecs"}
        }""")
        found = self.problems("--config", path, "--set", "log.level=loud",
                              env={"FRESHET_ENGINE__EPOCH_EVENTS": "0"})
        for wanted in [
            ("lists.sise: unknown key", "the nearest known one is lists.size"),
            ("lists.min_interval:", "found integer 10", "allowed: ", f"{path}:2"),
            ("engine.threads:", "found integer -1", "allowed: an integer from 0 to 256", f"{path}:3"),
            ("sink.type:", 'found text "kafak"', "allowed: kafka, file, stdout or none", "nearest known one is kafka"),
            ("state.checkpoint_interval:", '"5 parsecs"', "allowed: "),
            ("log.level:", '"loud"', "allowed: ", "(--set log.level)"),
            ("engine.epoch_events:", "found integer 0", "allowed: an integer from 1 to 65536",
             "(environment variable FRESHET_ENGINE__EPOCH_EVENTS)"),
        ]:
            matching = [line for line in found if all(words in line for words in wanted)]
            self.assertEqual(len(matching), 1, f"{wanted} in {found}")
        self.assertEqual(len(found), 7, found)

    def test_options_that_do_not_fit_together_are_told_along_with_the_rest(self):
        twice = {"models": [{"type": "item_cf"}, {"type": "item_cf"}]}
        alone, = self.problems(*sets(twice))
        self.assertIn("models: the model 'item_cf' is there twice", alone)
        found = self.problems(*sets({**twice, "lists.size": 0}))
        self.assertEqual(len(found), 2, found)
        line, = self.problems(*sets({"events.fields.user": "item"}))
        self.assertIn('events.fields.item: is "item", as user is', line)
        line, = self.problems(*sets({"fusion": {"type": "weighted", "weights": {"session_kn": 3}}}))
        self.assertIn("fusion.weights.session_kn: is the weight of no model; models: session_knn, ", line)
        line, = self.problems("--set", "fusion.type=weighted", "--set", "fusion.weights.session_kn=3")
        self.assertIn("fusion.weights.session_kn: ", line)

    def test_what_goes_out_never_goes_into_a_file_that_is_read(self):
        events, catalog = self.folder / "events", self.folder / "catalog"
        events.write_text("precious\n")
        catalog.write_text("precious\n")
        link, hard = self.folder / "link", self.folder / "hard.similar"
        link.symlink_to(events)
        hard.hardlink_to(catalog)
        source = {"source": {"type": "file", "path": str(events), "catalog_path": str(catalog)}}
        lists = str(self.folder / "lists")
        for sink, key, read in [
            ({"type": "file", "path": str(events)}, "sink.path", "source.path"),
            ({"type": "file", "path": str(link)}, "sink.path", "source.path"),
            ({"type": "file", "path": lists, "rejected_path": str(events)}, "sink.rejected_path", "source.path"),
            ({"type": "file", "path": lists, "similar_path": f"{self.folder}/./catalog"}, "sink.similar_path", "source.catalog_path"),
            ({"type": "file", "path": str(self.folder / "hard")}, "sink.similar_path", "source.catalog_path"),
            ({"type": "stdout", "rejected_path": str(events)}, "sink.rejected_path", "source.path"),
        ]:
            with self.subTest(sink):
                line, = self.problems(*sets({**source, "sink": sink}))
                self.assertIn(f"{key}: is ", line)
                self.assertIn(f"the file that {read} reads", line)
        for sink, key in [
            ({"type": "file", "path": lists, "similar_path": f"{self.folder}/./lists"}, "sink.similar_path"),
            ({"type": "file", "path": lists, "rejected_path": lists}, "sink.rejected_path"),
        ]:
            with self.subTest(sink):
                line, = self.problems(*sets({**source, "sink": sink}))
                self.assertIn(f"{key}: is ", line)
                self.assertIn("the file that sink.path writes", line)
        succeed("config", "check", *sets({**source, "sink": {"type": "file", "path": lists}}))

    def test_unknown_keys_name_the_nearest_known_one(self):
        for key, nearest in {"list.size": "lists", "kafka.broker": "kafka.brokers", "source.typ": "source.type",
                             "events.fields.usr": "events.fields.user", "state.checkpoint": "state.checkpoint_interval",
                             "checkpoint_interval": "state.checkpoint_interval", "group": "kafka.group",
                             "threads": "engine.threads"}.items():
            with self.subTest(key):
                line, = self.problems("--set", f"{key}=1")
                self.assertIn(f"nearest known one is {nearest}", line)

    def test_comments_and_both_kinds_of_layers_above(self):
        path = self.file('// a shop\n{ // one\n "lists": {"size": 7, "min_interval": "2s"}, // "size": 9\n'
                         ' "kafka": {"brokers": "http://not-a-comment"}\n}\n// the end')
        self.assertEqual(self.shown("--config", path)["lists"]["size"], 7)
        self.assertEqual(self.shown("--config", path)["kafka"]["brokers"], "http://not-a-comment")
        environment = {"FRESHET_LISTS__SIZE": "8", "FRESHET_STATE__PATH": "elsewhere"}
        shown = self.shown("--config", path, env=environment)
        self.assertEqual((shown["lists"]["size"], shown["lists"]["min_interval"]), (8, "2s"))
        self.assertEqual(shown["state"]["path"], "elsewhere")
        shown = self.shown("--config", path, "--set", "lists.size=9", env=environment)
        self.assertEqual((shown["lists"]["size"], shown["state"]["path"]), (9, "elsewhere"))

    def test_a_damaged_file_names_its_line(self):
        for text, line in {'{\n"lists": }': 2, '{"lists": {"size": 1}': 1, "": 1, "[]": 1,
                           '{\n\n"lists": {"size": 1, "size": 2}}': 3}.items():
            found = self.problems("--config", self.file(text))
            self.assertIn(f"freshet.json:{line}", found[0], text)

    def test_what_a_later_version_brings_is_accepted_off_and_refused_on(self):
        later = {"http.listen": ("", "127.0.0.1:8080"), "rules": ([], [{"type": "boost"}])}
        succeed("config", "check", *sets({path: off for path, (off, _) in later.items()}))
        for path, (_, on) in [*later.items(), ("source.type", ("", "http"))]:
            found = self.problems(*sets({path: on}))
            self.assertEqual(len(found), 1, found)
            self.assertRegex(found[0], rf"^{path}: .* comes? with a later version", path)

    def test_show_can_be_read_again_and_changes_nothing(self):
        for options in [{}, {"source.type": "file", "source.path": "a\"b\n", "sink.type": "stdout", "lists.size": 3,
                             "events.types": {"wish": {"weight": -2.5}}, "models": [{"type": "repeat"}],
                             "fusion": {"type": "rrf"}, "state.checkpoint_interval": "90s"}]:
            first = succeed("config", "show", *sets(options))
            path = self.folder / "shown.json"
            path.write_bytes(first)
            self.same_bytes(first, succeed("config", "show", "--config", path), "shown, read and shown again")
            succeed("config", "check", "--config", path)

    def test_no_secret_is_ever_printed(self):
        secrets = {"sasl.password": "hunter2-a", "ssl.key.password": "hunter2-b", "ssl.key.pem": "hunter2-c",
                   "ssl.keystore.password": "hunter2-d"}
        open_words = {"sasl.username": "ann", "security.protocol": "sasl_ssl"}
        options = sets({"kafka.properties": {**secrets, **open_words}})
        shown = succeed("config", "show", *options).decode()
        self.assertNotIn("hunter2", shown)
        self.assertEqual(json.loads(shown)["kafka"]["properties"],
                         {**{name: "***" for name in secrets}, **open_words})
        wrong = freshet("config", "check", *sets({"kafka.properties": {"sasl.password": ["hunter2-e"]}}))
        self.assertEqual(wrong.status, EXIT_USAGE)
        self.assertNotIn(b"hunter2", wrong.err)

    def test_the_files_in_config_are_right(self):
        paths = sorted(p for p in (REPOSITORY / "config").glob("*.json") if p.name != "schema.json")
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(pathlib.Path(path).name):
                self.assertEqual(succeed("config", "check", "--config", path), b"the configuration is right\n")

    def test_an_empty_file_with_a_source_is_a_working_configuration(self):
        defaults = self.shown()
        path = self.file('{"source": {"type": "stdin"}}')
        self.assertEqual(self.shown("--config", path), {**defaults, "source": {"type": "stdin"}})


if __name__ == "__main__":
    main()
