"""What the end-to-end tests share: the program under test, conditions with a deadline, JSON lines, Kafka.

A script is called with the program's path as its first word; further words are the script's own.
Everything that is started here ends with the script.
"""

import atexit
import collections
import gzip
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DATA = REPOSITORY.parent / "shared" / "data"
BROKER_TOOLS = REPOSITORY / "tests" / "broker"

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else ""
ARGUMENTS = sys.argv[2:]
SLOW = os.environ.get("FRESHET_TEST_SLOW") == "1"
PATIENCE_S = 240.0 if SLOW else 90.0

EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2
EXIT_SKIPPED = 77


def main(data_files=()):
    """Runs the script's tests. Data that is absent: says so, and ends as skipped."""
    if not PROGRAM or not os.access(PROGRAM, os.X_OK):
        sys.exit(f"usage: {sys.argv[0]} FRESHET [ARGUMENT...]")
    for name in data_files:
        if not (DATA / name).exists():
            print(f"shared/data is absent: {DATA / name}; this test needs a real stream of events")
            sys.exit(EXIT_SKIPPED)
    unittest.main(module="__main__", argv=[sys.argv[0]], verbosity=2)


def wait_until(condition, what, deadline_s=None, interval_s=0.005, alive=None):
    """Polls until the condition gives something true, and returns it. `alive`: a Running that must not end."""
    deadline = time.monotonic() + (deadline_s or PATIENCE_S)
    while True:
        found = condition()
        if found:
            return found
        if alive is not None and alive.process.poll() is not None:
            found = condition()
            if found:
                return found
            raise AssertionError(
                f"freshet ended with {alive.process.returncode} while waiting until {what}:\n{alive.errors()}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(interval_s)


# --- the program

Ended = collections.namedtuple("Ended", "status out err")


def sets(options):
    """{"a.b": value} as --set words."""
    words = []
    for path, value in options.items():
        text = value if isinstance(value, str) else json.dumps(value)
        words += ["--set", f"{path}={text}"]
    return words


def environment(extra=None):
    """The test's environment without options of freshet's, which would change what is tested."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FRESHET_")}
    clean.update(extra or {})
    return clean


_SANITIZER = re.compile(r"\w+Sanitizer: |: runtime error: ")


def no_finding(errors):
    """A sanitizer's finding fails whatever test is told of it: its exit status may be one that the test expects."""
    if _SANITIZER.search(errors):
        raise AssertionError(f"freshet was ended by a sanitizer:\n{errors}")


def freshet(*words, stdin=b"", env=None, cwd=None):
    """Runs the program to its end. Output is bytes."""
    ended = subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, cwd=cwd,
                           env=environment(env), timeout=PATIENCE_S * 2, check=False)
    no_finding(ended.stderr.decode(errors="replace"))
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def succeed(*words, **more):
    """Runs the program to its end, which must be a good one; returns standard output."""
    ended = freshet(*words, **more)
    if ended.status != EXIT_DONE:
        raise AssertionError(f"freshet {' '.join(map(str, words))}: exit {ended.status}\n"
                             f"{ended.err.decode(errors='replace')}")
    return ended.out


_running = set()


class Running:
    """A freshet that runs beside the test."""

    def __init__(self, *words, stdin=subprocess.DEVNULL, stdout=None, env=None):
        self._streams = {"err": tempfile.TemporaryFile(), "out": stdout or tempfile.TemporaryFile()}
        self._texts = {}
        self.process = subprocess.Popen([PROGRAM, *map(str, words)], stdin=stdin, stdout=self._streams["out"],
                                        stderr=self._streams["err"], env=environment(env))
        _running.add(self)

    def _text(self, name):
        if name in self._texts:
            return self._texts[name]
        # Not through the file's own position, which the program shares.
        stream = self._streams[name].fileno()
        return os.pread(stream, os.fstat(stream).st_size, 0).decode(errors="replace")

    def errors(self):
        return self._text("err")

    def output(self):
        return self._text("out")

    def started(self):
        """Waits until it has said what it does; from then on it answers signals."""
        wait_until(lambda: "Ctrl-C ends it" in self.output(), "freshet has started", alive=self)
        return self

    def kill(self):
        self.process.kill()
        return self.wait()

    def terminate(self):
        """SIGTERM; the exit status."""
        self.process.terminate()
        return self.wait()

    def wait(self):
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"freshet does not end; killed\n{self.errors()}") from None
        self._texts["err"] = self.errors()
        if self._streams["out"].readable():
            self._texts["out"] = self.output()
        for stream in self._streams.values():
            stream.close()
        _running.discard(self)
        no_finding(self.errors())
        return status


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    maxDiff = 2000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def same_bytes(self, expected, got, what):
        """Equality of large texts, with a message that can be read."""
        if expected == got:
            return
        left, right = expected.splitlines(), got.splitlines()
        for i, (a, b) in enumerate(zip(left, right)):
            if a != b:
                self.fail(f"{what}: line {i} differs\nexpected {a[:600]!r}\ngot      {b[:600]!r}")
        self.fail(f"{what}: {len(left)} lines expected, {len(right)} found")


