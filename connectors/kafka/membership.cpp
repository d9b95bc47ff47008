#include "connectors/kafka/membership.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using std::chrono::milliseconds;

constexpr int warning_level = 4, info_level = 6;
constexpr int slice_ms = 100, busy_slice_ms = 10;
constexpr milliseconds members_wait{10'000};
constexpr milliseconds abandon_wait{1'000};
// A member that is fenced more often in a row has another reason than lost joins.
constexpr int renewals_max = 5;
constexpr std::int64_t others_interval_ns = 1'000'000'000;
constexpr std::int64_t join_again_interval_ns = 5'000'000'000;

std::int64_t in_ns(milliseconds t) { return t.count() * 1'000'000; }

std::set<Partition> partitions_of(const Inputs& inputs,
                                  const rd_kafka_topic_partition_list_t& list) {
  std::set<Partition> partitions;
  for (const auto& [partition, offset] : positions_of(inputs, list)) partitions.insert(partition);
  return partitions;
}

PartitionCounts count(const std::set<Partition>& partitions) {
  PartitionCounts counts;
  for (const Partition p : partitions) ++(is_catalog(p) ? counts.catalog : counts.events);
  return counts;
}

milliseconds session_timeout_of(rd_kafka_t* client) {
  char text[32] = "";
  std::size_t size = sizeof text;
  rd_kafka_conf_get(rd_kafka_conf(client), "session.timeout.ms", text, &size);
  return milliseconds(std::atoll(text));
}

bool incremental(rd_kafka_t* client) {
  const char* protocol = rd_kafka_rebalance_protocol(client);
  return protocol != nullptr && std::strcmp(protocol, "COOPERATIVE") == 0;
}

}  // namespace

Membership::Membership(const Clock& clock, Settings settings, MakeClient make)
    : clock_(clock), settings_(std::move(settings)), make_(std::move(make)) {}
Membership::~Membership() { leave(); }

void Membership::say(int level, const std::string& text) { client_->monitor().say(level, text); }

// --- joining

Status Membership::prepare() {
  auto made = make_();
  if (made.has_error()) return made.error();
  consumer_ = std::make_shared<Consumer>(std::move(*made));
  client_ = consumer_->client.get();
  return {};
}

Status Membership::join(Inputs inputs, PartitionCounts partitions, Positions read_to,
                        Positions starts) {
  assert(client_ != nullptr && !thread_.joinable());
  inputs_ = std::move(inputs);
  partitions_ = partitions;
  starts_ = std::move(starts);
  read_to_ = confirmed_ = std::move(read_to);
  session_timeout_ = session_timeout_of(client_->get());
  looked_ns_ = clock_.steady_ns();
  if (Status s = wait_until_alone(); s.has_error()) return s;
  if (Status s = enter(*consumer_); s.has_error()) return s;
  thread_ = std::thread([this] { serve(); });
  return wait_until_whole();
}

// With the client that has just been made, before the reader uses it.
Status Membership::enter(Consumer& consumer) {
  client_ = consumer.client.get();
  consumer.reading.emplace(*client_, inputs_, clock_);
  client_->hand_over_to_consumer_poll();
  return subscribe();
}

Status Membership::subscribe() {
  const PartitionList topics(rd_kafka_topic_partition_list_new(2));
  for (const std::string& topic : {inputs_.events, inputs_.catalog})
    if (!topic.empty())
      rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(client_->get(), topics.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return kafka_error("joining group '" + settings_.options.group + "'", code);
}

// A process of the same instance is taken over from; any other keeps us out.
Status Membership::wait_until_alone() {
  for (bool told = false;;) {
    const auto members =
        group_members(*client_, clock_, settings_.options.group, settings_.open_timeout);
    if (members.has_error()) return members.error();
    const auto strangers = others(*members, settings_.options.instance);
    if (strangers.empty()) {
      if (!members->empty())
        say(info_level,
            "taking over group '" + settings_.options.group + "' from " + words(members->front()));
      return {};
    }
    if (!settings_.options.standby)
      return not_alone(settings_.options.group, strangers.front(), session_timeout_);
    if (!std::exchange(told, true))
      say(info_level, "standing by: group '" + settings_.options.group + "' is held by " +
                          words(strangers.front()));
    if (settings_.stop != nullptr && settings_.stop->load())
      return error("kafka: stopped while standing by");
    if (Status over = client_->may_wait(); over.has_error()) return over;
    std::this_thread::sleep_for(milliseconds{500});
  }
}

Status Membership::wait_until_whole() {
  const std::int64_t end_ns = clock_.steady_ns() + in_ns(settings_.open_timeout);
  std::unique_lock lock(mutex_);
  while (!whole_) {
    if (failure_) return *failure_;
    if (settings_.stop != nullptr && settings_.stop->load())
      return error("kafka: stopped while waiting for the partitions of group '" +
                   settings_.options.group + "'");
    if (!yielding_ && clock_.steady_ns() >= end_ns)
      return error("kafka: group '" + settings_.options.group + "' gave no partitions within " +
                   std::to_string(settings_.open_timeout.count()) + " ms");
    changed_.wait_for(lock, milliseconds{slice_ms});
  }
  return {};
}

void Membership::leave() {
  leaving_ = true;
  if (thread_.joinable()) thread_.join();
}

// --- the thread

void Membership::serve() {
  while (!leaving_) {
    const bool busy = giving_ || drain_until_ns_ > 0;
    const Message message(rd_kafka_consumer_poll(client_->get(), busy ? busy_slice_ms : slice_ms));
    // Before a join that is cut off is noted: one that fencing itself has begun does not count.
    if (client_->fenced()) {
      renew();
      continue;
    }
    watch_join();
    if (message) serve_message(*message);
    if (Status failed = client_->failure(); failed.has_error()) fail(failed.error());
    if (drain_until_ns_ > 0) {
      const bool lost = rd_kafka_assignment_lost(client_->get()) != 0;
      if (lost || drained() || clock_.steady_ns() >= drain_until_ns_) give_back(lost);
    } else if (giving_) {
      take();
    } else {
      if (partial_until_ns_ > 0) look_for_others();
      look_for_partitions();
    }
  }
}

// Within rd_kafka_consumer_poll. Only notes: what is asked may take time, and librdkafka waits for
// our assign or unassign.
void Membership::rebalanced(int code, const rd_kafka_topic_partition_list_t& partitions) noexcept
    try {
  {
    const std::lock_guard lock(mutex_);
    whole_ = false;
  }
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    given_ = partitions_of(inputs_, partitions);
    giving_ = true;
  } else {
    asked_ = partitions_of(inputs_, partitions);
    drain_until_ns_ = clock_.steady_ns() + in_ns(settings_.drain_timeout);
  }
  rd_kafka_yield(client_->get());
} catch (...) {
  // Out of memory. Without an answer librdkafka waits, and nothing is read.
}

void Membership::serve_message(const rd_kafka_message_t& message) {
  // Records go to `records`: their queues are joined to it before they are fetched.
  assert(message.err != RD_KAFKA_RESP_ERR_NO_ERROR);
  if (message.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) return;
  if (classify(message.err) == Trouble::membership) return;
  if (Status s = consumer_->reading->error_of(message, RD_KAFKA_OFFSET_INVALID); s.has_error())
    fail(s.error());
}

bool Membership::drained() const {
  const std::lock_guard lock(mutex_);
  if (reading_now_) return false;
  return std::all_of(read_to_.begin(), read_to_.end(), [&](const auto& read) {
    const auto at = confirmed_.find(read.first);
    return at != confirmed_.end() && at->second >= read.second;
  });
}

// The group's answer to a join is lost when its broker goes meanwhile, and the join may not be: the
// group then knows our instance by a member id that we were never told, and fences us. It tells
// nobody who that member is (a member that takes over keeps the client id of the first), so what
// counts is whether a join of ours was cut off.
void Membership::renew() {
  {
    const std::lock_guard lock(mutex_);
    whole_ = false;
    // The reader looks again soon, and finds that it may not read.
    if (reading_now_ || failure_) return;
  }
  if (!cut_off_ || renewals_ >= renewals_max) return fail(taken_over(settings_.options));
  auto made = make_();
  if (made.has_error()) return fail(made.error());
  // What the group gives to a member that replaces another is as old as that one.
  const auto topics = (*made)->topics(members_wait);
  if (topics.has_error()) {
    if (Status failed = (*made)->failure(); failed.has_error()) fail(failed.error());
    return;  // the broker is away: tried again
  }
  PartitionCounts now;
  if (const auto at = topics->find(inputs_.events); at != topics->end()) now.events = at->second;
  if (const auto at = topics->find(inputs_.catalog); at != topics->end()) now.catalog = at->second;
  tell_of_growth(now);
  ++renewals_;
  say(warning_level, "group '" + settings_.options.group +
                         "' has fenced this process, whose join a broker's end cut off; joining "
                         "again, nothing is lost by it");
  for (Partitions* partitions : {&held_, &given_, &asked_}) partitions->clear();
  giving_ = false;
  drain_until_ns_ = partial_until_ns_ = 0;
  broken_ = 0;
  ConsumerPtr fresh = std::make_shared<Consumer>(std::move(*made));
  if (Status s = enter(*fresh); s.has_error()) fail(s.error());
  {
    const std::lock_guard lock(mutex_);
    consumer_.swap(fresh);
  }
  // `fresh`, the old one now, goes outside the lock, which may take seconds.
}

void Membership::watch_join() {
  const std::uint64_t broken = client_->monitor().broken();
  const std::lock_guard lock(mutex_);
  if (whole_)
    cut_off_ = false;
  else if (broken != broken_ || client_->monitor().in_outage())
    cut_off_ = true;
  broken_ = broken;
}

void Membership::give_back(bool lost) {
  if (lost)
    say(warning_level, "the membership in group '" + settings_.options.group +
                           "' was lost; joining again, nothing is lost by it");
  else if (!drained())
    say(warning_level, "group '" + settings_.options.group +
                           "' rebalances, and what was read is not "
                           "published within " +
                           std::to_string(settings_.drain_timeout.count()) +
                           " ms: the partitions are given back, its offsets are committed later");
  if (incremental(client_->get())) {
    Positions back;
    for (const Partition p : asked_) {
      back[p] = RD_KAFKA_OFFSET_INVALID;
      held_.erase(p);
    }
    const CError failed(
        rd_kafka_incremental_unassign(client_->get(), partition_list(inputs_, back).get()));
    if (failed)
      fail(kafka_error("giving back partitions of " + inputs_.words(),
                       rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get())));
  } else {
    held_.clear();
    rd_kafka_assign(client_->get(), nullptr);
  }
  asked_.clear();
  drain_until_ns_ = 0;
}

