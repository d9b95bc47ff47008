"""SIGTERM and SIGINT in the middle of a run, and two processes on one state directory."""

import os
import random
import signal

from freshet_testing import (EXIT_FAILED, SLOW, Case, Running, file_run, freshet, inspect_state, json_lines, main, sets,
                             succeed, wait_until)

EVENTS = 4_000 if SLOW else 12_000


class StopFile(Case):
    def setUp(self):
        super().setUp()
        self.events = self.folder / "events.jsonl"
        succeed("simulate", "--events", EVENTS, "--seed", 9, "--to", self.events)
        self.lists, self.state = self.folder / "lists.jsonl", self.folder / "state"

    def size(self):
        return self.lists.stat().st_size if self.lists.exists() else 0

    def test_a_run_that_is_stopped_goes_on_as_if_it_had_not_been(self):
        expected, expected_state = self.folder / "expected.jsonl", self.folder / "expected-state"
        succeed("run", *file_run(self.events, expected, expected_state))
        chance = random.Random(4)
        stopped = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
            running = Running("run", *file_run(self.events, self.lists, self.state, engine__queue_bytes="64KiB"))
            running.started()
            before = self.size()
            more = chance.randint(1, 1_000_000)
            wait_until(lambda: self.size() >= before + more or running.process.poll() is not None,
                       "some lists are written", interval_s=0.001)
            running.process.send_signal(number)
            self.assertEqual(running.wait(), 0, running.errors())
            done = inspect_state(self.state)["positions"]["0"]
            # What was read is published, and nothing else: the file ends with a whole list.
            written = json_lines(self.lists.read_bytes())
            self.assertLess(written[-1]["cause"]["offset"], done)
            stopped += done < EVENTS
        self.assertGreaterEqual(stopped, 3, "the run ended before it was stopped")
        succeed("run", *file_run(self.events, self.lists, self.state))
        self.same_bytes(expected.read_bytes(), self.lists.read_bytes(), "lists")
        self.assertEqual(inspect_state(self.state)["digest"], inspect_state(expected_state)["digest"])

    def test_a_state_directory_belongs_to_one_process(self):
        reading, writing = os.pipe()
        first = Running("run", *sets({"source.type": "stdin", "sink.type": "none", "state.path": str(self.state)}),
                        stdin=reading)
        os.close(reading)
        first.started()
        second = freshet("run", *file_run(self.events, self.lists, self.state))
        self.assertEqual(second.status, EXIT_FAILED)
        sentence = second.err.decode()
        self.assertIn(f"'{self.state}'", sentence)
        self.assertIn("is in use by another freshet", sentence)
        self.assertEqual(len(sentence.strip().splitlines()), 1, sentence)
        self.assertFalse(self.lists.exists(), "nothing is touched")
        os.close(writing)
        self.assertEqual(first.wait(), 0, first.errors())
        succeed("run", *file_run(self.events, self.lists, self.state))


if __name__ == "__main__":
    main()
