#include "stream/pipeline.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "stream/checkpoint.h"
#include "stream/publisher.h"
#include "stream/queue.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t batch_records = 256;
/// Rows of each model and of the users that are copied ahead of a checkpoint at a time: about a
/// millisecond's work in the first piece, and more in each further one, so that the pieces overtake
/// what the batches between them change.
constexpr std::size_t rows_ahead(int piece) { return 512 + 256 * static_cast<std::size_t>(piece); }
/// After so many pieces the checkpoint is taken, whatever is left.
constexpr int pieces_ahead_max = 16;
/// A checkpoint comes early when this much waits for it.
constexpr std::size_t unsaved_bytes_max = 64UL << 20;

/// Records on their way through the stages.
struct Batch {
  std::vector<Decoded> records;
  std::vector<Outcome> outcomes;
  Positions after;
  Fingerprints last;  ///< of the records of this batch
  std::size_t bytes = 0;
  std::optional<Checkpoint> checkpoint;  ///< taken after these records
};

std::size_t bytes_of(const std::vector<Outcome>& outcomes) {
  std::size_t bytes = outcomes.size() * sizeof(Outcome);
  for (const Outcome& o : outcomes) {
    bytes += o.list.entries.size() * sizeof(List::Entry) + o.list.parts.size() * sizeof(double);
  }
  return bytes;
}

}  // namespace

class Pipeline::Impl {
 public:
  Impl(const PipelineParts& parts, const std::atomic<bool>& stop)
      : p_(parts),
        stop_(stop),
        decoder_(parts.events, parts.engine.types()),
        publisher_({parts.source, parts.sink, parts.order, parts.engine, parts.delivery,
                    parts.clock, parts.metrics, parts.log, parts.events_topic}),
        decoded_(parts.engine_options.queue_bytes.count),
        ranked_(parts.engine_options.queue_bytes.count),
        checkpoints_(1),
        unsaved_max_(
            std::min<std::size_t>(unsaved_bytes_max, parts.state.memory_budget.count / 16)) {}

  Status open();
  Step read(milliseconds wait);
  Step rank(milliseconds wait);
  Step publish(milliseconds wait);
  Step write(milliseconds wait);
  Status result() const {
    const std::lock_guard lock(failure_mutex_);
    return failure_ ? Status(*failure_) : Status();
  }

 private:
  Status check_source(const std::string& made_from);
  Status write_first_checkpoint();
  std::unique_ptr<Batch> decode();
  Step process(std::unique_ptr<Batch> batch);
  void save_ahead();
  void take_checkpoint(Batch& batch);
  Step end_ranking();
  Status publish(Batch& batch);
  Status write(Checkpoint& checkpoint);
  void keep(Error e);
  Step fail(Error e);

  const PipelineParts& p_;
  const std::atomic<bool>& stop_;

  // The read stage's.
  Decoder decoder_;
  std::vector<Record> records_;
  Positions read_to_;

  // The rank stage's.
  Positions done_;
  Fingerprints last_;  ///< of the records before them
  RowBatch stale_;     ///< erasures for the first checkpoint
  std::int64_t checkpoint_due_ns_ = 0;
  std::int64_t pause_ns_ = 0;
  std::int64_t work_ns_ = 0;  ///< of the engine, since the newest checkpoint
  int pieces_ahead_ = 0;

  // The publish stage's.
  Publisher publisher_;