Offset Membership::start_of(Partition partition) const {
  const std::lock_guard lock(mutex_);
  const auto read = read_to_.find(partition);
  const auto start = starts_.find(partition);
  const Offset at = start == starts_.end() ? RD_KAFKA_OFFSET_BEGINNING : start->second;
  return read == read_to_.end() ? at : std::max(read->second, at);
}

void Membership::take() {
  {
    const std::lock_guard lock(mutex_);
    // The reader looks again soon, and finds that it may not read.
    if (reading_now_) return;
  }
  giving_ = false;
  const bool more = incremental(client_->get());
  if (Status s = assign(given_, more); s.has_error()) return fail(s.error());
  if (!more) held_.clear();
  held_.insert(given_.begin(), given_.end());
  const PartitionCounts held = count(held_);
  tell_of_growth(held);
  const std::lock_guard lock(mutex_);
  whole_ = held == partitions_;
  if (whole_)
    partial_until_ns_ = renewals_ = 0;
  else if (partial_until_ns_ == 0)
    partial_until_ns_ =
        clock_.steady_ns() + in_ns(settings_.open_timeout) + in_ns(session_timeout_);
  yielding_ = !whole_;
  others_looked_ns_ = 0;
  changed_.notify_all();
}

void Membership::tell_of_growth(const PartitionCounts& held) {
  const auto tell = [&](const std::string& topic, int& known, int now) {
    if (now <= known) return;
    say(info_level, "topic '" + topic + "' has grown from " + std::to_string(known) + " to " +
                        std::to_string(now) + " partitions; reading the new ones");
    known = now;
  };
  tell(inputs_.events, partitions_.events, held.events);
  tell(inputs_.catalog, partitions_.catalog, held.catalog);
}

