#pragma once

#include <string>

#include "models/evaluation/evaluator.h"

namespace freshet {

/// The contract's JSON object on one line, with more keys behind the contract's: README, "Measure".
std::string evaluation_json(const EvaluationResult& result);

/// The same as tables for a terminal.
std::string evaluation_table(const EvaluationResult& result, const EvaluationOptions& options);

}  // namespace freshet
