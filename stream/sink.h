#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "stream/position.h"
#include "stream/result.h"

namespace freshet {

enum class Channel : std::uint8_t { recommendations, similar_items, rejected };

/// One encoded record on its way out.
struct Output {
  Channel channel = Channel::recommendations;
  std::optional<std::string> key;
  std::optional<std::string> value;  ///< absent: a tombstone. For `rejected`: the original bytes
  Partition partition = 0;           ///< of the record that caused it
  Offset offset = 0;
  std::int64_t read_ms = 0;  ///< wall clock when the cause was read
  std::string reason;        ///< for `rejected`: one sentence that names field and value
};

/// Where lists go. Implementations live in connectors/. One thread (the publisher) calls
/// everything.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Prepares to write after `mark`, which an earlier process was given by `flush` ("" at first).
  /// A sink that can take back what was written after `mark` does so and returns true: then every
  /// list since the checkpoint is written again. False: what is out is out, and lists that are
  /// known to have been delivered (Source::committed) must not be written again.
  virtual Result<bool> open(const std::string& mark) = 0;

  /// Takes the outputs, in order. Blocks while the outside world is slower than we are
  /// (back-pressure).
  virtual Status write(std::span<Output> outputs) = 0;

  /// Returns when all that was written is durable outside. The mark names this point in the output.
  virtual Result<std::string> flush() = 0;
};

}  // namespace freshet
