#include "state/order_segment.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "stream/bytes.h"
#include "stream/hash.h"

namespace freshet {
namespace {

constexpr std::string_view magic = "frshord";
constexpr std::size_t header_bytes = 24;
constexpr std::size_t hash_bytes = 8;
constexpr std::size_t note_head_bytes = hash_bytes + 8 + 8 + 8 + 4;
constexpr std::size_t run_bytes = 4 + 8;
constexpr std::size_t max_runs_in_note = 4'096;

struct Note {
  Order runs;
  std::uint64_t synced_bytes = 0;
  std::size_t size = 0;
};

std::optional<Note> note_at(OrderLog::Segment segment, std::string_view bytes, std::size_t begin) {
  ByteReader in(bytes.substr(begin));
  const auto hash = in.number<std::uint64_t>();
  const bool placed = in.number<std::uint64_t>() == segment && in.number<std::uint64_t>() == begin;
  Note note;
  note.synced_bytes = in.number<std::uint64_t>();
  const auto count = in.count(run_bytes);
  if (!in.ok() || !placed || count > max_runs_in_note) return std::nullopt;
  note.size = note_head_bytes + count * run_bytes;
  if (hash64(bytes.substr(begin + hash_bytes, note.size - hash_bytes)) != hash) return std::nullopt;
  note.runs.resize(count);
  for (OrderRun& run : note.runs) {
    run.partition = in.number<Partition>();
    run.end = in.number<Offset>();
  }
  return note;
}

/// Does a note behind `from` say that the byte at `from` was safe on the disk?
bool was_synced(OrderLog::Segment segment, std::string_view bytes, std::size_t from) {
  for (std::size_t at = from + 1; at + note_head_bytes <= bytes.size(); ++at) {
    const auto note = note_at(segment, bytes, at);
    if (note && note->synced_bytes > from) return true;
  }
  return false;
}

bool header_is_whole(std::string_view bytes) {
  if (bytes.size() < header_bytes || !bytes.starts_with(magic)) return false;
  ByteReader in(bytes.substr(header_bytes - hash_bytes));
  return in.number<std::uint64_t>() == hash64(bytes.substr(0, header_bytes - hash_bytes));
}

Status check_header(OrderLog::Segment segment, std::string_view bytes) {
  ByteReader in(bytes.substr(magic.size()));
  const auto version = in.number<std::uint8_t>();
  const auto number = in.number<std::uint64_t>();
  if (version != order_segment_version) {
    return error("has the format version " + std::to_string(version) +
                 ", which this freshet does not read; another version wrote it");
  }
  if (number != segment) return error("is a copy of segment " + std::to_string(number));
  return {};
}

}  // namespace

std::string encode_segment_header(OrderLog::Segment segment) {
  std::string out(magic);
  ByteWriter to(out);
  to.number(order_segment_version);
  to.number(segment);
  to.number(hash64(out));
  return out;
}

std::string encode_notes(OrderLog::Segment segment, std::uint64_t begin, std::uint64_t synced_bytes,
                         std::span<const OrderRun> runs) {
  std::string out;
  while (!runs.empty()) {
    const auto some = runs.first(std::min(runs.size(), max_runs_in_note));
    runs = runs.subspan(some.size());
    const std::size_t note = out.size();
    ByteWriter to(out);
    to.number(std::uint64_t{0});
    to.number(segment);
    to.number(begin + note);
    to.number(synced_bytes);
    to.number(static_cast<std::uint32_t>(some.size()));
    for (const OrderRun& run : some) {
      to.number(run.partition);
      to.number(run.end);
    }
    const std::uint64_t hash = hash64(std::string_view(out).substr(note + hash_bytes));
    std::memcpy(out.data() + note, &hash, hash_bytes);
  }
  return out;
}

Result<OrderSegment> decode_segment(OrderLog::Segment segment, std::string_view bytes,
                                    SegmentEnd end) {
  const bool may_be_torn = end == SegmentEnd::may_be_torn;
  OrderSegment content;
  if (!header_is_whole(bytes)) {
    // The header is safe before the first note is written.
    if (may_be_torn && bytes.size() <= header_bytes) return content;
    return error("is damaged at byte 0");
  }
  if (Status s = check_header(segment, bytes); !s) return s.error();
  content.good_bytes = header_bytes;
  while (content.good_bytes < bytes.size()) {
    const auto note = note_at(segment, bytes, content.good_bytes);
    if (!note) {
      if (may_be_torn && !was_synced(segment, bytes, content.good_bytes)) break;
      return error("is damaged at byte " + std::to_string(content.good_bytes));
    }
    content.runs.insert(content.runs.end(), note->runs.begin(), note->runs.end());
    content.good_bytes += note->size;
  }
  return content;
}

}  // namespace freshet
