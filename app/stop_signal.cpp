#include "app/stop_signal.h"

#include <csignal>

namespace freshet {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int number) {
  stop = true;
  std::signal(number, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& stop_signal() {
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  return stop;
}

}  // namespace freshet
