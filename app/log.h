#pragma once

#include <string_view>

#include "app/settings.h"

namespace freshet {

/// The program's log, on standard error. Levels by consequence: error, someone must act; warn,
/// recovered from or worth a look; info, a life event. Never one line an event.
void set_up_log(const LogOptions& options);
void log_line(LogLevel level, std::string_view sentence);

}  // namespace freshet
