"""A real stream of shop events through the real program, from file to file: what every list promises, and the
same bytes whatever the number of threads, the way the events come in and the way the lists go out."""

import collections
import fcntl
import os
import pathlib
import random
import struct
import subprocess
import tempfile
import termios
import time

from freshet_testing import (DATA, SLOW, Case, Running, check_list, file_run, inspect_state, json_lines, main, read_bytes,
                             sets, succeed, summary_counts)

STREAM = "yoochoose_100k.test.jsonl.zst"
SLOW_EVENTS = 4_000


def pipe_is_empty(descriptor):
    waiting = fcntl.ioctl(descriptor, termios.FIONREAD, struct.pack("i", 0))
    return struct.unpack("i", waiting)[0] == 0


class FileRun(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = read_bytes(DATA / STREAM)
        cls.stream = DATA / STREAM
        if SLOW:
            cls.data = b"".join(cls.data.splitlines(keepends=True)[:SLOW_EVENTS])
            folder = tempfile.TemporaryDirectory(prefix="freshet-test.")
            cls.addClassCleanup(folder.cleanup)
            cls.stream = pathlib.Path(folder.name) / "events.jsonl"
            cls.stream.write_bytes(cls.data)
        cls.events = json_lines(cls.data)
        cls.reference = None

    def run_file(self, name, lists_name="lists.jsonl", **options):
        """One run; the lists, decompressed, and what is to be equal in all runs of the state."""
        folder = self.folder / name
        folder.mkdir()
        out = succeed("run", *file_run(self.stream, folder / lists_name, folder / "state", **options)).decode()
        counts = summary_counts(out)
        self.assertEqual((counts["events"], counts["lists"], counts["rejected"]),
                         (len(self.events), len(self.events), 0), out)
        return read_bytes(folder / lists_name), inspect_state(folder / "state")

    def expected(self):
        if FileRun.reference is None:
            FileRun.reference = self.run_file("reference", engine__threads=1)
        return FileRun.reference

    def same_as_expected(self, lists, state, what):
        self.same_bytes(self.expected()[0], lists, what)
        self.assertEqual(state["digest"], self.expected()[1]["digest"], what)
        self.assertEqual(state["positions"], {"0": len(self.events)}, what)

    def test_every_list_keeps_the_contract(self):
        lists = json_lines(self.expected()[0])
        self.assertEqual(len(lists), len(self.events), "one list for each event")
        own = collections.defaultdict(set)
        for line, (event, shown) in enumerate(zip(self.events, lists)):
            own[event["user"]].add(event["item"])
            check_list(self, shown, event, own[event["user"]], f"0-{line}")
        self.assertEqual(len({shown["list"] for shown in lists}), len(lists), "ids of lists are unique")
        known = set()
        for event, shown in zip(self.events, lists):
            strange = {entry["item"] for entry in shown["items"]} - known - own[event["user"]]
            self.assertFalse(strange, f"list {shown['list']}: {strange} came from nowhere")
            known.add(event["item"])
        longest = max(len(shown["items"]) for shown in lists)
        self.assertEqual(longest, 20)

    def test_threads_change_no_byte(self):
        for threads in (2, 4):
            lists, state = self.run_file(f"threads-{threads}", engine__threads=threads)
            self.same_as_expected(lists, state, f"{threads} threads")

    def test_gzip_and_zstd_hold_the_same_bytes(self):
        for ending in ("gz", "zst"):
            # Many flushes, so that the archive has many members.
            lists, state = self.run_file(ending, f"lists.jsonl.{ending}", state__checkpoint_interval="20ms")
            self.same_as_expected(lists, state, ending)

    def test_dribbles_on_a_pipe_give_the_same_bytes(self):
        data = self.data
        lists, state = self.folder / "lists", self.folder / "state"
        chance = random.Random(2)
        running = Running("run", *sets({"source.type": "stdin", "sink.type": "stdout",
                                        "state.path": str(state), "engine.threads": 3}),
                          stdin=subprocess.PIPE, stdout=lists.open("wb"))
        pipe = running.process.stdin.fileno()
        at = 0
        while at < len(data):
            at += os.write(pipe, data[at:at + chance.choice((1, 7, 100, 3_000, 60_000))])
            if chance.random() < 0.1:
                while not pipe_is_empty(pipe):
                    time.sleep(0.001)
        running.process.stdin.close()
        self.assertEqual(running.wait(), 0, running.errors())
        self.same_as_expected(lists.read_bytes(), inspect_state(state), "stdin to stdout")

    def test_a_file_sink_to_standard_output_has_it_alone(self):
        lists, state = self.folder / "lists", self.folder / "state"
        with lists.open("wb") as out:
            running = Running("run", *sets({"source.type": "file", "source.path": str(self.stream), "sink.type": "file",
                                            "sink.path": "-", "state.path": str(state)}), stdout=out)
            self.assertEqual(running.wait(), 0, running.errors())
        self.same_as_expected(lists.read_bytes(), inspect_state(state), "file to \"-\"")

    def test_a_second_run_finds_nothing_to_do(self):
        lists, state = self.folder / "lists.jsonl", self.folder / "state"
        for _ in range(2):
            succeed("run", *file_run(self.stream, lists, state))
            self.same_as_expected(lists.read_bytes(), inspect_state(state), "run again")

    def test_the_event_itself_is_among_the_reasons_of_its_list(self):
        lists = json_lines(self.expected()[0])
        named = sum(shown["cause"]["item"] in {b for e in shown["items"] for b in e["because"]} for shown in lists)
        self.assertGreater(named / len(lists), 0.5)


if __name__ == "__main__":
    main([STREAM])
