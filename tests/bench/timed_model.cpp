#include "tests/bench/timed_model.h"

#include <utility>
#include <vector>

#include "models/registry.h"
#include "tests/bench/measure.h"

namespace freshet::bench {
namespace {

template <class Work>
void timed(std::int64_t& total_ns, Work work) {
  const std::int64_t start = wall_ns();
  work();
  total_ns += wall_ns() - start;
}

class TimedModel final : public Model {
 public:
  TimedModel(std::unique_ptr<Model> inner, ModelTimes::Row& row)
      : inner_(std::move(inner)), row_(row) {}

  const Model& inner() const { return *inner_; }

  std::string_view name() const override { return inner_->name(); }
  std::unique_ptr<Scratch> make_scratch() const override { return inner_->make_scratch(); }
  void candidates(const Query& query, Scratch& scratch,
                  std::vector<Candidate>& out) const override {
    timed(row_.candidates_ns, [&] { inner_->candidates(query, scratch, out); });
  }
  void score(const Query& query, Scratch& scratch, std::span<const ItemId> items,
             std::span<float> out) const override {
    timed(row_.score_ns, [&] { inner_->score(query, scratch, items, out); });
  }
  std::span<const std::string_view> signals() const override { return inner_->signals(); }
  void score_signal(std::size_t signal, Scratch& scratch, std::span<const ItemId> items,
                    std::span<float> out) const override {
    timed(row_.score_ns, [&] { inner_->score_signal(signal, scratch, items, out); });
  }
  void explain(const Query& query, Scratch& scratch, std::span<const ItemId> items,
               std::vector<Reason>& out) const override {
    timed(row_.explain_ns, [&] { inner_->explain(query, scratch, items, out); });
  }
  void learn(std::span<const Interaction> epoch) override {
    timed(row_.learn_ns, [&] { inner_->learn(epoch); });
  }
  void describe(ItemId item, const CatalogEntry* entry) override { inner_->describe(item, entry); }
  bool save_some(RowBatch& out, std::size_t rows_max) override {
    return inner_->save_some(out, rows_max);
  }
  Status restore(const RowReader& rows, std::size_t items) override {
    return inner_->restore(rows, items);
  }
  std::size_t memory_bytes() const override { return inner_->memory_bytes(); }

 private:
  std::unique_ptr<Model> inner_;
  ModelTimes::Row& row_;
};

class TimedRanker final : public Ranker {
 public:
  TimedRanker(std::unique_ptr<Ranker> inner, std::vector<const TimedModel*> ask_again,
              ModelTimes& times)
      : inner_(std::move(inner)), ask_again_(std::move(ask_again)), times_(times) {}

  const std::vector<std::string>& part_names() const override { return inner_->part_names(); }
  std::unique_ptr<Scratch> make_scratch() const override { return inner_->make_scratch(); }
  void rank(const Query& query, std::size_t size, bool want_by_model, Scratch& scratch,
            RankedList& out) const override {
    timed(times_.rank_ns, [&] { inner_->rank(query, size, want_by_model, scratch, out); });
    timed(times_.again_ns, [&] {
      for (const TimedModel* model : ask_again_) ask(*model, query);
    });
  }
  void learn(std::span<const Interaction> epoch) override { inner_->learn(epoch); }
  void describe(ItemId item, const CatalogEntry* entry) override { inner_->describe(item, entry); }
  bool save_some(RowBatch& out, std::size_t rows_max) override {
    return inner_->save_some(out, rows_max);
  }
  Status restore(const RowReader& rows, std::size_t items) override {
    return inner_->restore(rows, items);
  }

 private:
  void ask(const TimedModel& model, const Query& query) const {
    const auto scratch = model.make_scratch();
    std::vector<Candidate> found;
    model.candidates(query, *scratch, found);
    std::vector<ItemId> items(pool_items);
    for (std::size_t i = 0; i < items.size() && !found.empty(); ++i) {
      items[i] = found[i % found.size()].item;
    }
    std::vector<float> scores(items.size());
    model.score(query, *scratch, items, scores);
  }

  static constexpr std::size_t pool_items = 120;  // about what five models propose together

  std::unique_ptr<Ranker> inner_;
  std::vector<const TimedModel*> ask_again_;
  ModelTimes& times_;
};

}  // namespace

std::unique_ptr<Engine> timed_engine(const Settings& settings, ModelTimes& times) {
  Engine::Parts parts;
  parts.engine = settings.engine;
  parts.events = settings.events;
  parts.users = settings.users;
  parts.lists = settings.lists;
  std::vector<const Model*> sources;
  std::vector<const TimedModel*> ask_again;
  for (const config::Tagged& options : settings.models) {
    ModelTimes::Row& row = times.rows.emplace_back();
    row.name = options.type();
    row.asked_again = options.type() == "popularity";
    auto model = std::make_unique<TimedModel>(make_model(options), row);
    sources.push_back(row.asked_again ? &model->inner() : model.get());
    if (row.asked_again) ask_again.push_back(model.get());
    parts.models.push_back(std::move(model));
  }
  parts.ranker = std::make_unique<TimedRanker>(make_ranker(std::move(sources), settings.fusion),
                                               std::move(ask_again), times);
  return std::make_unique<Engine>(std::move(parts));
}

}  // namespace freshet::bench
