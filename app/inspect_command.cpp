#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/text.h"
#include "app/wiring.h"
#include "state/digest.h"
#include "stream/checkpoint.h"
#include "stream/json_error.h"
#include "stream/state_format.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t goes_with_count = 10;

Json types_of(const HistoryItem& h, const EventTypes& types) {
  Json names = Json::array();
  for (std::size_t i = 0; i < types.size(); ++i) {
    const EventTypeId t{static_cast<std::uint8_t>(i)};
    if ((h.types >> i & 1) != 0) names.push_back(types[t].name);
  }
  return names;
}

Json user_json(const Engine& engine, const User& user) {
  const ItemDictionary& items = engine.items();
  Json out;
  out["user"] = user.name;
  out["session"] = user.session;
  out["session_events"] = user.session_events;
  out["last_time"] = user.last_ms;
  out["attributes"] = Json::object();
  for (const auto& [key, value] : user.attributes) {
    std::visit([&, &name = key](const auto& v) { out["attributes"][name] = v; }, value);
  }
  out["history"] = Json::array();
  for (const HistoryItem& h : user.history) {
    out["history"].push_back({{"item", items.name(h.item)},
                              {"events", h.count},
                              {"types", types_of(h, engine.types())},
                              {"strength", h.strength},
                              {"last_time", h.last_ms},
                              {"session", h.session}});
  }
  out["list"] = Json::array();
  for (const ItemId item : user.held) out["list"].push_back(items.name(item));
  out["list_time"] = user.list_ms;
  return out;
}

std::string user_text(const Json& u) {
  std::string out = "user       " + u["user"].get<std::string>() + "\n";
  out += "last event " + utc_time(u["last_time"]) + ", session " + u["session"].dump() + " with " +
         u["session_events"].dump() + " events\n";
  if (!u["attributes"].empty()) out += "attributes " + u["attributes"].dump() + "\n";
  std::vector<std::vector<std::string>> rows = {
      {"item", "events", "strength", "last", "session", "types"}};
  for (const Json& h : u["history"]) {
    std::string types;
    for (const Json& t : h["types"]) types += (types.empty() ? "" : ", ") + t.get<std::string>();
    rows.push_back({h["item"], h["events"].dump(), fixed(h["strength"].get<double>(), 2),
                    utc_time(h["last_time"]), h["session"].dump(), types});
  }
  out += "\nhistory, the newest first\n" + text_table(rows);
  out += "\nlist held, of " + utc_time(u["list_time"]) + "\n";
  for (const Json& item : u["list"]) out += "  " + item.get<std::string>() + "\n";
  return out;
}

/// What each model would show to somebody who has seen this item and nothing else.
Json goes_with(const Engine& engine, ItemId item) {
  HistoryItem seen;
  seen.item = item;
  seen.strength = 1;
  seen.count = 1;
  seen.session = 1;
  RecentEvent event{item, EventTypeId{}, 1, 0};
  Query query;
  query.user.history = {&seen, 1};
  query.user.recent = {&event, 1};
  query.user.session = query.user.session_events = 1;
  query.limit = goes_with_count;
  Json out = Json::object();
  std::vector<Candidate> candidates;
  for (const auto& model : engine.models()) {
    const auto scratch = model->make_scratch();
    model->candidates(query, *scratch, candidates);
    Json list = Json::array();
    for (const Candidate& c : candidates) {
      list.push_back({{"item", engine.items().name(c.item)}, {"score", c.score}});
    }
    out[std::string(model->name())] = std::move(list);
  }
  return out;
}

Json entry_json(const CatalogEntry& e) {
  Json out = Json::object();
  if (!e.title.empty()) out["title"] = e.title;
  if (!e.category.empty()) out["category"] = e.category;
  if (!e.brand.empty()) out["brand"] = e.brand;
  if (e.price) out["price"] = *e.price;
  out["available"] = e.available;
  if (e.stock) out["stock"] = *e.stock;
  if (!e.tags.empty()) out["tags"] = e.tags;
  for (const auto& [key, value] : e.attributes) {
    std::visit([&, &name = key](const auto& v) { out["attributes"][name] = v; }, value);
  }
  if (!e.embedding.empty()) out["embedding"] = e.embedding;
  out["kind"] = e.kind;
  return out;
}

/// What the catalogue says of an item: an object, null if it is withdrawn.
void add_entry(const Catalog& catalog, ItemId item, Json& out) {
  if (!catalog.named(item)) return;
  const CatalogEntry* entry = catalog.find(item);
  out["catalog"] = entry == nullptr ? Json() : entry_json(*entry);
}

std::string entry_text(const Json& i) {
  if (!i.contains("catalog")) return "catalogue says nothing of it\n";
  const Json& entry = i["catalog"];
  if (entry.is_null()) return "catalogue says that it is withdrawn\n";
  std::string out = "catalogue\n";
  for (const auto& [field, value] : entry.items()) {
    const std::string text =
        field == "embedding"
            ? std::to_string(value.size()) + " numbers"
            : (value.is_string() ? excerpt(value.get<std::string>(), 100) : value.dump());
    out += "  " + field + std::string(field.size() < 11 ? 11 - field.size() : 1, ' ') + text + "\n";
  }
  return out;
}

std::string item_text(const Json& i) {
  std::string out = "item    " + i["item"].get<std::string>() + "\nnumber  " + i["number"].dump() +
                    "\nholders " + i["users"].dump() + " users have it in their history\n";
  out += entry_text(i);
  for (const auto& [model, list] : i["goes_with"].items()) {
    std::vector<std::vector<std::string>> rows = {{"  " + model, "score"}};
    for (const Json& c : list) {
      rows.push_back({"  " + c["item"].get<std::string>(), fixed(c["score"].get<double>(), 4)});
    }
    out += "\n" + text_table(rows);
  }
  return out;
}

