// Writes first inputs for every target:   fuzz_seeds FOLDER   (FOLDER/event, …)

#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "config/describe.h"
#include "models/registry.h"
#include "stream/dictionary.h"
#include "stream/settings_table.h"
#include "stream/state_format.h"
#include "stream/users.h"
#include "tests/fuzz/record.h"
#include "tests/fuzz/rows.h"
#include "tests/fuzz/world.h"
#include "tests/support/events.h"
#include "tests/support/hostile_corpus.h"

namespace freshet::fuzz {
namespace {

constexpr std::size_t bytes_max = 4'096;

class Folder {
 public:
  Folder(const std::filesystem::path& root, const char* target) : path_(root / target) {
    std::filesystem::create_directories(path_);
  }
  void write(const std::string& input) {
    if (input.size() > bytes_max) return;
    std::ofstream(path_ / ("seed-" + std::to_string(count_++)), std::ios::binary) << input;
  }

 private:
  std::filesystem::path path_;
  std::size_t count_ = 0;
};

void write_events(Folder folder) {
  for (const test::HostileRecord& hostile : test::hostile_corpus()) {
    if (hostile.record.key && hostile.record.key->size() > 255) continue;
    folder.write(write_record({0, hostile.record}));
  }
  for (const Record& record : test::random_log(3, 60)) folder.write(write_record({0, record}));
  const auto good = [&](std::uint8_t configuration, const std::string& json,
                        std::int64_t time_ms = -1) {
    Record record = test::record_of(json);
    record.time_ms = time_ms;
    folder.write(write_record({configuration, record}));
  };
  good(1,
       R"({"visitorid":257597,"event":"view","itemid":355908,"transactionid":"","timestamp":1})");
  good(2,
       R"({"user":"u","item":"i","type":"r","value":-9.5,"time":"2024-02-29T23:59:60.5+01:00"})");
  good(0, R"({"user":"\u00e9\ud83d\ude00","type":"profile","attributes":{"a":1,"b":"c","d":true}})",
       test::start_ms);
  good(0,
       R"({"user":"u","item":"i","type":"cart","price":1e2,"quantity":3,"consent":false,"id":"x"})",
       std::numeric_limits<std::int64_t>::max());
  Record forget;
  forget.key = "anna";
  folder.write(write_record({0, forget}));
}

void write_catalog(Folder folder) {
  const auto say = [&folder](const char* key, const char* json) {
    Record record;
    if (key != nullptr) record.key = key;
    if (json != nullptr) record.value = json;
    folder.write(write_record({0, record}));
  };
  say("i", nullptr);
  say(nullptr, nullptr);
  say(nullptr,
      R"({"item":"boots","title":"Boots \u00e9","category":["Outdoor","Shoes"],"brand":"F"})");
  say(nullptr, R"({"item":7,"price":9.95,"available":false,"stock":-3,"tags":["new","sale"]})");
  say("i", R"({"attributes":{"b":true,"a":1.5,"c":"x"},"embedding":[1,-0.5,1e-3],"kind":"k"})");
  say("i", R"({"category":"Shoes","embedding":[0,0],"available":null,"tags":[]})");
  say(nullptr, R"({"item":"","price":-1,"stock":1e3,"embedding":[1e39],"attributes":{"a":[]}})");
  say(nullptr, R"({"item":"i","item":"j"})");
  for (const test::HostileRecord& hostile : test::hostile_corpus()) {
    if (hostile.record.key && hostile.record.key->size() > 255) continue;
    folder.write(write_record({0, hostile.record}));
  }
}

void write_configurations(Folder folder) {
  folder.write(config::dump(describe_events(), EventOptions{}));
  folder.write("{\"events\":" + config::dump(describe_events(), EventOptions{}) + "}");
  folder.write(R"({"users":{"history_items":7},"lists":{"size":200,"min_interval":"90m"}} // x)");
  folder.write(R"({"events":{"types":{"r":{"action":"rate","scale_min":0,"scale_max":1},
"like":{"weight":2.5,"refresh":false},"unlike":{"takes_back":"like"}}}})");
  folder.write(R"({"account":{"password":"x","properties":{"a.b":true,"ssl.password":"y"}}})");
  folder.write(R"({"fusion":{"type":"weighted","weights":{"repeat":1}},"rules":[]})");
  folder.write(
      "{}\x1fsengine.threads=4\x1fsmodels.0.k=1\x1f"
      "eLISTS__SIZE=9\x1fslists={}");
  folder.write(
      "\x1fsfusion.type=rrf\x1fsmodels=[{\"type\":\"popularity\"}]\x1fsmodels.0.top_items=5");
  for (const config::Tagged& model : default_models()) {
    folder.write("{\"models\":[{\"type\":\"" + model.type() + "\"}]}");
  }
  folder.write(std::string(80, '['));
}

