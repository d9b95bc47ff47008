#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "stream/result.h"

namespace freshet {

/// A file descriptor; closed at the end if it is owned.
class Descriptor {
 public:
  Descriptor() = default;
  static Descriptor owned(int fd) { return Descriptor(fd, true); }
  static Descriptor borrowed(int fd) { return Descriptor(fd, false); }

  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  Descriptor(int fd, bool is_owned) : fd_(fd), is_owned_(is_owned) {}

  int fd_ = -1;
  bool is_owned_ = false;
};

/// "NAME: cannot DOING: what errno says". Reads errno.
Error system_failure(std::string_view name, std::string_view doing);

/// Writes all bytes, waiting as long as the other side is slow. A reader that went away is an
/// Error, never SIGPIPE, whatever the program does with that signal.
Status write_all(int fd, std::string_view bytes, std::string_view name);

}  // namespace freshet
