#include "connectors/file/lines.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace freshet {

std::span<char> LineCutter::room(std::size_t bytes) {
  const std::size_t unread = end_ - begin_;
  if (unread == 0) begin_ = scanned_ = end_ = 0;
  if (capacity_ - end_ < bytes) {
    if (capacity_ - unread < bytes) {
      capacity_ = 2 * (unread + bytes);
      auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
      if (unread > 0) std::memcpy(larger.get(), buffer_.get() + begin_, unread);
      buffer_ = std::move(larger);
    } else {
      std::memmove(buffer_.get(), buffer_.get() + begin_, unread);
    }
    scanned_ -= begin_;
    begin_ = 0;
    end_ = unread;
  }
  return {buffer_.get() + end_, bytes};
}

bool LineCutter::next(std::string_view& line) {
  const char* bytes = buffer_.get();
  const void* newline =
      scanned_ < end_ ? std::memchr(bytes + scanned_, '\n', end_ - scanned_) : nullptr;
  std::size_t line_end = end_;
  if (newline) {
    line_end = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes);
  } else if (!is_finished_ || begin_ == end_) {
    end_ = std::min(end_, begin_ + max_line_bytes_);
    scanned_ = end_;
    return false;
  }
  line = {bytes + begin_, std::min(line_end - begin_, max_line_bytes_)};
  was_ended_ = newline != nullptr;
  begin_ = newline ? line_end + 1 : end_;
  scanned_ = begin_;
  return true;
}

}  // namespace freshet
