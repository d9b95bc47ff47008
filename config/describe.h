#pragma once

#include <string>
#include <string_view>

#include "config/table.h"

// What follows from a table besides reading. All texts are deterministic, in order of declaration,
// and end with a newline. O(size of the text).

namespace freshet::config {

// A JSON Schema (draft 2020-12) that accepts what read() accepts in a file, as far as the schema
// language goes: checks by function and ranges of durations and sizes are in the descriptions.
[[nodiscard]] std::string schema(const AnyTable& table, std::string_view title);

// A Markdown page: a section per object, a table row per option, a subsection per tagged type.
[[nodiscard]] std::string reference(const AnyTable& table, std::string_view title);

// The settings as indented JSON that read() reads back to equal settings, but for secrets, which
// are shown as "***".
[[nodiscard]] std::string dump_erased(const AnyTable& table, const void* settings);

template <class S>
[[nodiscard]] std::string dump(const Table<S>& table, const S& settings) {
  return dump_erased(table, &settings);
}

}  // namespace freshet::config
