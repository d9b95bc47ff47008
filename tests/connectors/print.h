#pragma once

#include <catch2/catch.hpp>

#include "stream/result.h"

/// How a failed check prints a result: in the words of its error.
template <class T>
struct Catch::StringMaker<boost::system::result<T, freshet::Error>> {
  static std::string convert(const boost::system::result<T, freshet::Error>& result) {
    return result ? "a value" : "error: " + result.error().message;
  }
};