Json place_json(const Positions& positions) {
  Json out;
  out["format"] = state_format_version;
  out["positions"] = Json::object();
  for (const auto& [partition, offset] : positions) {
    if (!is_catalog(partition)) out["positions"][std::to_string(partition)] = offset;
  }
  for (const auto& [partition, offset] : positions) {
    if (!is_catalog(partition)) continue;
    out["catalog_positions"][std::to_string(catalog_partition(partition))] = offset;
  }
  return out;
}

void add_summary(const StateSummary& summary, Json& out) {
  out["digest"] = summary.digest;
  out["spaces"] = Json::object();
  for (const SpaceSize& s : summary.spaces) {
    out["spaces"][s.space] = {{"rows", s.rows}, {"bytes", s.bytes}};
  }
}

std::string state_text(const Json& s) {
  std::string out;
  if (s.contains("digest")) out += "digest     " + s["digest"].get<std::string>() + "\n";
  out += "format     " + s["format"].dump() + "\n";
  for (const auto& [partition, offset] : s["positions"].items()) {
    out += "partition  " + partition + " goes on at offset " + offset.dump() + "\n";
  }
  if (s.contains("catalog_positions")) {
    for (const auto& [partition, offset] : s["catalog_positions"].items()) {
      out += "catalogue  partition " + partition + " goes on at offset " + offset.dump() + "\n";
    }
  }
  if (!s.contains("spaces")) return out;
  std::vector<std::vector<std::string>> rows = {{"space", "rows", "bytes"}};
  for (const auto& [space, size] : s["spaces"].items()) {
    rows.push_back({space, grouped(size["rows"]), grouped(size["bytes"])});
  }
  return out + "\n" + text_table(rows);
}

Json fusion_json(const Settings& settings, const FusionReport& report) {
  Json out;
  out["type"] = settings.fusion.type();
  out["choices"] = report.choices;
  out["loss"] = report.loss;
  out["drifts"] = report.drifts;
  out["blend"] = Json::object();
  for (const auto& [name, share] : report.blend) out["blend"][name] = share;
  out["models"] = Json::object();
  out["features"] = Json::object();
  for (const FusionReport::Weight& w : report.weights) {
    if (w.what.empty()) {
      out["models"][w.model] = w.weight;
    } else {
      out["features"][w.what] = w.weight;
    }
  }
  return out;
}

std::string fusion_text(const Json& f) {
  std::string out = "fusion   " + f["type"].get<std::string>() + "\n";
  if (f["models"].empty()) return out + "its weights are fixed by the configuration\n";
  out += "choices  " + grouped(f["choices"]) + " learned from, mean loss " +
         fixed(f["loss"].get<double>(), 3) + ", drift noticed " + f["drifts"].dump() + " times\n";
  for (const auto& [name, share] : f["blend"].items()) {
    out += "blend    " + name + " " + percent(share.get<double>()) + "\n";
  }
  for (const char* const what : {"models", "features"}) {
    if (f[what].empty()) continue;
    std::vector<std::vector<std::string>> rows = {{what, "weight"}};
    for (const auto& [name, weight] : f[what].items()) {
      rows.push_back({name, fixed(weight.get<double>(), 4)});
    }
    out += "\n" + text_table(rows);
  }
  return out;
}

int print(const Json& value, bool json, std::string (*text)(const Json&)) {
  std::fputs((json ? value.dump() + "\n" : text(value)).c_str(), stdout);
  return exit_done;
}

}  // namespace

int inspect_user_command(const Settings& settings, const std::string& user, bool json) {
  auto state = read_state(settings);
  if (!state) return failed(state.error().message);
  auto found = stored_user(*state->store, user);
  if (!found) return failed(found.error().message);
  if (!*found) return failed("nothing is remembered of the user '" + user + "'");
  return print(user_json(*state->engine, **found), json, user_text);
}

int inspect_item_command(const Settings& settings, const std::string& item, bool json) {
  auto state = read_state(settings);
  if (!state) return failed(state.error().message);
  const ItemId id = state->engine->items().find(item);
  if (id.is_none()) return failed("nothing is remembered of the item '" + item + "'");
  std::uint64_t holders = 0;
  Status read = for_each_stored_user(*state->store, [&](const User& user) {
    for (const HistoryItem& h : user.history) holders += h.item == id ? 1 : 0;
  });
  if (!read) return failed(read.error().message);
  Json out;
  out["item"] = item;
  out["number"] = id.value;
  out["users"] = holders;
  add_entry(state->engine->catalog(), id, out);
  out["goes_with"] = goes_with(*state->engine, id);
  return print(out, json, item_text);
}

int inspect_state_command(const Settings& settings, bool brief, bool json) {
  auto store = open_store_to_read(settings);
  if (!store) return failed(store.error().message);
  if (Status s = check_format(**store); !s) return failed(s.error().message);
  auto place = stored_place(**store);
  if (!place) return failed(place.error().message);
  Json out = place_json(place->positions);
  if (!brief) {
    auto summary = summarise(**store);
    if (!summary) return failed(summary.error().message);
    add_summary(*summary, out);
  }
  return print(out, json, state_text);
}

int inspect_fusion_command(const Settings& settings, bool json) {
  auto state = read_state(settings);
  if (!state) return failed(state.error().message);
  return print(fusion_json(settings, state->engine->ranker().report()), json, fusion_text);
}

}  // namespace freshet
