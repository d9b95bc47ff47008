#include "tests/simulation/outside.h"

namespace freshet::test {

const char* name_of(Op op) {
  static constexpr std::array names = {"source open", "poll",       "commit",       "committed",
                                       "sink open",   "sink write", "sink flush",   "store write",
                                       "store read",  "order open", "order append", "order sync",
                                       "order cut",   "order drop", "disk",         "step"};
  return names[static_cast<std::size_t>(op)];
}

const char* name_of(End end) {
  static constexpr std::array names = {"none", "error", "stop", "kill", "power loss"};
  return names[static_cast<std::size_t>(end)];
}

std::string text_of(const Fault& fault) {
  static constexpr std::array effects = {"not done", "half done", "done"};
  std::string text = name_of(fault.end);
  if (fault.end == End::none) return text;
  text += " at " + std::string(name_of(fault.op)) + " " + std::to_string(fault.nth);
  if (fault.op != Op::count) {
    text += std::string(", ") + effects[static_cast<std::size_t>(fault.effect)];
  }
  return text;
}

}  // namespace freshet::test
