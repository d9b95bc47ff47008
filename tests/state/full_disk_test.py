"""A run whose state lies on a small disk: full, then with space again, then read-only. Needs to mount a tmpfs."""

import pathlib
import subprocess
import sys
import tempfile

from freshet_testing import (EXIT_SKIPPED, SLOW, Case, file_run, freshet, inspect_state, main, succeed, write_events)

T = 1_704_067_200_000


def mount(*words):
    return subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)


def unmount(folder):
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def may_mount():
    with tempfile.TemporaryDirectory(prefix="freshet-mount.") as folder:
        tried = mount("-t", "tmpfs", "-o", "size=64k", "none", folder)
        if tried.returncode == 0:
            unmount(folder)
            return True
        print(f"mounting a tmpfs is not allowed here, so no disk can be made full: {tried.stderr.strip()}")
        return False


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.log = write_events(self.folder / "events.jsonl", (
            {"user": f"u{n % 900}", "item": f"i{n * n % 500}", "type": "view", "time": T + n * 1_000}
            for n in range(6_000)))
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.state = self.disk / "state"

    def mounted(self, size):
        done = mount("-t", "tmpfs", "-o", f"size={size}k", "none", self.disk)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.addCleanup(unmount, self.disk)

    def options(self, state=None):
        return file_run(self.log, self.folder / f"{(state or self.state).name}.lists", state or self.state,
                        state__checkpoint_interval="20ms")

    def test_full_is_an_error_and_with_space_it_goes_on(self):
        whole = self.folder / "whole"
        succeed("run", *self.options(whole))
        used = sum(p.stat().st_size for p in whole.iterdir()) // 1024
        failures = 0
        sizes = (8, 100, used // 4) if SLOW else (8, 40, 100, 200, 300, used // 4)
        for size in sizes:
            with self.subTest(size=size):
                self.mounted(size)
                ended = freshet("run", *self.options())
                said = ended.err.decode()
                self.assertEqual(ended.status, 1, said)
                self.assertIn("no space is left on the disk", said)
                self.assertIn(str(self.disk), said)
                failures += 1
                done = mount("-o", "remount,size=200m", self.disk)
                self.assertEqual(done.returncode, 0, done.stderr)
                succeed("run", *self.options())
                self.assertEqual(inspect_state(self.state)["digest"], inspect_state(whole)["digest"])
                self.same_bytes((self.folder / "whole.lists").read_bytes(), (self.folder / "state.lists").read_bytes(),
                                "the lists")
                unmount(self.disk)
                (self.folder / "state.lists").unlink()
                (self.folder / "state.lists.similar").unlink()
        self.assertEqual(failures, len(sizes))

    def test_read_only_is_an_error(self):
        self.mounted(200 * 1024)
        succeed("run", *self.options())
        before = inspect_state(self.state)
        done = mount("-o", "remount,ro", self.disk)
        self.assertEqual(done.returncode, 0, done.stderr)
        for state in (self.state, self.disk / "new"):
            ended = freshet("run", *self.options(state))
            self.assertEqual(ended.status, 1)
            self.assertRegex(ended.err.decode(), rf"{state}'[^\n]*: the disk can only be read")
        self.assertEqual(inspect_state(self.state), before)  # to look at it is fine
        ended = freshet("backup", self.disk / "copy", "--set", f"state.path={self.state}")
        self.assertEqual(ended.status, 1)
        self.assertIn("the disk can only be read", ended.err.decode())
        succeed("backup", self.folder / "copy", "--set", f"state.path={self.state}")


if __name__ == "__main__":
    if len(sys.argv) > 1 and pathlib.Path(sys.argv[1]).exists() and not may_mount():
        sys.exit(EXIT_SKIPPED)
    main()
