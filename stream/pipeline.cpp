#include "stream/pipeline.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "stream/bytes.h"
#include "stream/list.h"
#include "stream/queue.h"
#include "stream/state_format.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t batch_records = 256;
constexpr milliseconds poll_wait{50};

/// A checkpoint on its way to the store: rows, and the positions they are the fold of.
struct Checkpoint {
  RowBatch rows;
  Positions positions;
  std::int64_t pause_ns = 0;  ///< that taking it kept records waiting
};

/// Records on their way through the stages.
struct Batch {
  std::vector<Decoded> records;
  std::vector<Outcome> outcomes;
  Positions after;
  std::size_t bytes = 0;
  std::optional<Checkpoint> checkpoint;  ///< taken after these records
};

std::string encode(const Positions& positions) {
  std::string row;
  ByteWriter w(row);
  w.number(static_cast<std::uint32_t>(positions.size()));
  for (const auto& [partition, offset] : positions) {
    w.number(partition);
    w.number(offset);
  }
  return row;
}

std::size_t bytes_of(const std::vector<Outcome>& outcomes) {
  std::size_t bytes = outcomes.size() * sizeof(Outcome);
  for (const Outcome& o : outcomes) {
    bytes += o.list.entries.size() * sizeof(List::Entry) + o.list.parts.size() * sizeof(double);
  }
  return bytes;
}

/// The four stages, each a thread: read and decode → rank and learn → encode and publish → write
/// checkpoints.
class Run {
 public:
  Run(const PipelineParts& parts, const std::atomic<bool>& stop)
      : p_(parts),
        stop_(stop),
        decoded_(parts.engine_options.queue_bytes.count),
        ranked_(parts.engine_options.queue_bytes.count),
        checkpoints_(1) {}

  Status run();

 private:
  Status restore();
  Status write_first_checkpoint();
  void skip_published(const Positions& committed);
  void read();
  void rank();
  void publish();
  void write_checkpoints();

  std::unique_ptr<Batch> decode(Decoder& decoder, std::vector<Record>& records, Positions& after);
  void take_checkpoint(Batch& batch);
  Status publish(Batch& batch);
  void encode_outputs(Batch& batch, std::vector<Output>& outputs);
  Status settle(const Positions& done, std::string* mark);
  bool already_out(const Decoded& record) const;
  void keep(Error e);
  void fail(Error e);

  const PipelineParts& p_;
  const std::atomic<bool>& stop_;
  Positions start_;      ///< S: where the state is
  Positions published_;  ///< lists of records before these are out already
  bool is_new_ = true;   ///< nothing was ever checkpointed
  /// The sink forgets what it wrote after a mark, so only checkpoints settle.
  bool takes_back_ = false;
  RowBatch stale_;  ///< erasures for the first checkpoint
  BoundedQueue<std::unique_ptr<Batch>> decoded_, ranked_;
  BoundedQueue<Checkpoint> checkpoints_;
  std::atomic<bool> checkpoint_under_way_{false};
  std::int64_t checkpoint_due_ns_ = 0;
  std::atomic<bool> failed_{false};
  std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

Status Run::run() {
  if (Status s = restore(); !s) return s;
  if (Status s = write_first_checkpoint(); !s) return s;
  std::thread reader([this] { read(); });
  std::thread publisher([this] { publish(); });
  std::thread writer([this] { write_checkpoints(); });
  rank();
  reader.join();
  publisher.join();
  writer.join();
  if (failure_) return *failure_;
  return {};
}

Status Run::restore() {
  if (Status s = p_.engine.restore(p_.store, stale_); !s) return s;
  if (stale_.size() > 0) {
    p_.log("the state holds " + std::to_string(stale_.size()) +
           " rows of models that are not configured; the next checkpoint erases them");
  }
  auto positions = stored_positions(p_.store);
  if (!positions) return positions.error();
  start_ = published_ = *positions;
  for (const auto& [partition, offset] : start_) {
    p_.log("goes on where the state is: partition " + std::to_string(partition) + " at offset " +
           std::to_string(offset));
  }
  std::string mark;
  Status s = p_.store.scan(delivery_space, [&](std::string_view key, std::string_view value) {
    if (key == "sink") {
      mark = value;
      is_new_ = false;
    }
    return Status();
  });
  if (!s) return s;
  if (s = p_.source.open(start_, {}); !s) return s;
  auto kind = p_.sink.open(mark);
  if (!kind) return kind.error();
  takes_back_ = *kind == Sink::Kind::takes_back;
  if (takes_back_) return {};
  auto committed = p_.source.committed();
  if (!committed) return committed.error();
  skip_published(*committed);
  return {};
}

/// From the first record on there is a checkpoint to go back to, so that a sink can always be cut.
Status Run::write_first_checkpoint() {
  if (!is_new_) return {};
  Batch nothing;
  nothing.after = start_;
  take_checkpoint(nothing);
  auto mark = p_.sink.flush(start_);
  if (!mark) return mark.error();
  nothing.checkpoint->rows.put(delivery_space, "sink", *mark);
  checkpoint_under_way_ = false;
  return p_.store.write(nothing.checkpoint->rows);
}

/// Lists of records before the committed positions are out already: they are learned from, not
/// published again.
void Run::skip_published(const Positions& committed) {
  for (const auto& [partition, offset] : committed) {
    Offset& at = published_[partition];
    const std::string where = "partition " + std::to_string(partition) +
                              ": the state is at offset " + std::to_string(at) + ", the group at " +
                              std::to_string(offset);
    if (offset > at) {
      p_.log(where +
             "; the records between are learned again, and their lists, which are out, are not "
             "published again");
    }
    if (offset < at) p_.log(where + "; the state wins");
    at = std::max(at, offset);
  }
}

void Run::keep(Error e) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = std::move(e);
}

