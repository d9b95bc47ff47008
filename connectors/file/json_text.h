#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, one
/// each, so the result is valid JSON whatever `text` holds.
void append_json_string(std::string_view text, std::string& out);

/// Appends the standard base64 of `bytes`, padded.
void append_base64(std::string_view bytes, std::string& out);

}  // namespace freshet
