#pragma once

#include <string>

#include "stream/result.h"

namespace freshet::test {

/// What went wrong, "" if nothing did: for checks, where a Result cannot be printed.
template <class T>
std::string message_of(const Result<T>& result) {
  return result ? std::string() : result.error().message;
}

}  // namespace freshet::test