void Run::fail(Error e) {
  keep(std::move(e));
  failed_ = true;
  decoded_.close();
  ranked_.close();
  checkpoints_.close();
}

void Run::read() {
  Decoder decoder(p_.events, p_.engine.types());
  std::vector<Record> records;
  Positions after = start_;
  // Asked at every poll: a source that has nothing to say would never find the queue closed.
  while (!stop_ && !failed_) {
    records.clear();
    const auto polled = p_.source.poll(batch_records, poll_wait, records);
    if (!polled) {
      // What was read before is good: it is published and checkpointed as at any end.
      keep(polled.error());
      break;
    }
    if (!records.empty()) {
      auto batch = decode(decoder, records, after);
      const std::size_t bytes = batch->bytes;
      if (!decoded_.push(std::move(batch), bytes)) return;
    }
    if (*polled == Source::Polled::end) break;
  }
  decoded_.close();
}

std::unique_ptr<Batch> Run::decode(Decoder& decoder, std::vector<Record>& records,
                                   Positions& after) {
  auto batch = std::make_unique<Batch>();
  batch->records.reserve(records.size());
  const std::int64_t read_ms = p_.clock.wall_ms();
  const std::int64_t read_ns = p_.clock.steady_ns();
  for (Record& record : records) {
    Decoded decoded;
    decoded.partition = record.partition;
    decoded.offset = record.offset;
    decoded.read_ms = read_ms;
    decoded.read_ns = read_ns;
    decoded.what = decoder.decode(record);
    batch->bytes += sizeof(Decoded) + (record.value ? record.value->size() : 0);
    after[record.partition] = record.offset + 1;
    if (decoded.event() == nullptr) decoded.rejected = std::move(record);
    batch->records.push_back(std::move(decoded));
  }
  batch->after = after;
  return batch;
}

void Run::rank() {
  const std::int64_t interval_ns = p_.state.checkpoint_interval.count * 1'000'000;
  checkpoint_due_ns_ = p_.clock.steady_ns() + interval_ns;
  Positions done = start_;
  while (!decoded_.finished()) {
    auto popped = decoded_.pop(poll_wait);
    auto batch = popped ? std::move(*popped) : std::make_unique<Batch>();
    if (popped) {
      p_.engine.process(batch->records, batch->outcomes);
      done = batch->after;
    }
    batch->after = done;
    if (p_.clock.steady_ns() >= checkpoint_due_ns_ && !checkpoint_under_way_) {
      take_checkpoint(*batch);
      checkpoint_due_ns_ = p_.clock.steady_ns() + interval_ns;
    }
    if (!popped && !batch->checkpoint) continue;
    const std::size_t bytes = batch->bytes + bytes_of(batch->outcomes);
    if (!ranked_.push(std::move(batch), bytes)) return;
  }
  auto last = std::make_unique<Batch>();
  last->after = done;
  take_checkpoint(*last);
  ranked_.push(std::move(last), 0);
  ranked_.close();
}