Status Membership::assign(const Partitions& partitions, bool incremental) {
  Positions starts;
  for (const Partition p : partitions) {
    starts[p] = start_of(p);
    // Before it is fetched and after its last fetch has ended, which parts the queues again.
    const Queue queue(rd_kafka_queue_get_partition(client_->get(), inputs_.topic_of(p).c_str(),
                                                   Inputs::number_of(p)));
    rd_kafka_queue_forward(queue.get(), consumer_->records.get());
  }
  const PartitionList list = partition_list(inputs_, starts);
  const CError failed(incremental ? rd_kafka_incremental_assign(client_->get(), list.get())
                                  : nullptr);
  const auto code = incremental
                        ? (failed ? rd_kafka_error_code(failed.get()) : RD_KAFKA_RESP_ERR_NO_ERROR)
                        : rd_kafka_assign(client_->get(), list.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return kafka_error("taking the partitions of " + inputs_.words(), code);
}

// Several that were started at once share the partitions, and none may read.
void Membership::look_for_others() {
  const std::int64_t now_ns = clock_.steady_ns();
  if (now_ns - others_looked_ns_ < others_interval_ns) return;
  others_looked_ns_ = now_ns;
  const auto members = group_members(*client_, clock_, settings_.options.group, members_wait);
  if (members.has_error()) return;
  const auto strangers = others(*members, settings_.options.instance);
  if (!strangers.empty() && !may_stay(settings_.options.instance, strangers)) {
    abandon();
    return fail(not_alone(settings_.options.group, strangers.front(), session_timeout_));
  }
  if (!strangers.empty() && !std::exchange(told_waiting_, true))
    say(warning_level, "group '" + settings_.options.group + "' has another member, " +
                           words(strangers.front()) + "; waiting until it has left");
  if (now_ns >= partial_until_ns_)
    return fail(strangers.empty()
                    ? error("kafka: group '" + settings_.options.group + "' gives only " +
                            std::to_string(held_.size()) + " of " +
                            std::to_string(partitions_.sum()) + " partitions of " + inputs_.words())
                    : not_alone(settings_.options.group, strangers.front(), session_timeout_));
  // To one that takes an instance over the group gives what it gave the older one, however many
  // partitions there are since. To be subscribed to once more has them shared out anew.
  if (!strangers.empty() || now_ns < join_again_ns_) return;
  join_again_ns_ = now_ns + join_again_interval_ns;
  // By the cooperative protocol the same subscription is no news.
  if (incremental(client_->get())) rd_kafka_unsubscribe(client_->get());
  if (Status s = subscribe(); s.has_error()) fail(s.error());
}

// Leaves the group, so that the one that stays need not wait for the end of our session.
void Membership::abandon() {
  rd_kafka_unsubscribe(client_->get());
  const std::int64_t end_ns = clock_.steady_ns() + in_ns(abandon_wait);
  while (clock_.steady_ns() < end_ns) {
    const Message ignored(rd_kafka_consumer_poll(client_->get(), busy_slice_ms));
    if (drain_until_ns_ > 0) give_back(false);
  }
  partial_until_ns_ = 0;
}

// Asks for all topics: of such an answer librdkafka concludes that a topic has grown, and joins
// anew.
void Membership::look_for_partitions() {
  if (clock_.steady_ns() - looked_ns_ < in_ns(settings_.partitions_interval)) return;
  (void)client_->topics(milliseconds{500});
  looked_ns_ = clock_.steady_ns();
}

void Membership::fail(const Error& e) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = e;
  changed_.notify_all();
}

// --- reader and publisher

Result<bool> Membership::begin_reading(milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [&] { return whole_ || failure_; });
  if (failure_) return *failure_;
  reading_now_ = whole_;
  return whole_;
}

void Membership::end_reading(const Positions& read_to) {
  const std::lock_guard lock(mutex_);
  reading_now_ = false;
  read_to_ = read_to;
}

void Membership::confirm(const Positions& done) {
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, offset] : done) {
    Offset& at = confirmed_.try_emplace(partition, offset).first->second;
    at = std::max(at, offset);
  }
}

ConsumerPtr Membership::consumer() const {
  const std::lock_guard lock(mutex_);
  return consumer_;
}

GroupMetadata Membership::group() const {
  return GroupMetadata(rd_kafka_consumer_group_metadata(consumer()->client->get()));
}

Status Membership::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_ ? Status(*failure_) : Status();
}

}  // namespace freshet::kafka