def file_run(events, lists, state, **more):
    """Options of a run from file to file. Keys of `more` have __ where the path has a dot."""
    options = {"source.type": "file", "source.path": str(events), "sink.type": "file", "sink.path": str(lists),
               "state.path": str(state)}
    options.update({k.replace("__", "."): v for k, v in more.items()})
    return sets(options)


def inspect_state(state):
    return json.loads(succeed("inspect", "state", "--json", *sets({"state.path": str(state)})))


def summary_counts(text):
    """The counts of the summary that a run prints: events, lists, rejected, repeated, and rejected by code."""
    number = r"([\d,]+)"
    counts = {}
    for name, pattern in {"events": rf"^events +{number} in", "lists": rf"^lists +{number}(?: |$)",
                          "rejected": rf"^events .* rejected {number}$",
                          "repeated": rf"^events .* repeated {number} "}.items():
        found = re.search(pattern, text, re.MULTILINE)
        counts[name] = int(found[1].replace(",", "")) if found else 0
    counts["by_code"] = {code: int(n.replace(",", ""))
                         for n, code in re.findall(rf"^  rejected +{number}  (\S+)$", text, re.MULTILINE)}
    return counts


# --- files of JSON lines

def read_bytes(path):
    """A file's content, decompressed by its name."""
    path = pathlib.Path(path)
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as file:
            return file.read()
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
    return path.read_bytes()


def write_events(path, events):
    path.write_text("".join(json.dumps(e) + "\n" for e in events))
    return path


def json_lines(data):
    return [json.loads(line) for line in data.splitlines()]


# --- what every list promises

def check_list(case, shown, event, own_items, source):
    """One list against its event, the user's own items so far, and "partition-offset" of its cause."""
    partition, offset = map(int, source.split("-"))
    where = f"list {source}"
    case.assertEqual(shown["user"], str(event["user"]), where)
    case.assertEqual(shown["list"], source)
    cause = {"topic": "events", "partition": partition, "offset": offset, "type": event["type"],
             "item": str(event["item"])}
    case.assertEqual(shown["cause"], cause, where)
    case.assertEqual(shown["time"], event["time"], where)
    entries = shown["items"]
    case.assertTrue(entries, f"{where} is empty")
    order = [(-entry["score"], entry["item"].encode()) for entry in entries]
    case.assertEqual(order, sorted(order), f"{where} is not sorted by score, then item")
    case.assertEqual(len({entry["item"] for entry in entries}), len(entries), f"{where} has an item twice")
    for entry in entries:
        parts = sum(entry["parts"].values())
        case.assertLessEqual(abs(parts - entry["score"]), 1e-6, f"{where}: parts of {entry} do not add up")
        because = entry["because"]
        case.assertLessEqual(len(because), 3, where)
        case.assertEqual(len(set(because)), len(because), where)
        strange = set(because) - own_items
        case.assertFalse(strange, f"{where}: because of {strange}, which the user never had")


# --- Kafka: produced and read by kcat, which shares no code with freshet

BOOTSTRAP = os.environ.get("KAFKA_BOOTSTRAP", "")
_KEY_END, _RECORD_END = "\x01\x02key-ends\x02\x01", "\x01\x02record-ends\x02\x01"