  std::string source_;  ///< its identity; fixed after `open`
  BoundedQueue<std::unique_ptr<Batch>> decoded_, ranked_;
  BoundedQueue<Checkpoint> checkpoints_;
  const std::size_t unsaved_max_;
  std::atomic<bool> checkpoint_under_way_{false};
  std::atomic<std::uint64_t> durable_{0};  ///< number of the newest checkpoint in the store
  std::atomic<bool> failed_{false};
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

Status Pipeline::Impl::open() {
  if (Status s = p_.engine.restore(p_.store, stale_); !s) return s;
  if (stale_.size() > 0) {
    p_.log("the state holds " + std::to_string(stale_.size()) +
           " rows of models that are not configured; the next checkpoint erases them");
  }
  auto place = stored_place(p_.store);
  if (!place) return place.error();
  done_ = read_to_ = place->positions;
  last_ = place->last;
  auto order = p_.order.open(done_);
  if (!order) return order.error();
  for (const auto& [partition, offset] : done_) {
    p_.log("the state is restored: " + partition_words(partition) + " at offset " +
           std::to_string(offset));
  }
  p_.source.expect(last_);
  if (Status s = p_.source.open(done_, *order); !s) return s;
  if (Status s = check_source(place->source); !s) return s;
  if (Status s = publisher_.open(done_, place->mark.value_or(""), *order); !s) return s;
  if (!place->mark) {
    if (Status s = write_first_checkpoint(); !s) return s;
  }
  checkpoint_due_ns_ = p_.clock.steady_ns() + p_.state.checkpoint_interval.count * 1'000'000;
  return {};
}

/// Positions are offsets of one log: with another they would skip what was never read.
Status Pipeline::Impl::check_source(const std::string& made_from) {
  source_ = p_.source.identity();
  if (source_.empty()) source_ = made_from;
  if (made_from.empty() || made_from == source_ || done_.empty()) return {};
  const std::string problem =
      "the state was made from " + made_from + ", and the source is now " + source_;
  if (!p_.accept_gap) {
    return error("state: " + problem +
                 ": give it another state.path, or the old source (--accept-gap goes on at the "
                 "same offsets)");
  }
  p_.log(problem + "; accepted, going on at the same offsets");
  return {};
}

/// From the first record on there is a checkpoint to go back to, so that a sink can always be cut.
Status Pipeline::Impl::write_first_checkpoint() {
  Batch nothing;
  nothing.after = done_;
  take_checkpoint(nothing);
  auto border = publisher_.border(done_);
  if (!border) return border.error();
  put_place({done_, source_, border->mark, last_}, nothing.checkpoint->rows.back());
  nothing.checkpoint->segment = border->segment;
  return write(*nothing.checkpoint);
}

void Pipeline::Impl::keep(Error e) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = std::move(e);
}

Pipeline::Step Pipeline::Impl::fail(Error e) {
  keep(std::move(e));
  failed_ = true;
  decoded_.close();
  ranked_.close();
  checkpoints_.close();
  return Step::ended;
}

Pipeline::Step Pipeline::Impl::read(milliseconds wait) {
  // Asked before every poll: a source that has nothing to say would never find the queue closed.
  bool ended = stop_ || failed_;
  if (!ended && !decoded_.wait_for_room(wait)) return Step::idle;
  records_.clear();
  if (!ended) {
    const auto polled = p_.source.poll(batch_records, wait, records_);
    // What was read before an Error is good: it is published and checkpointed as at any end.
    if (!polled) keep(polled.error());
    ended = !polled || *polled == Source::Polled::end;
  }
  if (!records_.empty()) {
    auto batch = decode();
    const std::size_t bytes = batch->bytes;
    decoded_.push(std::move(batch), bytes);
  }
  if (ended) decoded_.close();
  return ended ? Step::ended : records_.empty() ? Step::idle : Step::worked;
}

std::unique_ptr<Batch> Pipeline::Impl::decode() {
  auto batch = std::make_unique<Batch>();
  batch->records.reserve(records_.size());
  const std::int64_t read_ms = p_.clock.wall_ms();
  const std::int64_t read_ns = p_.clock.steady_ns();
  for (std::size_t i = 0; i < records_.size(); ++i) {
    Record& record = records_[i];
    // Not of every record: the last of each partition counts.
    if (i + 1 == records_.size() || records_[i + 1].partition != record.partition)
      batch->last[record.partition] = fingerprint(record);
    Decoded decoded;
    decoded.partition = record.partition;
    decoded.offset = record.offset;
    decoded.read_ms = read_ms;
    decoded.read_ns = read_ns;
    decoded.what = decoder_.decode(record);
    batch->bytes += sizeof(Decoded) + (record.value ? record.value->size() : 0);
    read_to_[record.partition] = record.offset + 1;
    if (decoded.rejection() != nullptr) decoded.rejected = std::move(record);
    batch->records.push_back(std::move(decoded));
  }
  batch->after = read_to_;
  return batch;
}

