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
  /// What becomes of outputs that were written before a crash.
  enum class Kind : std::uint8_t {
    keeps,          ///< what is out is out: lists that were delivered (Source::committed) must not
                    ///< be written again
    takes_back,     ///< `open` takes back all that came after the mark, so it is written again
    transactional,  ///< what was written since the last `flush` is never seen; `flush` commits the
                    ///< positions too, so that Source::committed says what is out
  };

  virtual ~Sink() = default;

  /// Prepares to write after `mark`, which an earlier process was given by `flush` ("" at first).
  /// Called once, before Source::committed is asked.
  virtual Result<Kind> open(const std::string& mark) = 0;

  /// Takes the outputs, in order; may move from them. Blocks while the outside world is slower than
  /// we are (back-pressure).
  virtual Status write(std::span<Output> outputs) = 0;

  /// Returns when all that was written is durable outside; with a transactional sink it is visible
  /// from now on, in one piece with `done`, the positions that it is the effect of. The mark names
  /// this point in the output.
  virtual Result<std::string> flush(const Positions& done) = 0;
};

}  // namespace freshet
