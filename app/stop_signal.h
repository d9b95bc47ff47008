#pragma once

#include <atomic>

namespace freshet {

/// Becomes true at the first SIGTERM or SIGINT; a second one ends the process at once. Also makes a
/// reader who went away a write error instead of a death.
const std::atomic<bool>& stop_signal();

}  // namespace freshet