Pipeline::Step Pipeline::Impl::rank(milliseconds wait) {
  if (failed_) return Step::ended;
  p_.metrics.waiting(decoded_.weight() + ranked_.weight());
  if (!ranked_.wait_for_room(wait)) return Step::idle;
  // What waits for a checkpoint is bounded: while one is being written, no second one begins.
  if (p_.engine.unsaved_bytes() > 2 * unsaved_max_ && checkpoint_under_way_) {
    std::this_thread::sleep_for(std::min(wait, milliseconds(1)));
    return Step::idle;
  }
  auto batch = decoded_.pop(pieces_ahead_ > 0 ? milliseconds(0) : wait);
  if (!batch && decoded_.finished()) return end_ranking();
  return process(batch ? std::move(*batch) : nullptr);
}

Pipeline::Step Pipeline::Impl::process(std::unique_ptr<Batch> batch) {
  const bool popped = batch != nullptr;
  if (popped) {
    const std::int64_t start = p_.clock.steady_ns();
    if (Status s = p_.engine.process(batch->records, batch->outcomes); !s) return fail(s.error());
    work_ns_ += p_.clock.steady_ns() - start;
    done_ = batch->after;
    for (const auto& [partition, record] : batch->last) last_[partition] = record;
  } else {
    batch = std::make_unique<Batch>();
    batch->after = done_;
  }
  const bool due = p_.clock.steady_ns() >= checkpoint_due_ns_ ||
                   work_ns_ >= p_.state.checkpoint_work.count * 1'000'000 ||
                   p_.engine.unsaved_bytes() > unsaved_max_;
  if (due && !checkpoint_under_way_) {
    save_ahead();
    if (pieces_ahead_ == 0) take_checkpoint(*batch);
  }
  if (!popped && !batch->checkpoint) return pieces_ahead_ > 0 ? Step::worked : Step::idle;
  const std::size_t bytes = batch->bytes + bytes_of(batch->outcomes);
  ranked_.push(std::move(batch), bytes);
  return Step::worked;
}

/// Most rows are copied in small pieces between batches, so that the checkpoint itself finds little
/// left to copy. Sets `pieces_ahead_` to 0 when the moment has come.
void Pipeline::Impl::save_ahead() {
  const std::int64_t start = p_.clock.steady_ns();
  if (pieces_ahead_ == 0) {
    p_.engine.durable(durable_);
    p_.engine.trim();
  }
  const bool enough = p_.engine.save_ahead(rows_ahead(pieces_ahead_));
  const std::int64_t piece_ns = p_.clock.steady_ns() - start;
  pause_ns_ = std::max(pause_ns_, piece_ns);
  p_.metrics.worked_at_checkpoint(piece_ns);
  pieces_ahead_ = enough || pieces_ahead_ == pieces_ahead_max ? 0 : pieces_ahead_ + 1;
}

void Pipeline::Impl::take_checkpoint(Batch& batch) {
  checkpoint_under_way_ = true;
  Checkpoint& c = batch.checkpoint.emplace();
  const std::int64_t start = p_.clock.steady_ns();
  c.number = p_.engine.save(c.rows);
  const std::int64_t end = p_.clock.steady_ns();
  c.pause_ns = std::max(pause_ns_, end - start);
  pause_ns_ = 0;
  work_ns_ = 0;
  p_.metrics.worked_at_checkpoint(end - start);
  LiveMetrics::Learned learned{p_.engine.ranker().report(), 0, {}};
  for (const auto& model : p_.engine.models()) {
    learned.pruned_pairs += model->pruned_pairs();
    if (!learned.ratings) learned.ratings = model->rating_error();
  }
  p_.metrics.learned(std::move(learned));
  c.positions = batch.after;
  c.last = last_;
  c.rows.push_back(std::move(stale_));
  stale_.clear();
  checkpoint_due_ns_ = end + p_.state.checkpoint_interval.count * 1'000'000;
}