_READ = ["kcat", "-b", BOOTSTRAP, "-C", "-q", "-f", r"%p %o %T %K %S %h\n%k%s\n",
         "-X", "fetch.wait.max.ms=20", "-X", "fetch.message.max.bytes=8000000", "-X", "isolation.level=read_committed"]

Message = collections.namedtuple("Message", "partition offset time key value headers")


def kafka_options(**more):
    options = {"source.type": "kafka", "sink.type": "kafka", "kafka.brokers": BOOTSTRAP}
    options.update({k.replace("__", "."): v for k, v in more.items()})
    return sets(options)


def create_topic(name, partitions, **config):
    settings = [f"{k.replace('__', '.')}={v}" for k, v in config.items()]
    subprocess.run([str(BROKER_TOOLS / "topic"), BOOTSTRAP, name, str(partitions), *settings], check=True)


def produce(topic, records, **properties):
    """Records (key, value) in bytes, one after another; equal keys share a partition. None: no key, or no value."""
    extra = [w for k, v in properties.items() for w in ("-X", f"{k.replace('__', '.')}={v}")]
    base = ["kcat", "-b", BOOTSTRAP, "-P", "-t", topic, "-X", "enable.idempotence=true", *extra]
    for keyed in (True, False):
        chosen = [(k, v) for k, v in records if (k is not None) == keyed]
        if not chosen:
            continue
        data = io.BytesIO()
        for key, value in chosen:
            assert value or (keyed and value is None), "kcat cannot tell an empty value from none"
            if keyed:
                data.write(key + _KEY_END.encode())
            data.write((value or b"") + _RECORD_END.encode())
        words = ["-Z", "-D", _RECORD_END, *(["-K", _KEY_END] if keyed else [])]
        with tempfile.NamedTemporaryFile() as file:
            file.write(data.getvalue())
            file.flush()
            subprocess.run([*base, *words, "-l", file.name], check=True, timeout=PATIENCE_S)


class Follower:
    """Reads a topic, for ever, into `messages`; what a transaction committed, no more."""

    def __init__(self, topic, begin="beginning"):
        self.messages = []
        self._failure = None
        self._process = subprocess.Popen([*_READ, "-o", str(begin), "-E", "-u", "-t", topic], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE)
        _followers.add(self)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            out = self._process.stdout
            while head := out.readline():
                words = head.rstrip(b"\n").split(b" ", 5)
                self.messages.append(_message(words, out.read))
        except Exception as failure:  # shown by whoever waits
            self._failure = failure

    def wait(self, count, what, alive=None):
        """Until so many messages have come."""
        def enough():
            if self._failure is not None:
                raise self._failure
            return len(self.messages) >= count
        try:
            wait_until(enough, what, alive=alive)
        except AssertionError as failure:
            raise AssertionError(f"{failure} ({len(self.messages)} of {count} messages have come)") from None
        return self.messages

    def close(self):
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()
        _followers.discard(self)


_followers = set()


def _headers(text):
    """kcat prints name=value,name=value; a value may hold commas, so the names that freshet uses are looked for."""
    names = r"(freshet-source|freshet-read-ms|freshet-published-ms|reason|source|omitted)"
    pieces = re.split(rf"(?:^|,){names}=", text)
    return dict(zip(pieces[1::2], pieces[2::2]))


def _message(words, read):
    """One message as _FORM prints it: the words of its first line, and what reads on."""
    partition, offset, stamp, key_size, size = map(int, words[:5])
    key = read(key_size) if key_size >= 0 else None
    value = read(size) if size >= 0 else None
    if read(1) != b"\n":
        raise AssertionError("kcat's output is out of step")
    return Message(partition, offset, stamp, key, value, _headers(words[5].decode() if len(words) > 5 else ""))


def read_topic(topic):
    """All messages of a topic as it is now."""
    ended = subprocess.run([*_READ, "-o", "beginning", "-e", "-t", topic], stdin=subprocess.DEVNULL,
                           capture_output=True, check=True, timeout=PATIENCE_S)
    data = io.BytesIO(ended.stdout)
    messages = []
    while head := data.readline():
        messages.append(_message(head.rstrip(b"\n").split(b" ", 5), data.read))
    return messages


@atexit.register
def _end_all():
    for running in list(_running):
        running.process.kill()
        running.process.wait()
    for follower in list(_followers):
        follower.close()
