#include "app/summary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/text.h"

namespace freshet {
namespace {

/// The newest list, its first items with their shares and reasons.
std::string explained(const std::string& sample) {
  constexpr std::size_t shown = 5;
  const auto list = nlohmann::json::parse(sample, nullptr, false);
  if (list.is_discarded()) return {};
  std::string out = "newest list  for " + list["user"].get<std::string>() + ", after " +
                    list["cause"]["type"].get<std::string>() + " of " +
                    list["cause"].value("item", std::string("nothing")) + ":\n";
  std::vector<std::vector<std::string>> rows = {{"", "item", "score", "parts", "because of"}};
  for (const auto& item : list["items"]) {
    if (rows.size() > shown) break;
    std::string parts, because;
    for (const auto& [name, share] : item["parts"].items()) {
      parts += (parts.empty() ? "" : " + ") + name + " " + fixed(share.get<double>(), 3);
    }
    for (const auto& own : item["because"]) {
      because += (because.empty() ? "" : ", ") + own.get<std::string>();
    }
    rows.push_back({std::to_string(rows.size()) + ".", item["item"].get<std::string>(),
                    fixed(item["score"].get<double>(), 3), parts, because});
  }
  return out + text_table(rows);
}

/// What the fusion makes of the models; nothing if the configuration fixes that.
std::string learned_weights(const FusionReport& fusion) {
  std::string weights;
  for (const FusionReport::Weight& w : fusion.weights) {
    if (w.what.empty()) weights += "   " + w.model + " " + fixed(w.weight, 2);
  }
  if (weights.empty()) return {};
  std::string out = "fusion       learned from " + grouped(fusion.choices) + " choices";
  if (fusion.drifts > 0) out += "   drifts noticed " + grouped(fusion.drifts);
  return out + "\n  weights " + weights + "\n";
}

}  // namespace

std::string summary_text(const LiveMetrics::Snapshot& now, double seconds, double rate,
                         bool with_list) {
  std::string out;
  out += "events       " + grouped(now.events) + " in " + fixed(seconds, 1) + " s   " +
         grouped(static_cast<std::uint64_t>(rate)) + "/s";
  if (now.repeated > 0) out += "   repeated " + grouped(now.repeated);
  if (now.without_consent > 0) out += "   without consent " + grouped(now.without_consent);
  if (now.flooded > 0) out += "   not learned " + grouped(now.flooded);
  if (now.clamped > 0) out += "   from the future " + grouped(now.clamped);
  out += "   rejected " + grouped(now.rejected) + "\n";
  for (const auto& [code, count] : now.rejected_by) {
    out += "  rejected   " + grouped(count) + "  " + code + "\n";
  }
  if (now.catalog > 0) out += "catalogue    " + grouped(now.catalog) + " records\n";
  out += "lists        " + grouped(now.lists);
  if (now.similar > 0) out += "   of similar items " + grouped(now.similar);
  out += "\n";
  if (now.learned_again > 0) {
    out += "learned again " + grouped(now.learned_again) +
           " events after the restart; their lists were out already\n";
  }
  if (now.predictions > 0) {
    out += "hit rate     " + percent(now.quality.hit_rate) +
           " of the latest choices stood in the list held (popularity alone: " +
           percent(now.popular.hit_rate) + ")\n";
    out += "MRR          " + fixed(now.quality.mrr, 3) +
           " (popularity alone: " + fixed(now.popular.mrr, 3) + ")   NDCG " +
           fixed(now.quality.ndcg, 3) + " (" + fixed(now.popular.ndcg, 3) + ")\n";
  }
  out += learned_weights(now.learned.fusion);
  if (now.learned.pruned_pairs > 0) {
    out += "pruned pairs " + grouped(now.learned.pruned_pairs) + "\n";
  }
  if (const auto& ratings = now.learned.ratings; ratings && ratings->count > 0) {
    const double mse = ratings->squared / static_cast<double>(ratings->count);
    out += "ratings      RMSE " + fixed(std::sqrt(mse), 3) + "   MSE " + fixed(mse, 3) + "   of " +
           grouped(ratings->count) + " predicted before they were learned\n";
  }
  if (now.latency.count() == 0) return out;
  out += "latency      p50 " + duration(now.latency.quantile(0.5)) + "   p99 " +
         duration(now.latency.quantile(0.99)) + "   from event read to list made\n";
  if (with_list && !now.sample.empty()) out += explained(now.sample);
  return out;
}

std::string summary_line(const LiveMetrics::Snapshot& now, double rate) {
  return grouped(now.events) + " events, " + grouped(static_cast<std::uint64_t>(rate)) + "/s, " +
         (now.catalog > 0 ? grouped(now.catalog) + " of the catalogue, " : "") +
         grouped(now.lists) + " lists, " + grouped(now.rejected) + " rejected, " +
         (now.predictions > 0
              ? "hit rate " + percent(now.quality.hit_rate) + " (popularity " +
                    percent(now.popular.hit_rate) + "), MRR " + fixed(now.quality.mrr, 3) + " (" +
                    fixed(now.popular.mrr, 3) + "), "
              : "") +
         (now.latency.count() > 0 ? "p50 " + duration(now.latency.quantile(0.5)) + ", p99 " +
                                        duration(now.latency.quantile(0.99)) + ", "
                                  : "") +
         "waiting " + byte_size(now.waiting_bytes);
}

}  // namespace freshet
