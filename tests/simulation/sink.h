#pragma once

#include <string>
#include <vector>

#include "stream/sink.h"
#include "tests/simulation/outside.h"
#include "tests/simulation/world.h"

namespace freshet::test {

/// Shows outputs to the world as the plan's kind of sink does, at its own pace.
class SimulatedSink final : public Sink {
 public:
  SimulatedSink(World& world, Outside& outside, std::uint64_t life);

  Result<Kind> open(const std::string& mark) override;
  Status write(std::span<Output> outputs) override;
  Result<std::string> flush(const Positions& done) override;

  /// The process is gone: of what was not flushed, each reader's share is lost from some point on.
  void lose_unflushed();

 private:
  void check_new(const Output& output);
  void commit(const Positions& done);

  World& world_;
  Outside& outside_;
  Dice dice_;
  const std::uint32_t slow_ms_;
  std::vector<Shown> transaction_;
};

/// One output as a line that names its cause.
Shown shown_of(const Output& output);

}  // namespace freshet::test
