#include "connectors/file/line_reader.h"

#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>

#include "connectors/file/file_source.h"
#include "stream/hash.h"

namespace freshet {

namespace {

constexpr std::size_t block_bytes = 512UL << 10;
constexpr std::size_t max_blocks_per_poll = 32;
constexpr std::size_t max_bytes_per_poll = 8UL << 20;
constexpr std::size_t identity_bytes = 4UL << 10;
constexpr std::string_view standard_input = "-";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_blank(std::string_view line) { return line.empty() || line == "\r"; }

}  // namespace

LineReader::LineReader(std::string path, Partition partition)
    : path_(std::move(path)), partition_(partition), lines_(FileSource::max_line_bytes) {}

Status LineReader::open(Offset from) {
  assert(!input_);
  auto input = Input::open(path_);
  if (!input) return input.error();
  input_ = std::move(*input);
  from_ = from;
  if (!input_->is_regular()) return {};
  // What is opened already cannot be opened a second time: both would read on from one place.
  if (path_ != standard_input) {
    if (auto read = read_identity(); !read) return read;
  }
  std::vector<Record> none;
  Reading reading = Reading::some;
  while (next_offset_ < from_ && reading != Reading::end) {
    if (auto read = read_block({}, reading); !read) return read;
    take_lines(0, none);
  }
  if (next_offset_ < from_) return too_short();
  return {};
}

/// Reads the first line by a second opening, which leaves the first where it is.
Status LineReader::read_identity() {
  auto input = Input::open(path_);
  if (!input) return input.error();
  LineCutter lines(identity_bytes);
  std::string_view line;
  while (!lines.next(line)) {
    const auto piece = (*input)->read(lines.room(identity_bytes), {});
    if (!piece) return {};  // found again, and reported, by who reads the records
    if (piece->got != Input::Got::some) return {};
    lines.filled(piece->bytes);
  }
  identity_ = "a file whose first line has the XXH3 hash " + std::to_string(hash64(line));
  return {};
}

Result<Source::Polled> LineReader::poll(std::size_t max_records, std::chrono::milliseconds wait,
                                        std::vector<Record>& out) {
  assert(input_);
  const std::size_t before = out.size();
  taken_bytes_ = 0;
  for (std::size_t blocks = 0;; ++blocks) {
    take_lines(max_records - (out.size() - before), out);
    const bool is_full = out.size() - before == max_records || taken_bytes_ >= max_bytes_per_poll;
    if (is_full || blocks == max_blocks_per_poll) return Source::Polled::more;
    if (at_end_ && next_offset_ < from_) return too_short();
    if (at_end_) return Source::Polled::end;
    const bool is_first = blocks == 0 && out.size() == before;
    if (failure_)
      return out.size() == before ? Result<Source::Polled>(*failure_) : Source::Polled::more;
    Reading reading = Reading::some;
    const auto read = read_block(is_first ? wait : std::chrono::milliseconds(0), reading);
    if (!read) failure_ = read.error();
    if (reading == Reading::nothing_yet) return Source::Polled::more;
  }
}

/// Takes lines out of the buffer: past those before from_, then at most `max_records` records.
void LineReader::take_lines(std::size_t max_records, std::vector<Record>& out) {
  std::string_view line;
  while (next_offset_ < from_ && lines_.next(line)) ++next_offset_;
  if (next_offset_ < from_) return;
  while (max_records > 0 && taken_bytes_ < max_bytes_per_poll && lines_.next(line)) {
    if (is_half_written(line)) return;
    const Offset offset = next_offset_++;
    if (offset == 0 && line.starts_with(byte_order_mark)) {
      line.remove_prefix(byte_order_mark.size());
    }
    if (is_blank(line)) continue;
    Record& record = out.emplace_back();
    record.partition = partition_;
    record.offset = offset;
    record.value.emplace(line);
    taken_bytes_ += line.size();
    --max_records;
  }
}

/// The end of a file whose writer was interrupted. It is read when its newline is there.
bool LineReader::is_half_written(std::string_view line) const {
  return !lines_.was_ended() && input_->is_regular() && !is_blank(line) &&
         !nlohmann::json::accept(line);
}

Status LineReader::read_block(std::chrono::milliseconds wait, Reading& reading) {
  const auto piece = input_->read(lines_.room(block_bytes), wait);
  if (!piece) return piece.error();
  switch (piece->got) {
    case Input::Got::some:
      lines_.filled(piece->bytes);
      reading = Reading::some;
      break;
    case Input::Got::nothing_yet:
      reading = Reading::nothing_yet;
      break;
    case Input::Got::end:
      lines_.finish();
      at_end_ = true;
      reading = Reading::end;
      break;
  }
  return {};
}

Error LineReader::too_short() const {
  return error(
      input_->name() + ": has " + std::to_string(next_offset_) +
      " lines, but the state goes on at line " + std::to_string(from_) +
      ": it is not the file that was read before, or was shortened; another file needs another "
      "state.path");
}

}  // namespace freshet
