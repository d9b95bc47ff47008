"""Writes copies of the program's sources with bugs in them, one of which the simulation switches on at a time.

  planted_bugs.py ROOT OUT      writes OUT/stream/*.cpp and OUT/planted_bugs.cpp
  planted_bugs.py --sources     prints the files that are copied

A bug is a text of a source and what stands there instead. So the program itself knows nothing of them; when it changes,
a text that is not found exactly once ends the build, and the bug is to be planted anew.
"""
import pathlib
import sys

PUBLISHER, PIPELINE, USERS, ENGINE = (f"stream/{name}.cpp" for name in ("publisher", "pipeline", "users", "engine_state"))

# Number by place, from 1: what is wrong, then file, text, and text instead; `bug(N)`: it is switched on.
BUGS = [
    ("positions are committed before the lists are flushed", [
        (PUBLISHER, "  auto mark = p_.sink.flush(done);\n",
         "  if (bug(N) && kind_ == Sink::Kind::keeps && !p_.source.commit(done)) return error(\"commit\");\n"
         "  auto mark = p_.sink.flush(done);\n")]),
    ("the order is not synced before a commit", [
        (PUBLISHER, "= p_.order.sync();", "= bug(N) ? Status() : p_.order.sync();")]),
    ("the order is noted after the lists are out", [
        (PUBLISHER, "  if (Status s = note_order(records); !s) return s;\n", "  if (!bug(N)) {\n"
         "    if (Status s = note_order(records); !s) return s;\n  }\n"),
        (PUBLISHER, "  if (!unsettled_) {\n", "  if (bug(N)) {\n"
         "    if (Status s = note_order(records); !s) return s;\n  }\n  if (!unsettled_) {\n")]),
    ("a checkpoint claims all that was read", [
        (PIPELINE, "put_place({batch.after,", "put_place({bug(N) ? read_to_ : batch.after,")]),
    ("an erased user's row is read again", [
        (USERS, "index_->gone.count(name) == 0", "(bug(N) || index_->gone.count(name) == 0)")]),
    ("a user is let go before his newest row is on disk", [
        (USERS, "entry.changed || entry.saved_in > durable_",
         "(!bug(N) && (entry.changed || entry.saved_in > durable_))")]),
    ("lists that were delivered are published again", [
        (PUBLISHER, "    at = std::max(at, offset);\n", "    if (!bug(N)) at = std::max(at, offset);\n")]),
    ("a checkpoint does not say how far the open epoch is", [
        (ENGINE, "w.number(epoch_records_);", "w.number(bug(N) ? 0U : epoch_records_);")]),
    ("the order is not noted while one partition alone has come", [
        (PUBLISHER, "if (order_.empty()) return {};", "if (order_.empty() || (bug(N) && noted_.size() < 2)) return {};")]),
    ("while records are learned again the group is taken back", [
        (PUBLISHER, "offset = std::max(offset, out->second);", "offset = bug(N) ? offset : std::max(offset, out->second);")]),
    ("a checkpoint drops notes of what is still to be learned again", [
        (PUBLISHER, "if (!all_learned)", "if (!bug(N) && !all_learned)")]),
    ("the catalogue's positions are not restored", [
        (PIPELINE, "  done_ = read_to_ = place->positions;\n",
         "  if (bug(N)) std::erase_if(place->positions, [](const auto& at) { return is_catalog(at.first); });\n"
         "  done_ = read_to_ = place->positions;\n")]),
    ("what the catalogue took off is offered again after a restart", [
        (ENGINE, "if (catalog_.named(ItemId(item))) tell(", "if (!bug(N) && catalog_.named(ItemId(item))) tell(")]),
]

SOURCES = sorted({file for _, changes in BUGS for file, _, _ in changes})

SWITCH = """namespace freshet::test {
bool bug(unsigned number);
}  // namespace freshet::test
using freshet::test::bug;
"""

LIST = """#include "tests/simulation/planted_bug.h"

namespace freshet::test {{

static std::uint64_t planted = 0;
bool bug(unsigned number) {{ return planted == number; }}
const std::uint64_t planted_bugs = {count};
void plant(std::uint64_t number) {{ planted = number; }}

}}  // namespace freshet::test
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main():
    if sys.argv[1:] == ["--sources"]:
        print(";".join(SOURCES), end="")
        return 0
    root, out = map(pathlib.Path, sys.argv[1:])
    texts = {file: (root / file).read_text() for file in SOURCES}
    for number, (what, changes) in enumerate(BUGS, 1):
        for file, old, new in changes:
            if texts[file].count(old) != 1:
                print(f"planted bug {number} ({what}): {file} does not hold {old!r} once; "
                      "plant it anew in tests/simulation/planted_bugs.py")
                return 1
            texts[file] = texts[file].replace(old, new.replace("bug(N)", f"bug({number})"))
    for file, text in texts.items():
        write(out / file, SWITCH + text)
    write(out / "planted_bugs.cpp", LIST.format(count=len(BUGS)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