void Run::take_checkpoint(Batch& batch) {
  checkpoint_under_way_ = true;
  Checkpoint& c = batch.checkpoint.emplace();
  c.rows = std::move(stale_);
  stale_.clear();
  const std::int64_t start = p_.clock.steady_ns();
  p_.engine.save(c.rows);
  c.pause_ns = p_.clock.steady_ns() - start;
  c.positions = batch.after;
  c.rows.put(meta_space, "positions", encode(batch.after));
}

void Run::publish() {
  const milliseconds interval(p_.delivery.commit_interval.count);
  std::optional<Positions> unsettled;
  std::int64_t due_ns = 0;
  while (!ranked_.finished()) {
    std::optional<std::unique_ptr<Batch>> popped = ranked_.pop(unsettled ? interval : poll_wait);
    if (popped) {
      Batch& batch = **popped;
      if (Status s = publish(batch); !s) return fail(s.error());
      if (!batch.records.empty() && !takes_back_) {
        if (!unsettled) due_ns = p_.clock.steady_ns() + interval.count() * 1'000'000;
        unsettled = batch.after;
      }
      if (batch.checkpoint) {
        std::string mark;
        if (Status s = settle(batch.after, &mark); !s) return fail(s.error());
        unsettled.reset();
        batch.checkpoint->rows.put(delivery_space, "sink", mark);
        if (!checkpoints_.push(std::move(*batch.checkpoint), 1)) return;
      }
    }
    if (unsettled && p_.clock.steady_ns() >= due_ns) {
      if (Status s = settle(*unsettled, nullptr); !s) return fail(s.error());
      unsettled.reset();
    }
  }
  checkpoints_.close();
}

/// Makes what was written durable outside, and says so to the source.
Status Run::settle(const Positions& done, std::string* mark) {
  auto flushed = p_.sink.flush(done);
  if (!flushed) return flushed.error();
  if (mark != nullptr) *mark = std::move(*flushed);
  // A sink that takes back is cut to the checkpoint, so positions kept elsewhere would say nothing
  // of it, and would make a later run into another sink believe that its lists are out.
  return takes_back_ ? Status() : p_.source.commit(done);
}

bool Run::already_out(const Decoded& record) const {
  const auto at = published_.find(record.partition);
  return at != published_.end() && record.offset < at->second;
}

Status Run::publish(Batch& batch) {
  std::vector<Output> outputs;
  encode_outputs(batch, outputs);
  if (outputs.empty()) return {};
  return p_.sink.write(outputs);
}

void Run::encode_outputs(Batch& batch, std::vector<Output>& outputs) {
  for (std::size_t i = 0; i < batch.records.size(); ++i) {
    Decoded& record = batch.records[i];
    const Outcome& outcome = batch.outcomes[i];
    p_.metrics.count(record, outcome);
    if (outcome.kind == Outcome::Kind::none || already_out(record)) continue;
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
    outputs.push_back(std::move(out));
  }
}

void Run::write_checkpoints() {
  while (!checkpoints_.finished()) {
    std::optional<Checkpoint> c = checkpoints_.pop(poll_wait);
    if (!c) continue;
    if (Status s = p_.store.write(c->rows); !s) return fail(s.error());
    p_.metrics.checkpointed(c->rows.bytes(), c->pause_ns);
    checkpoint_under_way_ = false;
  }
}

}  // namespace

Result<Positions> stored_positions(const RowReader& rows) {
  std::string row;
  const Status read = rows.scan(meta_space, [&](std::string_view key, std::string_view value) {
    if (key == "positions") row = value;
    return Status();
  });
  if (!read) return read.error();
  Positions positions;
  if (row.empty()) return positions;
  ByteReader r(row);
  for (std::uint32_t n = r.count(12); n > 0; --n) {
    const auto partition = r.number<Partition>();
    positions[partition] = r.number<Offset>();
  }
  if (!r.at_end()) return error("state: the row of positions is damaged");
  return positions;
}

Status run_pipeline(const PipelineParts& parts, const std::atomic<bool>& stop) {
  return Run(parts, stop).run();
}

}  // namespace freshet
