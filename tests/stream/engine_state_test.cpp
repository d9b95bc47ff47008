// The engine's rows: what a checkpoint holds, and what is refused.

#include <catch2/catch.hpp>

#include "stream/bytes.h"
#include "stream/state_format.h"
#include "tests/stream/engine_play.h"
#include "tests/support/status.h"

using namespace freshet;
using namespace freshet::test;

namespace {

std::string restore(const RowReader& rows) {
  Engine engine(count_parts());
  RowBatch stale;
  return message_of(engine.restore(rows, stale));
}

void put(Store& store, std::string_view space, std::string_view key, std::string_view value) {
  RowBatch batch;
  batch.put(space, key, value);
  store.write(batch).value();
}

void fill(Store& store) {
  Shop shop(count_parts(epochs_of(4)));
  shop.process(decode_all(random_log(5, 50)));
  shop.save(store);
}

std::string number(std::uint32_t n) {
  std::string row;
  ByteWriter(row).number(n);
  return row;
}

}  // namespace

TEST_CASE("a new state is empty and fine") {
  const MemoryStore store;
  CHECK(restore(store).empty());
  CHECK(stored_event_types(store).value().names.empty());
}

TEST_CASE("only what changed since the last save is saved again") {
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x");
  shop.act("ben", "y");
  shop.rows();
  shop.act("ben", "y", "cart");
  const auto rows = shop.rows();
  const auto has = [&](const char* space, std::uint32_t id) {
    return rows.count(std::string(space) + '\0' + id_key(id)) == 1;
  };
  CHECK(rows.count(std::string("user\0anna", 9)) == 0);
  CHECK(rows.count(std::string("user\0ben", 8)) == 1);
  CHECK_FALSE(has("item", 0));
  CHECK_FALSE(has("item", 1));
  CHECK_FALSE(has("count", 0));
  CHECK(has("count", 1));
}

TEST_CASE("a checkpoint inside an epoch holds what it has not yet taught") {
  Shop shop(count_parts(epochs_of(3)));
  shop.act("anna", "x", "cart");
  shop.act("ben", "y");
  MemoryStore store;
  shop.save(store);
  Shop back(count_parts(epochs_of(3)));
  RowBatch stale;
  back.engine.restore(store, stale).value();
  CHECK(items_of(back.act("carl", "z")) == "z 1");  // the third record ends the epoch
  CHECK(back.engine.epochs() == 1);
  CHECK(items_of(back.act("dora", "z")) == "x 3, z 2, y 1");
}

TEST_CASE("the first time of the open epoch is kept too") {
  Shop shop(count_parts(epochs_of(100, 50)));
  shop.act("anna", "x", "view", 0);
  MemoryStore store;
  shop.save(store);
  Shop back(count_parts(epochs_of(100, 50)));
  RowBatch stale;
  back.engine.restore(store, stale).value();
  CHECK(items_of(back.act("ben", "y", "view", 49)) == "y 1");
  CHECK(items_of(back.act("carl", "z", "view", 50)) == "x 1, y 1, z 1");
}

TEST_CASE("rows of models that are not configured become erasures, all others stay") {
  MemoryStore store;
  fill(store);
  put(store, "meta", "positions", "");
  put(store, "delivery", "sink", "12");
  const auto before = all_rows(store);
  put(store, "gone", "a", "1");
  put(store, "gone.pairs", "b", "2");
  put(store, "gone.pairs", std::string_view("\0c", 2), "3");
  put(store, "countess", "d", "4");  // not "count"
  Engine engine(count_parts());
  RowBatch stale;
  engine.restore(store, stale).value();
  CHECK(stale.size() == 4);
  store.write(stale).value();
  CHECK(all_rows(store) == before);
}

TEST_CASE("a state of an unknown format version is refused with a sentence") {
  MemoryStore store;
  fill(store);
  put(store, meta_space, "format", number(state_format_version + 1));
  const std::string sentence =
      "state: it has format version " + std::to_string(state_format_version + 1) +
      ", and this freshet reads only version " + std::to_string(state_format_version) +
      ": go on with the freshet that made it, or learn anew from the log under another state.path";
  CHECK(restore(store) == sentence);
  CHECK(message_of(stored_event_types(store)) == sentence);
  put(store, meta_space, "format", number(0));
  CHECK_THAT(restore(store), Catch::Contains("version 0"));
  put(store, meta_space, "format", "x");
  CHECK_FALSE(restore(store).empty());
}

TEST_CASE("rows without a format version are refused") {
  MemoryStore store;
  put(store, "user", id_key(0), "something");
  CHECK_THAT(restore(store), Catch::Contains("no format version"));
}

TEST_CASE("damaged rows of the engine are refused in words, wherever they were cut off") {
  MemoryStore store;
  Shop shop(count_parts(epochs_of(8)));
  shop.act("anna", "x");
  shop.act("anna", "y");
  shop.save(store);
  for (const char* const key : {"engine", "types"}) {
    const std::string whole = all_rows(store).at(std::string("meta\0", 5) + key);
    for (std::size_t n = 1; n < whole.size(); ++n) {
      put(store, meta_space, key, whole.substr(0, n));
      INFO(key << " cut to " << n);
      if (std::string_view(key) == "engine") {
        REQUIRE(restore(store) == "state: the row of the open epoch is damaged");
      } else {
        REQUIRE(message_of(stored_event_types(store)) ==
                "state: the row of event types is damaged");
      }
    }
    put(store, meta_space, key, whole);
  }
  CHECK(restore(store).empty());
}

TEST_CASE("event types keep their ids through a change of configuration") {
  MemoryStore store;
  Shop shop(count_parts(epochs_of(1)));
  shop.act("anna", "x", "cart");
  shop.save(store);
  EventOptions events;
  events.types["a new type"] = {};
  events.types.erase("click");
  Engine::Parts parts = count_parts(epochs_of(1), {}, events);
  parts.known_types = stored_event_types(store).value();
  CHECK(parts.known_types.names.size() == 12);
  Shop back(std::move(parts));
  RowBatch stale;
  back.engine.restore(store, stale).value();
  const auto anna = *stored_user(store, "anna");
  CHECK(back.engine.types()[anna->history[0].strongest].name == "cart");
  CHECK(back.engine.types().find("a new type")->value == 12);
  CHECK_FALSE(back.engine.types().find("click"));
  // And the cart can still be taken back.
  CHECK(items_of(back.act("anna", "y")) == "x 6, y 1");
  CHECK(items_of(back.act("anna", "x", "uncart")) == "x 3, y 2");
}
