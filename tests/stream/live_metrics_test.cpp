// What the program shows of itself.

#include "stream/live_metrics.h"

#include <catch2/catch.hpp>

#include "tests/support/events.h"

using namespace freshet;
using namespace freshet::test;

namespace {

Decoded bad(std::string code) {
  Decoded d;
  d.what = Rejection{std::move(code), "reason"};
  return d;
}

Outcome prediction(std::int16_t hit, std::int16_t popular_hit) {
  Outcome o;
  o.kind = Outcome::Kind::list;
  o.predicted = true;
  o.hit = hit;
  o.popular_hit = popular_hit;
  return o;
}

}  // namespace

TEST_CASE("a histogram without values has quantile 0") {
  const LatencyHistogram h;
  CHECK(h.count() == 0);
  CHECK(h.quantile(0.99) == 0);
}

TEST_CASE("a quantile is the upper border of its bucket: eight to each doubling") {
  LatencyHistogram h;
  h.add(1'024);                     // 2^10, the bucket [2^10, 2^10.125)
  CHECK(h.quantile(0.5) == 1'117);  // 2^10.125 = 1116.6
  CHECK(h.quantile(0) == 1'117);
  CHECK(h.quantile(1) == 1'117);
}

TEST_CASE("quantiles count from the smallest") {
  LatencyHistogram h;
  for (int i = 0; i < 98; ++i) h.add(1'000);  // log2 = 9.966: [2^9.875, 2^10)
  h.add(1'000'000);                           // log2 = 19.93: [2^19.875, 2^20)
  h.add(2'000'000);                           // log2 = 20.93: [2^20.875, 2^21)
  CHECK(h.count() == 100);
  CHECK(h.quantile(0.5) == 1'024);
  CHECK(h.quantile(0.98) == 1'024);
  CHECK(h.quantile(0.99) == 1'048'576);
  CHECK(h.quantile(1) == 2'097'152);
}

TEST_CASE("durations beyond the scale fall into its first and last bucket") {
  LatencyHistogram h;
  h.add(0);
  h.add(-5);
  CHECK(h.quantile(1) == 1);  // 2^0.125 = 1.09
  h.add(INT64_MAX);
  CHECK(h.quantile(1) == std::int64_t{1} << 40);
}

TEST_CASE("records are counted by what became of them") {
  LiveMetrics metrics;
  Outcome rejected;
  rejected.kind = Outcome::Kind::rejected;
  metrics.count(bad("user:missing"), rejected);
  metrics.count(bad("not_json"), rejected);
  metrics.count(bad("user:missing"), rejected);
  const Decoded event = decoded(event_of("u", "i"));
  metrics.count(event, Outcome{});
  Outcome repeated;
  repeated.repeated = true;
  metrics.count(event, repeated);
  Outcome visitor;
  visitor.kind = Outcome::Kind::list;
  visitor.without_consent = true;
  metrics.count(event, visitor);
  Outcome erased;
  erased.kind = Outcome::Kind::erased;
  metrics.count(event, erased);
  Event early = event_of("u", "i");
  early.time_clamped = true;
  metrics.count(decoded(early), Outcome{});
  Decoded entry;
  entry.partition = catalog_partition(0);
  entry.what = CatalogRecord{"i", CatalogEntry{}};
  metrics.count(entry, Outcome{});
  entry.what = CatalogRecord{"i", std::nullopt};
  metrics.count(entry, Outcome{});
  metrics.checkpointed(77, 2'000);
  metrics.checkpointed(88, 1'000);
  metrics.worked_at_checkpoint(500);
  const LiveMetrics::Snapshot s = metrics.snapshot();
  CHECK(s.checkpoint_pieces.count() == 1);
  CHECK(s.records == 10);
  CHECK(s.catalog == 2);
  CHECK(s.events == 5);
  CHECK(s.rejected == 3);
  CHECK(s.rejected_by ==
        std::map<std::string, std::uint64_t>{{"user:missing", 2}, {"not_json", 1}});
  CHECK(s.repeated == 1);
  CHECK(s.without_consent == 1);
  CHECK(s.lists == 1);
  CHECK(s.erased == 1);
  CHECK(s.clamped == 1);
  CHECK(s.predictions == 0);
  CHECK(s.checkpoints == 2);
  CHECK(s.checkpoint_bytes == 88);
}

TEST_CASE("measures are means over the predictions, the newer counting more") {
  LiveMetrics metrics;
  const Decoded event = decoded(event_of("u", "i"));
  metrics.count(event, prediction(3, -1));  // fourth place
  CHECK(metrics.snapshot().quality.hit_rate == 1.0);
  CHECK(metrics.snapshot().quality.mrr == 0.25);
  CHECK(metrics.snapshot().quality.ndcg == Approx(1 / 2.321928094887362).epsilon(1e-12));
  CHECK(metrics.snapshot().popular.hit_rate == 0.0);
  CHECK(metrics.snapshot().popular.mrr == 0.0);
  metrics.count(event, prediction(-1, 0));
  // Weights 2^(-1/5000) and 1: the hit is the older of the two.
  const double old = 0.99986138014918;
  CHECK(metrics.snapshot().quality.hit_rate == Approx(old / (1 + old)).epsilon(1e-10));
  CHECK(metrics.snapshot().quality.mrr == Approx(old / (1 + old) / 4).epsilon(1e-10));
  CHECK(metrics.snapshot().popular.hit_rate == Approx(1 / (1 + old)).epsilon(1e-10));
  CHECK(metrics.snapshot().popular.mrr == Approx(1 / (1 + old)).epsilon(1e-10));
  CHECK(metrics.snapshot().popular.ndcg == Approx(1 / (1 + old)).epsilon(1e-10));
  CHECK(metrics.snapshot().predictions == 2);
  metrics.count(event, Outcome{});  // no prediction: no change
  CHECK(metrics.snapshot().predictions == 2);
}

TEST_CASE("after a half-life the past counts half") {
  LiveMetrics metrics;
  const Decoded event = decoded(event_of("u", "i"));
  for (int i = 0; i < 200'000; ++i) metrics.count(event, prediction(-1, -1));
  for (int i = 0; i < 5'000; ++i) metrics.count(event, prediction(1, i % 2 == 0 ? 0 : -1));
  CHECK(metrics.snapshot().quality.hit_rate == Approx(0.5).margin(1e-6));
  CHECK(metrics.snapshot().quality.mrr == Approx(0.25).margin(1e-6));
  CHECK(metrics.snapshot().popular.hit_rate == Approx(0.25).margin(1e-3));
}

TEST_CASE("the newest list and its latency are shown") {
  LiveMetrics metrics;
  metrics.published(1'000, "first");
  metrics.published(1'000, "second");
  CHECK(metrics.snapshot().sample == "second");
  CHECK(metrics.snapshot().latency.count() == 2);
  CHECK(metrics.snapshot().latency.quantile(0.5) == 1'024);
}
