#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace freshet {

/// Cuts a stream of bytes into lines, however it arrives.
///
/// Of a line longer than `max_line_bytes` only that many bytes are kept; the rest is let go while
/// it is read, so memory stays within a few times `max_line_bytes`. A line is looked through once.
class LineCutter {
 public:
  explicit LineCutter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  /// Room for `bytes` more bytes. Invalidates lines.
  std::span<char> room(std::size_t bytes);
  /// The first `bytes` of the room were filled.
  void filled(std::size_t bytes) { end_ += bytes; }
  /// Nothing follows: what stands after the last newline, if anything, is a line too.
  void finish() { is_finished_ = true; }

  /// The next line without its newline; valid until `room` is called. False: more bytes are needed.
  bool next(std::string_view& line);
  /// Whether the newest line was followed by a newline.
  bool was_ended() const { return was_ended_; }

 private:
  // Invariants:
  // 1. begin_ <= scanned_ <= end_ <= capacity_; the unread bytes are [begin_, end_).
  // 2. No newline stands in [begin_, scanned_).
  // 3. After `next` returned false, at most max_line_bytes_ are unread.
  std::size_t max_line_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::size_t end_ = 0;
  bool is_finished_ = false;
  bool was_ended_ = true;
};

}  // namespace freshet
