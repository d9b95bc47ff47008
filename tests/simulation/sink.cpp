#include "tests/simulation/sink.h"

#include <array>
#include <utility>

#include "stream/hash.h"
#include "tests/support/recording_sink.h"

namespace freshet::test {

Shown shown_of(const Output& output) {
  return {output.partition, output.offset, output.key.value_or(""), line_of(output)};
}

SimulatedSink::SimulatedSink(World& world, Outside& outside, std::uint64_t life)
    : world_(world),
      outside_(outside),
      dice_(world.plan.seed, 2'000 + life),
      slow_ms_(dice_.pick({0U, 2U, 50U, 500U})) {}

Result<Sink::Kind> SimulatedSink::open(const std::string& mark) {
  if (outside_.pass(Op::sink_open).fails) return Outside::failure();
  if (world_.plan.sink == Kind::takes_back) {
    const std::size_t size = mark.empty() ? 0 : std::stoul(mark);
    if (size > world_.shown.size()) {
      world_.fail("the checkpoint says that " + mark + " outputs are in the file, and there are " +
                  std::to_string(world_.shown.size()));
      return Outside::failure();
    }
    world_.shown.resize(size);
    world_.durable = size;
  }
  return world_.plan.sink;
}

/// Lists that were delivered must not be written again.
void SimulatedSink::check_new(const Output& output) {
  const auto out = world_.committed.find(output.partition);
  if (out == world_.committed.end() || output.offset >= out->second) return;
  world_.fail("written again, though committed up to " + std::to_string(out->second) + ": " +
              line_of(output));
}

Status SimulatedSink::write(std::span<Output> outputs) {
  const Outside::Answer answer = outside_.pass(Op::sink_write);
  world_.clock.advance_ms(dice_.below(slow_ms_ + 1));
  if (answer.effect == Effect::none) outputs = {};
  if (answer.effect == Effect::half) {
    outputs = outputs.first(dice_.below(static_cast<std::uint32_t>(outputs.size() + 1)));
  }
  auto& to = world_.plan.sink == Kind::transactional ? transaction_ : world_.shown;
  for (Output& output : outputs) {
    check_new(output);
    to.push_back(shown_of(output));
    output = {};  // the sink may move from them
  }
  if (answer.fails) return Outside::failure();
  return {};
}

void SimulatedSink::commit(const Positions& done) {
  for (Shown& s : transaction_) {
    const auto covers = done.find(s.partition);
    if (covers == done.end() || s.offset >= covers->second) {
      world_.fail("in a transaction whose positions do not cover it: " + s.line);
    }
    world_.shown.push_back(std::move(s));
  }
  transaction_.clear();
  for (const auto& [partition, offset] : done) world_.committed[partition] = offset;
}

Result<std::string> SimulatedSink::flush(const Positions& done) {
  const Outside::Answer answer = outside_.pass(Op::sink_flush);
  world_.clock.advance_ms(dice_.below(slow_ms_ + 1));
  if (answer.effect == Effect::whole) {
    if (world_.plan.sink == Kind::transactional) commit(done);
    world_.durable = world_.shown.size();
  }
  if (answer.fails) return Outside::failure();
  return std::to_string(world_.shown.size());
}

void SimulatedSink::lose_unflushed() {
  // A file loses its end. A topic loses the end of each of its partitions.
  constexpr std::uint32_t lanes = 3;
  const auto lane_of = [&](const Shown& s) {
    return world_.plan.sink == Kind::takes_back ? 0 : hash64(s.key) % lanes;
  };
  std::array<std::uint32_t, lanes> left{}, kept{};
  for (std::size_t i = world_.durable; i < world_.shown.size(); ++i) {
    ++left[lane_of(world_.shown[i])];
  }
  for (std::uint32_t lane = 0; lane < lanes; ++lane) kept[lane] = dice_.below(left[lane] + 1);
  std::vector<Shown> rest;
  for (std::size_t i = world_.durable; i < world_.shown.size(); ++i) {
    std::uint32_t& more = kept[lane_of(world_.shown[i])];
    if (more == 0) continue;
    --more;
    rest.push_back(std::move(world_.shown[i]));
  }
  world_.shown.resize(world_.durable);
  for (Shown& s : rest) world_.shown.push_back(std::move(s));
  world_.durable = world_.shown.size();
}

}  // namespace freshet::test
