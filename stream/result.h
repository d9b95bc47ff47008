#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace freshet {

/// What went wrong in the world outside the program, as one sentence for the person who must act.
/// Made by `error(…)`: no constructor takes a text alone, so that a Result<std::string> is
/// unambiguous.
struct Error {
  struct Tag {};
  Error() = default;
  Error(Tag, std::string text) : message(std::move(text)) {}
  std::string message;
};

/// A value or an Error. World errors travel as values; programmer errors assert.
template <class T>
using Result = boost::system::result<T, Error>;

using Status = Result<void>;

inline Error error(std::string message) { return {Error::Tag{}, std::move(message)}; }

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
  throw std::runtime_error(e.message);
}

}  // namespace freshet
