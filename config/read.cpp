#include "config/read.h"

#include "config/merge.h"
#include "config/reader.h"

namespace freshet::config {

Environment environment_of(const char* const* variables) {
  Environment environment;
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return environment;
}

std::vector<Problem> read_erased(const AnyTable& table, const Layers& layers, void* object) {
  std::vector<Problem> list;
  Problems problems(list);
  Merger merger(*table.erased(), object, problems);
  if (layers.file_text && !merger.file(*layers.file_text, layers.file_name)) return list;
  merger.environment(layers.environment, layers.environment_prefix);
  merger.sets(layers.sets);
  read_tree(*table.erased(), merger.tree(), object, problems);
  return list;
}

}  // namespace freshet::config
