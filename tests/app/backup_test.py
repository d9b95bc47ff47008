"""`freshet backup` beside a run that keeps learning, and `freshet restore` elsewhere."""

import json
import os
import shutil
import subprocess

from freshet_testing import (Case, PROGRAM, Running, environment, file_run, freshet, inspect_state, main, sets, succeed,
                             wait_until, write_events)

T = 1_704_067_200_000


def events(count, first=0):
    """A shop of 40 users and 60 items, with a profile, a rating and a forget now and then."""
    for n in range(first, first + count):
        user, item = f"u{n * 7 % 40}", f"i{(n * n + n * 3) % 60}"
        one = {"user": user, "item": item, "type": ("view", "cart", "purchase", "view")[n % 4], "time": T + n * 1000}
        if n % 50 == 7:
            one = {"user": user, "type": "profile", "time": T + n * 1000, "attributes": {"country": "NL", "n": n}}
        elif n % 50 == 23:
            one.update(type="rating", value=n % 5 + 1)
        elif n % 400 == 399:
            one = {"user": user, "type": "forget", "time": T + n * 1000}
        yield one


def on(state):
    return sets({"state.path": str(state)})


class Backup(Case):
    def setUp(self):
        super().setUp()
        self.log = write_events(self.folder / "events.jsonl", events(3_000))
        self.state, self.backup = self.folder / "state", self.folder / "backup"

    def run_on(self, log, lists, state, **more):
        return succeed("run", *file_run(log, lists, state, **more))

    def backed_up(self, state=None, backup=None):
        return succeed("backup", backup or self.backup, *on(state or self.state)).decode()

    def test_what_is_restored_is_what_was_backed_up(self):
        self.run_on(self.log, self.folder / "lists.jsonl", self.state)
        said = self.backed_up()
        before = inspect_state(self.state)
        rows = sum(space["rows"] for space in before["spaces"].values())
        self.assertRegex(said, rf"\Abacked up to {self.backup}: {rows:,} rows, [\d.]+ [KM]iB\n")
        self.assertIn("partition 0 goes on at offset 3000\n", said)
        self.assertEqual(inspect_state(self.backup), before)
        self.assertFalse((self.folder / "backup.partial").exists())

        elsewhere = self.folder / "new" / "state"
        said = succeed("restore", self.backup, *on(elsewhere)).decode()
        self.assertRegex(said, rf"\Arestored to {elsewhere}: {rows:,} rows, ")
        self.assertIn("partition 0 goes on at offset 3000\n", said)
        self.assertEqual(inspect_state(elsewhere), before)
        self.assertEqual(inspect_state(self.backup), before)  # and can be restored again

    def test_a_run_goes_on_from_a_backup_as_if_nothing_had_happened(self):
        growing, lists = self.folder / "growing.jsonl", self.folder / "lists.jsonl"
        write_events(growing, events(1_500))
        self.run_on(growing, lists, self.state)
        self.backed_up()
        growing.write_bytes(self.log.read_bytes())
        self.run_on(growing, lists, self.state)
        whole, digest = lists.read_bytes(), inspect_state(self.state)["digest"]

        shutil.rmtree(self.state)  # the disk is gone
        succeed("restore", self.backup, *on(self.state))
        self.run_on(growing, lists, self.state)
        self.same_bytes(whole, lists.read_bytes(), "the lists")
        self.assertEqual(inspect_state(self.state)["digest"], digest)

    def test_from_a_backup_other_lists_are_made_for_what_came_after_it(self):
        growing, whole, rest = (self.folder / name for name in ("growing.jsonl", "whole.jsonl", "rest.jsonl"))
        write_events(growing, events(1_500))
        self.run_on(growing, self.folder / "lists.jsonl", self.state)
        self.backed_up()
        self.run_on(self.log, whole, self.folder / "other")
        growing.write_bytes(self.log.read_bytes())
        restored = self.folder / "restored"
        succeed("restore", self.backup, *on(restored))
        self.run_on(growing, rest, restored)
        self.assertTrue(rest.read_bytes())
        self.same_bytes(whole.read_bytes()[-len(rest.read_bytes()):], rest.read_bytes(), "the later lists")
        self.assertIn(b'"list":"0-1500"', rest.read_bytes().splitlines()[0])

    def test_beside_a_run_that_keeps_learning(self):
        read, write = os.pipe()
        running = Running("run", *sets({"source.type": "stdin", "sink.type": "none", "state.path": str(self.state),
                                        "state.checkpoint_interval": "20ms"}), stdin=read)
        os.close(read)
        taken = []
        with os.fdopen(write, "w") as stream:
            for n, event in enumerate(events(20_000)):
                stream.write(json.dumps(event) + "\n")
                if n % 4_000 == 3_999:
                    stream.flush()
                    wait_until(self.has_positions, "a checkpoint is written", alive=running)
                    taken.append(self.folder / f"backup-{n}")
                    self.backed_up(backup=taken[-1])
        self.assertEqual(running.wait(), 0)
        offsets = []
        for backup in taken:
            found = inspect_state(backup)
            offsets.append(found["positions"]["0"])
            # The fold of the events before its position, and nothing else.
            part = write_events(self.folder / "part.jsonl", events(offsets[-1]))
            shutil.rmtree(self.folder / "fold", ignore_errors=True)
            self.run_on(part, self.folder / "part-lists.jsonl", self.folder / "fold")
            for name in ("part-lists.jsonl", "part-lists.jsonl.similar"):
                (self.folder / name).unlink()
            self.assertEqual(found["digest"], inspect_state(self.folder / "fold")["digest"], backup)
        self.assertEqual(offsets, sorted(offsets))
        self.assertLess(offsets[0], 20_000)

    def has_positions(self):
        return (self.state / "WRITTEN").exists() and bool(inspect_state(self.state)["positions"])

    def refused(self, *words):
        ended = freshet(*words)
        self.assertEqual((ended.status, ended.out), (1, b""), ended.err)
        return ended.err.decode()

    def test_refusals(self):
        self.assertIn(f"there is none in the directory '{self.state}'",
                      self.refused("backup", self.backup, *on(self.state)))
        self.assertFalse(self.backup.exists())
        self.run_on(self.log, self.folder / "lists.jsonl", self.state)
        self.backup.mkdir()
        self.assertIn(f"'{self.backup}' is there already", self.refused("backup", self.backup, *on(self.state)))
        self.backup.rmdir()
        self.assertIn("state.path is empty", self.refused("backup", self.backup, *on("")))
        self.backed_up()

        self.assertIn(f"'{self.state}' is not empty", self.refused("restore", self.backup, *on(self.state)))
        self.assertIn("state.path is empty", self.refused("restore", self.backup, *on("")))
        nowhere = self.folder / "nowhere"
        self.assertIn("there is none in the directory", self.refused("restore", nowhere, *on(self.folder / "new")))
        self.assertFalse((self.folder / "new").exists())
        (self.folder / "new").mkdir()  # an empty one, as of a mount, is fine
        succeed("restore", self.backup, *on(self.folder / "new"))
        for words in (["backup"], ["restore"], ["backup", "a", "b"]):
            self.assertEqual(freshet(*words).status, 2)

    def test_a_damaged_backup_is_refused_with_the_file_named(self):
        self.run_on(self.log, self.folder / "lists.jsonl", self.state)
        self.backed_up()
        sizes = {p: p.stat().st_size for p in self.backup.iterdir()}
        largest = max(sizes, key=sizes.get)
        data = bytearray(largest.read_bytes())
        for at in range(len(data) // 3, len(data), max(1, len(data) // 5)):
            bad = bytearray(data)
            bad[at] ^= 0x10
            largest.write_bytes(bad)
            target = self.folder / f"damaged-{at}"
            self.assertIn(largest.name, self.refused("restore", self.backup, *on(target)))
            # What is left is no state that a run would go on with.
            if target.exists() and any(target.iterdir()):
                ended = freshet("run", *file_run(self.log, self.folder / "x.jsonl", target))
                self.assertEqual(ended.status, 1)
        largest.write_bytes(data)
        succeed("restore", self.backup, *on(self.folder / "whole"))

    def test_a_killed_backup_leaves_no_directory_and_is_replaced(self):
        self.run_on(self.log, self.folder / "lists.jsonl", self.state)
        partial = self.folder / "backup.partial"
        killed = 0
        for _ in range(200):
            process = subprocess.Popen([PROGRAM, "backup", str(self.backup), *on(self.state)], env=environment(),
                                       stdout=subprocess.DEVNULL)
            wait_until(lambda p=process: (partial / "CURRENT").exists() or p.poll() is not None, "it has begun")
            process.kill()
            process.wait()
            if self.backup.exists():  # it was faster
                shutil.rmtree(self.backup)
                continue
            killed += 1
            if killed == 3:
                break
        self.assertTrue(partial.exists())
        self.backed_up()
        self.assertFalse(partial.exists())
        self.assertEqual(inspect_state(self.backup), inspect_state(self.state))


if __name__ == "__main__":
    main()
