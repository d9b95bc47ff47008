// The bytes of every kind of row, as a small fixed run leaves them.

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "app/wiring.h"
#include "state/memory_order_log.h"
#include "state/memory_store.h"
#include "stream/pipeline.h"
#include "stream/state_format.h"
#include "tests/support/hand_clock.h"
#include "tests/support/recording_sink.h"
#include "tests/support/scripted_source.h"

using namespace freshet;
using namespace freshet::test;

namespace {

/// 300 events of 9 users on 12 items: every type, a profile, ratings, sessions, repeats, a forget.
std::vector<Record> fixed_log() {
  static constexpr const char* types[] = {"view", "view", "cart",    "purchase", "click",
                                          "like", "view", "dislike", "uncart",   "impression"};
  std::vector<Record> log;
  for (int n = 0; n < 300; ++n) {
    const std::string user = "u" + std::to_string(n * 5 % 9),
                      item = std::to_string((n * 7 + n / 7) % 12);
    const std::int64_t time = 1'704'067'200'000 + n * 40'000LL + (n / 60) * 3'600'000LL;
    std::ostringstream json;
    json << R"({"user":")" << user << R"(","time":)" << time;
    if (n % 60 == 10) {
      json << R"(,"type":"profile","attributes":{"country":"NL","age":)" << n
           << R"(,"member":true})";
    } else if (n % 150 == 149) {
      json << R"(,"type":"forget")";
    } else if (n % 20 == 5) {
      json << R"(,"type":"rating","value":)" << n % 5 + 1 << R"(,"item":"i)" << item << '"';
    } else {
      json << R"(,"type":")" << types[n % 10] << R"(","item":"i)" << item << R"(","id":"e)"
           << n - n % 2 << '"';
    }
    json << '}';
    Record record;
    record.partition = n % 2;
    record.offset = n / 2;
    record.time_ms = time;
    record.value = json.str();
    log.push_back(std::move(record));
  }
  return log;
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// The shop's words on some of the items: of every field, one withdrawn.
void add_catalog(std::vector<Record>& log) {
  auto say = [&log, n = Offset{0}](std::string item, const char* json) mutable {
    Record record;
    record.partition = catalog_partition(0);
    record.offset = n++;
    record.key = std::move(item);
    if (json != nullptr) record.value = json;
    log.push_back(std::move(record));
  };
  say("i1",
      R"({"item":"i1","title":"Boots","category":["Outdoor","Shoes"],"brand":"F","price":9.5,)"
      R"("available":true,"stock":3,"tags":["new"],"attributes":{"a":1,"b":"c","d":true},)"
      R"("embedding":[1,-0.5],"kind":"product"})");
  say("i2", R"({"item":"i2","title":"Boots","available":false})");
  say("i3", nullptr);
}

/// All rows, one a line: space, key, value.
std::string rows_of_fixed_run() {
  const Settings settings;
  std::vector<Record> log = fixed_log();
  add_catalog(log);
  Wire wire(std::move(log));
  Outbox box;
  ScriptedSource source(wire, {});
  RecordingSink sink(box);
  MemoryStore store;
  MemoryOrderLog order;
  const auto engine = make_engine(settings, store).value();
  const HandClock clock(1);
  LiveMetrics metrics;
  const std::atomic<bool> stop{false};
  const PipelineParts parts{source,          sink,           store,
                            order,           *engine,        settings.events,
                            settings.engine, settings.state, settings.delivery,
                            clock,           metrics,        [](std::string_view) {}};
  run_pipeline(parts, stop).value();
  std::string text;
  for (const std::string& space : store.spaces().value()) {
    store
        .scan(space,
              [&](std::string_view key, std::string_view value) {
                text += space + ' ' + hex(key) + ' ' + hex(value) + '\n';
                return Status();
              })
        .value();
  }
  return text;
}

std::vector<std::string> lines_of_text(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("no row's bytes change within a format version") {
  const std::string version = std::to_string(state_format_version);
  const std::string file = "tests/state/golden/rows-" + version + ".txt";
  const std::string rows = rows_of_fixed_run();
  CHECK(rows == rows_of_fixed_run());  // or the rest means nothing

  const char* const wish = std::getenv("FRESHET_GOLDEN");
  if (wish != nullptr && std::string_view(wish) == "write") {
    REQUIRE_FALSE(std::filesystem::exists(file));  // states of this version may be out there
    std::ofstream(file) << rows;
  }
  std::ifstream in(file);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  INFO("rows have other bytes than " + file +
       ". If the change is meant, raise state_format_version in stream/state_format.h, so that no "
       "program misreads a state of another; then, in the repository: git rm -f "
       "tests/state/golden/rows-*.txt && FRESHET_GOLDEN=write "
       "build/release/tests/state/test_state_golden");
  const auto expected = lines_of_text(golden), found = lines_of_text(rows);
  REQUIRE(expected.size() == found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == expected[i]) continue;
    REQUIRE(found[i] == expected[i]);
  }
}

TEST_CASE("the golden rows are of every kind there is") {
  const std::string rows = rows_of_fixed_run();
  for (const char* space :
       {"meta", "user", "item", "session_knn", "user_cf", "item_cf", "transitions", "repeat",
        "popularity", "factorization", "fusion", "content", "catalog"}) {
    INFO(space);
    CHECK((rows.starts_with(space) || rows.find('\n' + std::string(space)) != std::string::npos));
  }
}
