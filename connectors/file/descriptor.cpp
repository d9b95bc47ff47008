#include "connectors/file/descriptor.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace freshet {

namespace {

/// Keeps SIGPIPE from this thread. A pending SIGPIPE that arose meanwhile is taken away at the end,
/// one that was pending before is left.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~NoSigpipe() {
    const int saved = errno;
    if (!was_pending_) {
      const timespec at_once{};
      while (sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = saved;
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t before_;
  bool was_pending_;
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), is_owned_(other.is_owned_) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(is_owned_, other.is_owned_);
  return *this;
}

Descriptor::~Descriptor() {
  if (is_owned_ && fd_ >= 0) ::close(fd_);
}

Error system_failure(std::string_view name, std::string_view doing) {
  const std::string why = std::generic_category().message(errno);
  return error(std::string(name) + ": cannot " + std::string(doing) + ": " + why);
}

Status write_all(int fd, std::string_view bytes, std::string_view name) {
  const NoSigpipe guard;
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      // Another process made the shared pipe or terminal non-blocking.
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (errno == EPIPE) return error(std::string(name) + ": the reader went away");
    return system_failure(name, "write");
  }
  return {};
}

}  // namespace freshet
