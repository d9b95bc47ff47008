#include "tests/simulation/catalog_log.h"

#include <map>
#include <string>

#include "tests/support/events.h"

namespace freshet::test {
namespace {

constexpr std::uint32_t unseen_items = 4;

Record malformed(Dice& dice) {
  Record record;
  record.value =
      dice.pick({"", "{", "[]", R"({"title":"of no item"})", R"({"item":""})",
                 R"({"item":"item-0","price":-1})", R"({"item":"item-0","stock":0.5})",
                 R"({"item":"item-0","available":"yes"})", R"({"item":"item-0","category":[""]})"});
  if (dice.chance(20)) record.value.reset();  // a tombstone that names nothing
  return record;
}

std::string description(const std::string& item, bool keyed, Dice& dice) {
  EventLine line;
  line.without("user").without("type").without("time").without("item");
  if (!keyed) line.with_text("item", item);
  if (dice.chance(60)) line.with_text("title", "Title " + std::to_string(dice.below(5)));
  if (dice.chance(50)) {
    line.with("category", R"(["shelf","shelf-)" + std::to_string(dice.below(3)) + "\"]");
  }
  if (dice.chance(40)) line.with_text("brand", "brand-" + std::to_string(dice.below(3)));
  if (dice.chance(50)) line.with("price", std::to_string(dice.below(90)) + ".5");
  if (dice.chance(30)) line.with("available", dice.chance(50) ? "true" : "false");
  if (dice.chance(30)) line.with("stock", std::to_string(static_cast<int>(dice.below(4)) - 1));
  if (dice.chance(10)) line.with("attributes", R"({"size":4,"new":true,"colour":"red"})");
  return line.json();
}

Record catalog_record(const Plan& plan, Dice& dice) {
  if (dice.chance(plan.mix.hostile)) return malformed(dice);
  const std::string item = "item-" + std::to_string(dice.below(plan.mix.items + unseen_items));
  const bool gone = dice.chance(15);
  const bool keyed = gone || dice.chance(50);
  Record record;
  if (keyed) record.key = item;
  if (!gone) record.value = description(item, keyed, dice);
  return record;
}

}  // namespace

std::vector<Record> with_catalog(const Plan& plan, const std::vector<Record>& log, Dice dice) {
  std::vector<Record> out;
  std::map<Partition, Offset> next;
  for (const Record& other : log) {
    while (plan.catalog_partitions > 0 && dice.chance(plan.catalog)) {
      Record& record = out.emplace_back(catalog_record(plan, dice));
      record.partition =
          catalog_partition(static_cast<Partition>(dice.below(plan.catalog_partitions)));
      Offset& offset = next[record.partition];
      if (dice.chance(plan.gaps)) offset += dice.between(1, 3);  // the topic is compacted
      record.offset = offset++;
      record.time_ms = other.time_ms;
    }
    out.push_back(other);
  }
  return out;
}

}  // namespace freshet::test
