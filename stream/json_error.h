#pragma once

#include <string>
#include <string_view>

namespace freshet {

/// Where and why a text is not JSON, as far as can be told: "line 1, column 17: …"; "" if it is
/// JSON after all. Never builds a tree, so nesting of any depth is safe. Cost: for rejected records
/// only.
std::string json_error(std::string_view text);

/// A text made safe to print inside a sentence: at most `bytes_max` bytes, quoted, control
/// characters and invalid UTF-8 escaped.
std::string excerpt(std::string_view text, std::size_t bytes_max = 48);

}  // namespace freshet
