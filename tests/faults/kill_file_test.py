"""kill -9 at random moments of one run from file to file. At the end the lists and the state are those of a run
that nobody interrupted, byte for byte."""

import json

from freshet_testing import (SLOW, Case, Running, file_run, inspect_state, main, read_bytes, succeed, wait_until)
from kill import KILLS, Moments, linger

EVENTS = 4_000 if SLOW else 9_000


class KillFile(Case):
    def setUp(self):
        super().setUp()
        self.events = self.folder / "events.jsonl"
        succeed("simulate", "--events", EVENTS, "--users", 700, "--items", 400, "--seed", 5, "--to", self.events)
        # Some leave, some come back, some records are of no use.
        lines = self.events.read_bytes().splitlines()
        for at in range(300, EVENTS, 150):
            known = json.loads(lines[at])
            forget = json.dumps({"user": known["user"], "type": "forget", "time": known["time"]}).encode()
            lines[at + 40] = forget if at % 300 else b'{"user": "nobody"'
        self.events.write_bytes(b"\n".join(lines) + b"\n")

    def uninterrupted(self, ending):
        lists = self.folder / f"expected.jsonl{ending}"
        state = self.folder / "expected-state"
        succeed("run", *file_run(self.events, lists, state))
        return lists, state

    def killed(self, lists, expected_bytes, state, seed):
        """Kills; then lets it end. Returns how many kills fell into its work, not into its start or end."""
        options = file_run(self.events, lists, state, state__checkpoint_interval="50ms",
                           engine__queue_bytes="64KiB")
        at_work = 0
        for share, delay_s, early in Moments(seed):
            running = Running("run", *options)
            before = lists.stat().st_size if lists.exists() else 0

            def due():
                size = lists.stat().st_size if lists.exists() else 0
                return early or running.process.poll() is not None or size != before and size >= share * expected_bytes
            wait_until(due, f"{share:.0%} of the lists are written", interval_s=0.001)
            linger(delay_s)
            if running.process.poll() is not None:
                self.assertEqual(running.wait(), 0, running.errors())
                continue
            status = running.kill()
            self.assertIn(status, (-9, 0), running.errors())
            at_work += status == -9 and not early
        running = Running("run", *options)
        self.assertEqual(running.wait(), 0, running.errors())
        return at_work

    def same_as_uninterrupted(self, ending, seed):
        expected, expected_state = self.uninterrupted(ending)
        lists, state = self.folder / f"lists.jsonl{ending}", self.folder / "state"
        at_work = self.killed(lists, expected.stat().st_size, state, seed)
        self.assertGreaterEqual(at_work, KILLS // 3, "too few kills fell into the work: more events are needed")
        self.same_bytes(read_bytes(expected), read_bytes(lists), "lists")
        self.same_bytes(read_bytes(f"{expected}.rejected"), read_bytes(f"{lists}.rejected"), "rejected records")
        self.assertEqual(inspect_state(state)["digest"], inspect_state(expected_state)["digest"])
        print(f"{at_work} of {KILLS} kills fell into the work", flush=True)

    def test_plain_lists(self):
        self.same_as_uninterrupted("", seed=11)

    def test_compressed_lists(self):
        self.same_as_uninterrupted(".zst", seed=12)


if __name__ == "__main__":
    main()
