#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stream/sink.h"
#include "tests/support/scripted_source.h"

namespace freshet::test {

/// What outlives a process on the output side.
struct Outbox {
  std::vector<Output> outputs;
  std::size_t durable = 0;  ///< outputs before this survive a crash for certain
};

/// One output as a line, for comparing: channel, cause, key, value, reason.
inline std::string line_of(const Output& o) {
  const char* const channel = o.channel == Channel::rejected          ? "rejected "
                              : o.channel == Channel::recommendations ? "list "
                                                                      : "similar ";
  return channel + std::to_string(o.partition) + "/" + std::to_string(o.offset) + " key " +
         (o.key ? *o.key : "(none)") + " value " + (o.value ? *o.value : "(none)") + " reason " +
         o.reason;
}

inline std::vector<std::string> lines_of(const Outbox& box) {
  std::vector<std::string> lines;
  for (const Output& o : box.outputs) lines.push_back(line_of(o));
  return lines;
}

/// A sink that keeps everything in an Outbox, and fails when told to.
class RecordingSink final : public Sink {
 public:
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  struct Script {
    Sink::Kind kind = Sink::Kind::keeps;  ///< takes_back: `open` cuts off what came after the mark
    std::size_t fail_at_call = never;     ///< write and flush counted together, from 0
    bool loses_unflushed = false;  ///< at the failure what was not flushed is gone, as in a queue
    std::function<void(std::size_t written)> before_write = [](std::size_t) {};
  };

  explicit RecordingSink(Outbox& box) : RecordingSink(box, Script{}) {}
  /// `wire`: takes the positions that a transactional sink commits.
  RecordingSink(Outbox& box, Script script, Wire* wire = nullptr)
      : box_(box), script_(std::move(script)), wire_(wire) {}

  Result<Kind> open(const std::string& mark) override {
    opened_at = mark;
    if (script_.kind == Kind::takes_back) box_.outputs.resize(mark.empty() ? 0 : std::stoul(mark));
    if (script_.kind == Kind::transactional) box_.outputs.resize(box_.durable);
    return script_.kind;
  }

  /// A failing write takes the first half of the outputs all the same.
  Status write(std::span<Output> outputs) override {
    script_.before_write(box_.outputs.size());
    const bool fails = calls_++ == script_.fail_at_call;
    if (fails) outputs = outputs.first(outputs.size() / 2);
    box_.outputs.insert(box_.outputs.end(), outputs.begin(), outputs.end());
    if (fails) return failed();
    return {};
  }

  Result<std::string> flush(const Positions& done) override {
    if (calls_++ == script_.fail_at_call) return failed();
    box_.durable = box_.outputs.size();
    if (script_.kind == Kind::transactional) wire_->commit(done);
    return std::to_string(box_.outputs.size());
  }

  std::size_t calls() const { return calls_; }

  std::string opened_at;

 private:
  Error failed() {
    if (script_.loses_unflushed) box_.outputs.resize(box_.durable);
    return error("the scripted sink failed");
  }

  Outbox& box_;
  const Script script_;
  Wire* const wire_;
  std::size_t calls_ = 0;
};

}  // namespace freshet::test
