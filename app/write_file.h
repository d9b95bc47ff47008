#pragma once

#include <string>
#include <string_view>

#include "stream/result.h"

namespace freshet {

/// Whether a file can be written at `path`, before the work for it is done. Writes nothing. Error:
/// a sentence that begins with `option` and names the path.
Status can_write_file(const std::string& option, const std::string& path);

/// Replaces the file by `text`.
Status write_file(const std::string& option, const std::string& path, std::string_view text);

}  // namespace freshet
