#include "app/evaluation_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/text.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

Json models_json(const QualityByModel& models) {
  Json out = Json::object();
  for (const auto& [name, q] : models) {
    out[name] = {{"hr", q.hr()}, {"mrr", q.mrr()}, {"ndcg", q.ndcg()}};
  }
  return out;
}

std::uint64_t predictions(const QualityByModel& models) {
  return models.empty() ? 0 : models.front().second.predictions();
}

Json part_json(const QualityByModel& models) {
  return {{"predictions", predictions(models)}, {"models", models_json(models)}};
}

Json parts_json(const std::vector<std::pair<std::string, QualityByModel>>& parts) {
  Json out = Json::object();
  for (const auto& [name, models] : parts) out[name] = part_json(models);
  return out;
}

void add_measures(std::vector<std::string>& row, const Quality& q) {
  for (const double value : {q.hr(), q.mrr(), q.ndcg()}) row.push_back(fixed(value, 4));
}

/// One row of the second table: the fused list over a part of the predictions.
void add_part(Rows& rows, const std::string& name, const QualityByModel& models,
              std::uint64_t all) {
  if (models.empty()) return;
  const std::uint64_t n = predictions(models);
  rows.push_back({name, grouped(n), percent(static_cast<double>(n) / static_cast<double>(all))});
  add_measures(rows.back(), models.front().second);
}

}  // namespace

std::string evaluation_json(const EvaluationResult& r) {
  Json out;
  out["protocol"] = r.protocol;
  out["predictions"] = predictions(r.models);
  out["k"] = r.k;
  out["models"] = models_json(r.models);
  out["coverage"] = r.coverage;
  out["novelty"] = r.novelty;
  out["events_per_second"] = static_cast<double>(r.events) / std::max(r.seconds, 1e-9);
  out["diversity"] = r.diversity;
  out["by_type"] = parts_json(r.by_type);
  out["by_age"] = parts_json(r.by_age);
  out["repeats"] = part_json(r.repeats);
  out["new_items"] = part_json(r.new_items);
  if (!r.ratings.empty()) {
    for (const RatingQuality& q : r.ratings) {
      out["rmse"][q.model] = {{"ratings", q.ratings}, {"mse", q.mse}, {"rmse", std::sqrt(q.mse)}};
    }
  }
  for (const auto& [model, pairs] : r.pruned_pairs) out["pruned_pairs"][model] = pairs;
  out["windows"] = Json::array();
  for (const EvaluationWindow& w : r.windows) {
    Json window = {{"begin", w.begin}, {"end", w.end}};
    window.update(part_json(w.models));
    for (const auto& [name, weight] : w.weights) window["weights"][name] = weight;
    out["windows"].push_back(std::move(window));
  }
  return out.dump() + "\n";
}

std::string evaluation_table(const EvaluationResult& r, const EvaluationOptions& options) {
  const std::string k = "@" + std::to_string(r.k);
  const std::vector<std::string> measures = {"HR" + k, "MRR" + k, "NDCG" + k};
  Rows models = {{"model"}};
  models[0].insert(models[0].end(), measures.begin(), measures.end());
  for (const auto& [name, q] : r.models) {
    models.push_back({name});
    add_measures(models.back(), q);
  }
  const std::uint64_t all = predictions(r.models);
  Rows parts = {{"fused list, of", "predictions", "share"}};
  parts[0].insert(parts[0].end(), measures.begin(), measures.end());
  for (const auto& [name, of] : r.by_type) add_part(parts, "choices by " + name, of, all);
  for (const auto& [name, of] : r.by_age) add_part(parts, name + " users", of, all);
  add_part(parts, "repeats", r.repeats, all);
  add_part(parts, "new items", r.new_items, all);
  std::string out = text_table(models) + "\n" + text_table(parts) + "\n";
  for (const RatingQuality& q : r.ratings) {
    out += "ratings by " + q.model + ": RMSE " + fixed(std::sqrt(q.mse), 4) + ", MSE " +
           fixed(q.mse, 4) + " over " + grouped(q.ratings) + " predicted\n";
  }
  for (const auto& [model, pairs] : r.pruned_pairs) {
    out += "pairs that " + model + " pruned: " + grouped(pairs) + "\n";
  }
  return out + grouped(all) + " predictions (" + r.protocol + "), " + grouped(r.events) +
         " events in " + fixed(r.seconds, 1) + " s; coverage " + percent(r.coverage) +
         ", novelty " + fixed(r.novelty, 2) + " bits, Gini diversity " + fixed(r.diversity, 3) +
         "\nnew users: fewer than " + std::to_string(options.new_user_events) +
         " earlier events; repeats: the user had chosen the item before\n";
}

}  // namespace freshet
