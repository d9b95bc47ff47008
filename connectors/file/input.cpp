#include "connectors/file/input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace freshet {

namespace {
constexpr std::size_t block_bytes = 256UL << 10;
}

Input::Input(Descriptor file, std::string name, bool is_regular)
    : file_(std::move(file)),
      name_(std::move(name)),
      is_regular_(is_regular),
      block_(std::make_unique_for_overwrite<char[]>(block_bytes)) {}

Result<std::unique_ptr<Input>> Input::open(const std::string& path) {
  const bool is_stdin = path == "-";
  std::string name = is_stdin ? "standard input" : path;
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  Descriptor file =
      is_stdin ? Descriptor::borrowed(STDIN_FILENO)
               : Descriptor::owned(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat about {};
  if (!file.is_open() || ::fstat(file.get(), &about) != 0) return system_failure(name, "open");
  if (S_ISDIR(about.st_mode)) return error(name + ": is a directory, not a file of JSON lines");
  return std::unique_ptr<Input>(
      new Input(std::move(file), std::move(name), S_ISREG(about.st_mode)));
}

Result<Input::Piece> Input::read(std::span<char> to, std::chrono::milliseconds wait) {
  while (true) {
    if (recognised_ && !decompressor_) {
      return unread_.empty() ? read_raw(to, wait) : Result<Piece>(take_block(to));
    }
    if (recognised_ && (!unread_.empty() || decompressor_has_more_)) {
      auto piece = decompress_block(to);
      if (!piece || piece->bytes > 0) return piece;
      continue;
    }
    const auto got = fill_block(wait);
    if (!got) return got.error();
    if (*got == Got::nothing_yet) return Piece{Got::nothing_yet, 0};
    wait = std::chrono::milliseconds(0);
    if (!recognised_) {
      const auto compression = recognise_compression(unread_, *got == Got::end);
      if (!compression) continue;
      decompressor_ = make_decompressor(*compression);
      recognised_ = true;
    } else if (*got == Got::end) {
      if (decompressor_->inside()) {
        return error(name_ + ": truncated: it ends in the middle of its compressed data");
      }
      return Piece{Got::end, 0};
    }
  }
}

Result<Input::Piece> Input::read_raw(std::span<char> to, std::chrono::milliseconds wait) {
  if (!is_regular_) {
    using Count = std::chrono::milliseconds::rep;
    pollfd ready{file_.get(), POLLIN, 0};
    const int timeout_ms =
        static_cast<int>(std::clamp<Count>(wait.count(), 0, std::numeric_limits<int>::max()));
    const int n = ::poll(&ready, 1, timeout_ms);
    if (n < 0 && errno != EINTR) return system_failure(name_, "wait for data");
    if (n <= 0) return Piece{Got::nothing_yet, 0};
  }
  const ssize_t n = ::read(file_.get(), to.data(), to.size());
  if (n < 0) {
    if (errno == EINTR || errno == EAGAIN) return Piece{Got::nothing_yet, 0};
    return system_failure(name_, "read");
  }
  if (n == 0) return Piece{Got::end, 0};
  return Piece{Got::some, static_cast<std::size_t>(n)};
}

Result<Input::Got> Input::fill_block(std::chrono::milliseconds wait) {
  if (!unread_.empty()) std::memmove(block_.get(), unread_.data(), unread_.size());
  const std::size_t kept = unread_.size();
  const auto piece = read_raw({block_.get() + kept, block_bytes - kept}, wait);
  if (!piece) return piece.error();
  unread_ = {block_.get(), kept + piece->bytes};
  return piece->got;
}

Result<Input::Piece> Input::decompress_block(std::span<char> to) {
  const auto n = decompressor_->decompress(unread_, to);
  if (!n) return error(name_ + ": " + n.error().message);
  decompressor_has_more_ = *n == to.size() && decompressor_->inside();
  return Piece{Got::some, *n};
}

Input::Piece Input::take_block(std::span<char> to) {
  const std::size_t n = std::min(to.size(), unread_.size());
  std::memcpy(to.data(), unread_.data(), n);
  unread_.remove_prefix(n);
  return {Got::some, n};
}

}  // namespace freshet