void write_part(Folder& folder, std::uint8_t part, const RowBatch& batch) {
  Rows rows;
  rows.apply(batch);
  folder.write(static_cast<char>(part) + rows.write());
}

/// A fusion that learned a choice, beside models that learned less; of its rows as many as an input
/// holds, from the first and from the last.
void write_fusion(Folder& folder, std::uint8_t part, const FusionKind& kind,
                  const std::vector<config::Tagged>& options, const RowBatch& models) {
  const World world;
  std::vector<std::unique_ptr<Model>> learned;
  std::vector<const Model*> pointers;
  for (const config::Tagged& o : options) {
    learned.push_back(make_model(o));
    learned.back()->learn(world.past());
    pointers.push_back(learned.back().get());
  }
  const auto ranker = kind.make(pointers, kind.defaults);
  ranker->learn(world.past());
  const auto scratch = ranker->make_scratch();
  RankedList list;
  ranker->rank(world.query(1), 20, true, *scratch, list);
  const std::vector<Interaction> choice = {
      world.choice(1, list.entries.back().item.value, list.example)};
  ranker->learn(choice);
  RowBatch batch;
  ranker->save(batch);
  for (const bool from_the_first : {true, false}) {
    RowBatch some = models;
    std::size_t bytes = some.bytes();
    for (std::size_t k = 0; k < batch.size(); ++k) {
      const RowBatch::Row row = batch.row(from_the_first ? k : batch.size() - 1 - k);
      bytes += row.key.size() + row.value.size() + 4;
      if (bytes > bytes_max - 500) break;
      some.put(row.space, row.key, row.value);
    }
    write_part(folder, part, some);
  }
}

/// Models that learned the world's past, whole and by a few events.
void write_models(Folder& folder, std::uint8_t bit, const std::vector<config::Tagged>& models) {
  const World world;
  RowBatch all;
  for (std::size_t part = 0; part < models.size(); ++part) {
    for (const std::size_t count : {std::size_t{3}, world.past().size()}) {
      const auto model = make_model(models[part]);
      model->learn(std::span(world.past()).first(count));
      RowBatch batch;
      model->save(batch);
      write_part(folder, static_cast<std::uint8_t>(bit | part), batch);
      if (count == 3) all.append(batch);
    }
  }
  for (std::size_t kind = 0; kind < fusion_kinds().size(); ++kind) {
    const auto part = static_cast<std::uint8_t>(bit | (models.size() + 2 + kind));
    write_fusion(folder, part, fusion_kinds()[kind], models, all);
  }
}

void write_state_rows(Folder folder) {
  write_models(folder, 0, roomy_models());
  write_models(folder, 0x80, tight_models());
  const auto tables = static_cast<std::uint8_t>(roomy_models().size());
  ItemDictionary items;
  for (const char* const name : {"a", "boots", "\xc3\xa9"}) items.intern(name);
  RowBatch batch;
  items.save(batch);
  std::string row;
  ByteWriter(row).number(state_format_version);
  batch.put(meta_space, "format", row);
  row.clear();
  ByteWriter w(row);
  w.number(std::uint32_t{2});
  w.text("view");
  w.text("old");
  w.number(std::uint32_t{1});
  w.text("purchase");
  batch.put(meta_space, "types", row);
  write_part(folder, tables, batch);

  const World world;
  Users users;
  for (const User& user : world.people()) {
    User& made = users[users.admit(user.name)];
    const UserId id = made.id;
    made = user;
    made.id = id;
    made.event_ids = {1, 2};
    made.attributes = {{"age", 41.0}, {"country", std::string("NL")}, {"vip", true}};
    made.held = {ItemId(3), ItemId(1)};
    made.held_popular = {ItemId(2)};
  }
  batch.clear();
  users.save(batch, every_row, 0);
  write_part(folder, static_cast<std::uint8_t>(tables + 1), batch);
}

}  // namespace
}  // namespace freshet::fuzz

int main(int argc, char** argv) {
  using namespace freshet::fuzz;
  if (argc != 2) {
    std::cerr << "fuzz_seeds FOLDER\n";
    return 2;
  }
  write_events(Folder(argv[1], "event"));
  write_catalog(Folder(argv[1], "catalog"));
  write_configurations(Folder(argv[1], "configuration"));
  write_state_rows(Folder(argv[1], "state_rows"));
  return 0;
}
