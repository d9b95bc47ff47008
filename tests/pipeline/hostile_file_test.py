"""Nothing that stands in a file of events stops the program, and nothing is lost without a trace."""

import base64
import gzip
import unicodedata

from freshet_testing import Case, file_run, json_lines, main, read_bytes, succeed, summary_counts
from hostile_records import Hostile, hostile, mixed


class HostileFile(Case):
    def run_mix(self, records, **options):
        events, lists = self.folder / "events.jsonl", self.folder / "lists.jsonl"
        # Blank lines are no records.
        events.write_bytes(b"\n".join(r.record for r in records[:5]) + b"\n\n\r\n" +
                           b"\n".join(r.record for r in records[5:]) + b"\n")
        self.lines = list(range(5)) + list(range(7, len(records) + 2))
        out = succeed("run", *file_run(events, lists, self.folder / "state", **options)).decode()
        return out, json_lines(read_bytes(lists))

    def test_each_hostile_record_is_kept_with_its_reason_and_each_good_one_is_answered(self):
        self.assertGreaterEqual(len(hostile()), 60)
        records = mixed(seed=1)
        out, lists = self.run_mix(records)
        rejected = json_lines(read_bytes(self.folder / "lists.jsonl.rejected"))
        bad = [(line, r) for line, r in zip(self.lines, records) if isinstance(r, Hostile)]
        good = [(line, r) for line, r in zip(self.lines, records) if not isinstance(r, Hostile)]

        sources = {entry["source"]: entry for entry in rejected}
        for line, record in bad:
            with self.subTest(record.name):
                entry = sources.pop(f"events/0/{line}", None)
                self.assertIsNotNone(entry, "was not rejected")
                self.assertEqual(set(entry), {"reason", "source", "record_base64"})
                self.assertEqual(base64.b64decode(entry["record_base64"], validate=True), record.record)
                for word in record.words:
                    self.assertIn(word, entry["reason"])
                self.assertLess(len(entry["reason"]), 1_000, "a reason is one sentence, however large the record")
                controls = [c for c in entry["reason"] if unicodedata.category(c) == "Cc"]
                self.assertFalse(controls, f"is not safe to print: {entry['reason']!r}")
        self.assertFalse(sources, "good records were rejected")
        self.assertEqual([entry["source"] for entry in rejected], [f"events/0/{line}" for line, _ in bad])

        self.assertEqual([(shown["list"], shown["user"]) for shown in lists],
                         [(f"0-{line}", record.user) for line, record in good])

        counts = summary_counts(out)
        self.assertEqual((counts["events"], counts["lists"], counts["rejected"]), (len(good), len(good), len(bad)))
        self.assertEqual(sum(counts["by_code"].values()), len(bad), out)
        self.assertEqual(counts["by_code"]["user:twice"], 1, out)

    def test_the_rejected_file_may_be_named_and_compressed(self):
        path = self.folder / "bad.jsonl.gz"
        records = [r for r in mixed(seed=2) if len(r.record) < 5_000]
        self.run_mix(records, sink__rejected_path=str(path))
        with gzip.open(path) as file:
            entries = json_lines(file.read())
        self.assertEqual([base64.b64decode(e["record_base64"]) for e in entries],
                         [r.record for r in records if isinstance(r, Hostile)])
        self.assertFalse((self.folder / "lists.jsonl.rejected").exists())

    def test_a_file_of_nothing_but_hostile_records_ends_well(self):
        records = hostile()
        out, lists = self.run_mix(records)
        self.assertEqual(lists, [])
        self.assertEqual(summary_counts(out)["rejected"], len(records))


if __name__ == "__main__":
    main()