Pipeline::Step Pipeline::Impl::end_ranking() {
  auto last = std::make_unique<Batch>();
  last->after = done_;
  take_checkpoint(*last);
  ranked_.push(std::move(last), 0);
  ranked_.close();
  return Step::ended;
}

Pipeline::Step Pipeline::Impl::publish(milliseconds wait) {
  if (const auto due_ns = publisher_.due_ns()) {
    const std::int64_t left_ms = (*due_ns - p_.clock.steady_ns()) / 1'000'000 + 1;
    wait = std::clamp(milliseconds(left_ms), milliseconds(0), wait);
  }
  auto batch = ranked_.pop(wait);
  if (batch) {
    if (Status s = publish(**batch); !s) return fail(s.error());
  } else if (Status s = publisher_.settle_if_due(); !s) {
    return fail(s.error());
  }
  if (!ranked_.finished()) return batch ? Step::worked : Step::idle;
  checkpoints_.close();
  return Step::ended;
}

Status Pipeline::Impl::publish(Batch& batch) {
  if (Status s = publisher_.publish(batch.records, batch.outcomes, batch.after); !s) return s;
  if (!batch.checkpoint) return {};
  auto border = publisher_.border(batch.after);
  if (!border) return border.error();
  put_place({batch.after, source_, border->mark, batch.checkpoint->last},
            batch.checkpoint->rows.back());
  batch.checkpoint->segment = border->segment;
  checkpoints_.push(std::move(*batch.checkpoint), 1);
  return {};
}

Pipeline::Step Pipeline::Impl::write(milliseconds wait) {
  auto checkpoint = checkpoints_.pop(wait);
  if (checkpoint) {
    if (Status s = write(*checkpoint); !s) return fail(s.error());
  }
  if (checkpoints_.finished()) return Step::ended;
  return checkpoint ? Step::worked : Step::idle;
}

Status Pipeline::Impl::write(Checkpoint& checkpoint) {
  RowBatch all = std::move(checkpoint.rows.front());
  for (std::size_t i = 1; i < checkpoint.rows.size(); ++i) all.append(checkpoint.rows[i]);
  if (Status s = p_.store.write(all); !s) return s;
  if (Status s = p_.order.drop_before(checkpoint.segment); !s) return s;
  p_.metrics.checkpointed(all.bytes(), checkpoint.pause_ns);
  durable_ = checkpoint.number;
  checkpoint_under_way_ = false;
  return {};
}

Pipeline::Pipeline(const PipelineParts& parts, const std::atomic<bool>& stop)
    : impl_(std::make_unique<Impl>(parts, stop)) {}
Pipeline::~Pipeline() = default;

Status Pipeline::open() { return impl_->open(); }
Status Pipeline::result() const { return impl_->result(); }

Pipeline::Step Pipeline::step(Stage stage, milliseconds wait) {
  switch (stage) {
    case Stage::read:
      return impl_->read(wait);
    case Stage::rank:
      return impl_->rank(wait);
    case Stage::publish:
      return impl_->publish(wait);
    default:
      return impl_->write(wait);
  }
}

Status run_pipeline(const PipelineParts& parts, const std::atomic<bool>& stop) {
  constexpr milliseconds wait{50};
  Pipeline pipeline(parts, stop);
  if (Status s = pipeline.open(); !s) {
    // Nothing was read yet, so nothing is left undone.
    if (!stop) return s;
    parts.log("stopped before it began: " + s.error().message);
    return {};
  }
  const auto drive = [&](Pipeline::Stage stage) {
    while (pipeline.step(stage, wait) != Pipeline::Step::ended) {
    }
  };
  std::array threads = {std::thread(drive, Pipeline::Stage::read),
                        std::thread(drive, Pipeline::Stage::publish),
                        std::thread(drive, Pipeline::Stage::write)};
  drive(Pipeline::Stage::rank);
  for (std::thread& thread : threads) thread.join();
  return pipeline.result();
}

}  // namespace freshet
