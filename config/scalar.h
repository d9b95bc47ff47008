#pragma once

#include "config/erased.h"
#include "config/tree.h"

namespace freshet::config {

// Reads a bool, number, text, duration or size into `target`. False, with `target` unchanged, when
// the node is of another type or does not fit; `limits` give the range and the length of a text.
// Internal to the folder.
[[nodiscard]] bool read_scalar(const erased::Kind& kind, const erased::Limits& limits,
                               const Node& node, void* target);

}  // namespace freshet::config
