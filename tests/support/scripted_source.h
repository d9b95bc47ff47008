#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "stream/source.h"

namespace freshet::test {

/// What outlives a process on the input side: the log, and what the consumer group committed.
class Wire {
 public:
  explicit Wire(std::vector<Record> records) : log(std::move(records)) {}

  Positions committed() const {
    const std::lock_guard lock(mutex_);
    return committed_;
  }
  void commit(const Positions& done) {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, offset] : done) committed_[partition] = offset;
  }

  const std::vector<Record> log;

 private:
  mutable std::mutex mutex_;
  Positions committed_;
};

/// A source that reads a Wire, and fails when told to.
class ScriptedSource final : public Source {
 public:
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  struct Script {
    std::size_t batch_records = 7;     ///< at most, a poll
    bool keeps_commits = true;         ///< false: as a file, `committed` is always empty
    std::size_t fail_at_poll = never;  ///< from 0
    std::size_t fail_at_commit = never;
    std::string identity = "a scripted log";
    std::size_t idle_polls = 0;  ///< polls without a record before `end`
    std::function<void(std::size_t taken)> before_poll = [](std::size_t) {};
  };

  explicit ScriptedSource(Wire& wire) : ScriptedSource(wire, Script{}) {}
  ScriptedSource(Wire& wire, Script script) : wire_(wire), script_(std::move(script)) {}

  /// The records of `replay` come first, in its order.
  Status open(const Positions& from, const Order& replay) override {
    opened_at = from;
    Positions at = from;
    const auto take = [&](const Record& record) {
      at[record.partition] = record.offset + 1;
      ahead_.push_back(&record);
    };
    const auto is_ahead = [&](const Record& record) {
      const auto next = at.find(record.partition);
      return next == at.end() || record.offset >= next->second;
    };
    for (const OrderRun& run : replay) {
      for (const Record& record : wire_.log) {
        if (record.partition != run.partition || record.offset >= run.end) continue;
        if (is_ahead(record)) take(record);
      }
    }
    for (const Record& record : wire_.log) {
      if (is_ahead(record)) take(record);
    }
    return {};
  }

  Result<Polled> poll(std::size_t max_records, std::chrono::milliseconds,
                      std::vector<Record>& out) override {
    script_.before_poll(taken_);
    if (polls_++ == script_.fail_at_poll) return error("the scripted source failed");
    for (std::size_t n = std::min(max_records, script_.batch_records); n > 0; --n) {
      if (taken_ == ahead_.size()) break;
      out.push_back(*ahead_[taken_++]);
    }
    if (taken_ < ahead_.size()) return Polled::more;
    return idle_++ < script_.idle_polls ? Polled::more : Polled::end;
  }

  Status commit(const Positions& done) override {
    if (commits_++ == script_.fail_at_commit) return error("the scripted commit failed");
    wire_.commit(done);
    return {};
  }

  std::string identity() override { return script_.identity; }
  void settled(const Positions&) override {}

  Result<Positions> committed() override {
    return script_.keeps_commits ? wire_.committed() : Positions{};
  }

  /// Records given out so far. Any thread.
  std::size_t taken() const { return taken_; }
  /// Polls beyond the end of the log. Any thread.
  std::size_t idle() const { return idle_; }

  Positions opened_at;

 private:
  Wire& wire_;
  const Script script_;
  std::vector<const Record*> ahead_;
  std::size_t polls_ = 0;
  std::atomic<std::size_t> commits_{0}, taken_{0}, idle_{0};
};

}  // namespace freshet::test
