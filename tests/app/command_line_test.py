"""Exit statuses and texts of the command line: 0 done, 1 failed while running, 2 wrongly called."""

import re

from freshet_testing import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, Case, freshet, main, sets

COMMANDS = [["run"], ["evaluate"], ["tune"], ["simulate"], ["config"], ["config", "check"], ["config", "show"],
            ["config", "schema"], ["config", "docs"], ["topics"], ["topics", "check"], ["topics", "create"],
            ["inspect"], ["inspect", "user"], ["inspect", "item"], ["inspect", "state"]]


class CommandLine(Case):
    def ends(self, status, *words, err=None, **more):
        ended = freshet(*words, **more)
        text = ended.err.decode()
        self.assertEqual(ended.status, status, f"{words}: {text}")
        if err is not None:
            self.assertRegex(text, err, words)
            self.assertEqual(ended.out, b"", f"{words}: what is wrong goes to standard error")
        return ended

    def test_help_is_there_for_each_command(self):
        for words in [[], *COMMANDS]:
            text = self.ends(EXIT_DONE, *words, "--help").out.decode()
            self.assertIn("Usage: freshet", text)
            if words and words not in (["config"], ["topics"], ["inspect"]):
                self.assertIn("--config", text, words)
                self.assertIn("--set", text, words)

    def test_help_names_every_command(self):
        text = self.ends(EXIT_DONE, "--help").out.decode()
        for name in ("run", "evaluate", "tune", "simulate", "config", "topics", "inspect"):
            self.assertRegex(text, rf"(?m)^  {name} ")

    def test_version(self):
        self.assertRegex(self.ends(EXIT_DONE, "--version").out.decode(), r"\Afreshet \d+\.\d+\.\d+\n\Z")

    def test_a_wrong_command_line_ends_with_2_and_a_hint(self):
        for words, err in [
            (["teleport"], r"teleport"),
            (["run", "--fast"], r"--fast"),
            (["run", "surplus"], r"surplus"),
            (["config"], r"subcommand is required"),
            (["inspect"], r"subcommand is required"),
            (["topics"], r"subcommand is required"),
            (["inspect", "user"], r"user is required"),
            (["run", "--set"], r"--set"),
            (["evaluate"], r"needs --events"),
            (["evaluate", "--protocol", "session", "--train", "x"], r"needs --train and --test"),
            (["evaluate", "--events", "x", "--train", "y"], r"--train, --test and --learn-test are of --protocol session"),
            (["evaluate", "--protocol", "session", "--train", "x", "--test", "y", "--events", "z"], r"--events is of --protocol prequential"),
            (["evaluate", "--protocol", "guess", "--events", "x"], r"--protocol"),
            (["evaluate", "--events", "x", "--from", "1.5"], r"--from"),
            (["evaluate", "--events", "x", "--rank", "never"], r"--rank"),
            (["topics", "create", "--partitions", "0"], r"--partitions"),
        ]:
            self.ends(EXIT_USAGE, *words, err=err)

    def test_a_wrong_configuration_ends_with_2_for_every_command(self):
        for words in COMMANDS:
            if words in (["config"], ["topics"], ["inspect"]):
                continue
            more = {"evaluate": ["--events", "x"], "tune": ["--events", "x"], "user": ["x"], "item": ["x"]}.get(words[-1], [])
            self.ends(EXIT_USAGE, *words, *more, "--set", "lists.size=0", err=r"^freshet: lists\.size: found integer 0")

    def test_set_needs_a_path_and_a_value(self):
        self.ends(EXIT_USAGE, "config", "check", "--set", "abc", err=r'found text "abc"; allowed: a\.b=c')

    def test_config_that_cannot_be_read(self):
        self.ends(EXIT_USAGE, "run", "--config", self.folder / "absent.json", err=r"absent\.json' cannot be read")
        self.ends(EXIT_USAGE, "run", "--config", self.folder, err=rf"{re.escape(str(self.folder))}")

    def test_config_and_set_may_stand_before_the_command_or_after_it(self):
        path = self.folder / "freshet.json"
        path.write_text('{"lists": {"size": 0}}')
        for words in (["--config", path, "config", "check"], ["config", "check", "--config", path],
                      ["--set", "lists.size=0", "config", "check"], ["config", "check", "--set", "lists.size=0"]):
            self.ends(EXIT_USAGE, *words, err=r"lists\.size")

    def test_what_fails_while_running_ends_with_1_and_one_sentence_that_names_it(self):
        here = self.folder
        output = sets({"sink.type": "file", "sink.path": str(here / "lists"), "state.path": str(here / "state")})
        absent = here / "absent.jsonl"
        (here / "events.jsonl").write_text("{}\n")
        (here / "foreign").mkdir()
        (here / "foreign" / "letter.txt").write_text("dear")
        (here / "full").write_text("old lists\n")
        file_in = ["run", "--set", "source.type=file", "--set", f"source.path={here / 'events.jsonl'}"]
        for words, err in [
            (["run", *sets({"source.type": "file", "source.path": str(absent)}), *output], re.escape(str(absent))),
            ([*file_in, *sets({"sink.type": "file", "sink.path": str(here / "no" / "lists"),
                               "state.path": str(here / "s1")})], r"no/lists"),
            ([*file_in, *sets({"sink.type": "file", "sink.path": str(here / "full"),
                               "state.path": str(here / "s2")})], r"full: already holds 10 bytes.*sink\.overwrite"),
            ([*file_in, *sets({"sink.type": "none", "state.path": str(here / "foreign")})],
             r"foreign' holds files but no state"),
            ([*file_in, *sets({"sink.type": "none", "state.path": str(here / "full" / "s")})], r"full/s"),
            (["evaluate", "--events", absent], re.escape(str(absent))),
            (["evaluate", "--events", here / "events.jsonl"], r"no prediction to judge"),
            (["inspect", "state", *sets({"state.path": str(here / "nowhere")})], r"nowhere"),
            (["inspect", "user", "x", *sets({"state.path": ""})], r"state\.path is empty"),
            (["simulate", "--events", 10, "--to", here / "no" / "events"], r"no/events"),
        ]:
            ended = freshet(*words)
            text = ended.err.decode()
            self.assertEqual(ended.status, EXIT_FAILED, f"{words}: {text}")
            self.assertRegex(text, r"(?m)^freshet: .*" + err, words)
        self.assertEqual((here / "full").read_text(), "old lists\n")
        self.assertFalse((here / "nowhere").exists(), "to inspect makes nothing")

    def test_a_damaged_archive_is_an_error_and_not_an_end(self):
        path = self.folder / "events.jsonl.gz"
        succeeded = freshet("simulate", "--events", 3_000, "--to", path)
        self.assertEqual(succeeded.status, 0)
        path.write_bytes(path.read_bytes()[:-1_000])
        self.ends(EXIT_FAILED, "run", *sets({"source.type": "file", "source.path": str(path), "sink.type": "none",
                                             "state.path": ""}))


if __name__ == "__main__":
    main()
