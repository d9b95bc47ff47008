#include "stream/publisher.h"

#include <algorithm>
#include <utility>

#include "stream/list.h"

namespace freshet {

Status Publisher::open(const Positions& state, const std::string& mark, const Order& noted) {
  published_ = noted_ = state;
  for (const OrderRun& run : noted) {
    Offset& at = noted_[run.partition];
    at = std::max(at, run.end);
  }
  auto kind = p_.sink.open(mark);
  if (!kind) return kind.error();
  kind_ = *kind;
  if (kind_ == Sink::Kind::takes_back) return {};
  auto committed = p_.source.committed();
  if (!committed) return committed.error();
  skip_published(*committed);
  return {};
}

/// Lists of records before the committed positions are out already: they are learned from, not
/// published again.
void Publisher::skip_published(const Positions& committed) {
  for (const auto& [partition, offset] : published_) {
    if (offset > 0 && committed.count(partition) == 0) {
      p_.log(partition_words(partition) + ": the state is at offset " + std::to_string(offset) +
             ", the group has committed none: it is new, or the topic was made anew; in that case "
             "records below that offset are not read, and a state.path of its own is needed");
    }
  }
  for (const auto& [partition, offset] : committed) {
    Offset& at = published_[partition];
    const std::string where = partition_words(partition) + ": the state is at offset " +
                              std::to_string(at) + ", the group at " + std::to_string(offset);
    if (offset > at) {
      p_.log(where +
             "; the records between are learned again, and their lists, which are out, are not "
             "published again");
    }
    if (offset < at) p_.log(where + "; the state wins");
    at = std::max(at, offset);
  }
}

Status Publisher::publish(std::vector<Decoded>& records, const std::vector<Outcome>& outcomes,
                          const Positions& after) {
  if (records.empty()) return {};
  if (Status s = note_order(records); !s) return s;
  encode(records, outcomes);
  if (!outputs_.empty()) {
    if (Status s = p_.sink.write(outputs_); !s) return s;
    outputs_.clear();
  }
  if (!unsettled_) {
    due_ns_ = p_.clock.steady_ns() + p_.delivery.commit_interval.count * 1'000'000;
  }
  unsettled_ = after;
  return settle_if_due();
}

/// So that a restart after a crash takes the records in the same order and makes the same lists:
/// those that may be out already must come again as they were.
Status Publisher::note_order(const std::vector<Decoded>& records) {
  // A sink that takes back will be written in whichever order the records come then.
  if (kind_ == Sink::Kind::takes_back) return {};
  for (const Decoded& record : records) {
    Offset& noted = noted_[record.partition];
    if (record.offset < noted) continue;
    noted = record.offset + 1;
    if (order_.empty() || order_.back().partition != record.partition) {
      order_.push_back({record.partition, noted});
    } else {
      order_.back().end = noted;
    }
  }
  // One partition alone is noted too: after a crash another may be the first to come.
  if (order_.empty()) return {};
  Status appended = p_.order.append(order_);
  order_.clear();
  return appended;
}

bool Publisher::already_out(const Decoded& record) const {
  const auto at = published_.find(record.partition);
  return at != published_.end() && record.offset < at->second;
}

void Publisher::encode(std::vector<Decoded>& records, const std::vector<Outcome>& outcomes) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    Decoded& record = records[i];
    const Outcome& outcome = outcomes[i];
    if (already_out(record)) {
      p_.metrics.learned_again();
      continue;
    }
    p_.metrics.count(record, outcome);
    if (outcome.kind != Outcome::Kind::none) encode_record(record, outcome);
    for (const SimilarList& list : outcome.similar) encode_similar(record, list);
  }
}

void Publisher::encode_record(Decoded& record, const Outcome& outcome) {
  Output out;
  out.partition = record.partition;
  out.offset = record.offset;
  out.read_ms = record.read_ms;
  if (outcome.kind == Outcome::Kind::rejected) {
    out.channel = Channel::rejected;
    out.key = std::move(record.rejected.key);
    out.value = std::move(record.rejected.value);
    out.reason = std::get<Rejection>(record.what).reason;
  } else {
    const Event& event = *record.event();
    out.key = event.user;
    if (outcome.kind == Outcome::Kind::list) {
      const Cause cause{p_.events_topic, record.partition, record.offset,
                        p_.engine.types()[event.type].name};
      write_list(outcome.list, event, cause, p_.engine.part_names(), out.value.emplace());
      p_.metrics.published(p_.clock.steady_ns() - record.read_ns, *out.value);
    }
  }
  put(std::move(out));
}

void Publisher::encode_similar(const Decoded& record, const SimilarList& list) {
  Output out;
  out.channel = Channel::similar_items;
  out.partition = record.partition;
  out.offset = record.offset;
  out.read_ms = record.read_ms;
  out.key = std::string(list.item);
  if (!list.entries.empty()) write_similar(list, out.value.emplace());
  put(std::move(out));
}

void Publisher::put(Output out) {
  unsettled_bytes_ += sizeof(Output) + (out.value ? out.value->size() : 0);
  outputs_.push_back(std::move(out));
}

std::optional<std::int64_t> Publisher::due_ns() const {
  if (!unsettled_) return std::nullopt;
  return due_ns_;
}

Status Publisher::settle_if_due() {
  if (!unsettled_) return {};
  const bool much = unsettled_bytes_ >= p_.delivery.commit_bytes.count;
  if (!much && p_.clock.steady_ns() < due_ns_) return {};
  const Positions done = *unsettled_;
  if (kind_ == Sink::Kind::takes_back) {
    // Cut to the checkpoint, so only checkpoints need to be durable outside.
    unsettled_.reset();
    unsettled_bytes_ = 0;
    p_.source.settled(done);
    return {};
  }
  auto mark = settle(done);
  return mark ? Status() : Status(mark.error());
}

Result<std::string> Publisher::settle(const Positions& learned) {
  // While records are learned again the group is ahead of us. To take it back would have their
  // lists published again after the next crash.
  Positions done = learned;
  for (auto& [partition, offset] : done) {
    const auto out = published_.find(partition);
    if (out != published_.end()) offset = std::max(offset, out->second);
  }
  if (Status s = p_.order.sync(); !s) return s.error();
  auto mark = p_.sink.flush(done);
  if (!mark) return mark.error();
  unsettled_.reset();
  unsettled_bytes_ = 0;
  // To a sink that takes back, positions kept elsewhere would say nothing of it, and would make a
  // later run into another sink believe that its lists are out.
  if (kind_ == Sink::Kind::keeps) {
    if (Status s = p_.source.commit(done); !s) return s.error();
  } else {
    p_.source.settled(done);
  }
  return mark;
}

Result<Publisher::Border> Publisher::border(const Positions& after) {
  auto mark = settle(after);
  if (!mark) return mark.error();
  // While records are learned again, the notes tell the order of those still to come.
  const bool all_learned = std::all_of(noted_.begin(), noted_.end(), [&](const auto& noted) {
    const auto at = after.find(noted.first);
    return at != after.end() && at->second >= noted.second;
  });
  if (!all_learned) return Border{std::move(*mark), OrderLog::no_segment};
  auto segment = p_.order.cut();
  if (!segment) return segment.error();
  return Border{std::move(*mark), *segment};
}

}  // namespace freshet
