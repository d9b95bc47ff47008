#include "config/merge.h"

#include <algorithm>
#include <charconv>

#include "config/values.h"

namespace freshet::config {
namespace {

using erased::Kind;
using erased::Shape;

constexpr std::string_view kTypeKey = "type";

std::string path_of(const Assignment& assignment, std::size_t count) {
  std::string path;
  for (std::size_t index = 0; index < count; ++index) path = joined(path, assignment.keys[index]);
  return shown(path, 160);
}

// A mark at the origin of an assignment, for problems that have no node yet.
Node origin_of(const Assignment& assignment) {
  Node node;
  node.source = assignment.source;
  return node;
}

// Adopts what parse_json() said about the value of one assignment.
void add_all(std::vector<Problem> found, const std::string& path, Problems& problems) {
  for (Problem& problem : found) {
    problem.path = joined(path, problem.path);
    problems.add(std::move(problem));
  }
}

bool taken_literally(Shape shape) {
  return shape == Shape::kText || shape == Shape::kChoice || shape == Shape::kMillis ||
         shape == Shape::kBytes;
}

bool is_container(Shape shape) {
  return shape == Shape::kObject || shape == Shape::kProperties || shape == Shape::kMap ||
         shape == Shape::kList || shape == Shape::kTagged;
}

// A node made on the way to a place below it; a null that a user wrote has a line.
bool is_placeholder(const Node& node) { return node.is(Node::Type::kNull) && node.line == 0; }

void remove_placeholders(Node& node) {
  std::erase_if(node.nodes, is_placeholder);
  for (Node& entry : node.nodes) remove_placeholders(entry);
}

void set_source(Node& node, const Source* source) {
  node.source = source;
  for (Node& entry : node.nodes) set_source(entry, source);
}

// Another type has other options: what a weaker layer said about the old type is void.
void change_type(const void* defaults, Node& tagged, const Node& type) {
  const Node* given = tagged.find(kTypeKey);
  const auto* standard = static_cast<const Tagged*>(defaults);
  std::string current;
  if (given != nullptr) {
    current = given->text;
  } else if (standard != nullptr) {
    current = standard->type();
  }
  if (current == type.text) return;
  const int layer = type.source->layer;
  std::erase_if(tagged.nodes, [layer](const Node& node) {
    return node.source != nullptr && node.source->layer < layer;
  });
}

}  // namespace

Merger::Merger(const erased::Object& root, const void* defaults, Problems& problems)
    : root_(root), defaults_(defaults), problems_(problems), tree_(Node::object()) {
  root_kind_.shape = Shape::kObject;
  // The kind only borrows the table, which outlives it.
  root_kind_.object = std::shared_ptr<const erased::Object>(std::shared_ptr<void>(), &root);
}

bool Merger::file(std::string_view text, const std::string& name) {
  const Source& source = sources_.emplace_back(Source{name, 0, true});
  std::vector<Problem> found;
  std::optional<Node> tree = parse_json(text, source, found);
  add_all(std::move(found), "", problems_);
  if (!tree) return false;
  if (!tree->is(Node::Type::kObject)) {
    problems_.add({"", "", found_words(*tree, true), "an object", "", tree->origin()});
    return false;
  }
  tree_ = std::move(*tree);
  return true;
}

void Merger::environment(const Environment& environment, std::string_view prefix) {
  std::vector<Assignment> assignments;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(prefix)) continue;
    const Source& source =
        sources_.emplace_back(Source{"environment variable " + shown(name, 160), 1, false});
    Assignment assignment{{}, value, &source};
    std::string path = name.substr(prefix.size());
    std::transform(path.begin(), path.end(), path.begin(), [](char letter) {
      return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t end = std::min(path.find("__", at), path.size());
      assignment.keys.push_back(path.substr(at, end - at));
      at = end + 2;
    }
    assignments.push_back(std::move(assignment));
  }
  // The order of an environment means nothing: make it the same every time.
  std::sort(assignments.begin(), assignments.end(),
            [](const Assignment& a, const Assignment& b) { return a.keys < b.keys; });
  assign_all(std::move(assignments));
}

void Merger::sets(const std::vector<std::string>& sets) {
  std::vector<Assignment> assignments;
  for (const std::string& text : sets) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      const bool value_only = equals == 0;
      problems_.add({"", "--set needs a path and a value",
                     value_only ? "no path" : "text " + quoted(shown(text, 40)), "a.b=c", "",
                     "--set"});
      continue;
    }
    const std::string path = text.substr(0, equals);
    const Source& source = sources_.emplace_back(Source{"--set " + shown(path, 160), 2, false});
    Assignment assignment{{}, text.substr(equals + 1), &source};
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t end = std::min(path.find('.', at), path.size());
      assignment.keys.push_back(path.substr(at, end - at));
      at = end + 1;
    }
    assignments.push_back(std::move(assignment));
  }
  assign_all(std::move(assignments));
}

// Within a layer the whole comes before its parts, and a type before the options of that type.
void Merger::assign_all(std::vector<Assignment> assignments) {
  const auto rank = [](const Assignment& assignment) {
    return 2 * assignment.keys.size() - (assignment.keys.back() == kTypeKey ? 1 : 0);
  };
  std::stable_sort(assignments.begin(), assignments.end(),
                   [rank](const Assignment& a, const Assignment& b) { return rank(a) < rank(b); });
  for (const Assignment& assignment : assignments) assign(assignment);
  remove_placeholders(tree_);  // of assignments that ended in a problem
}

void Merger::assign(const Assignment& assignment) {
  Place place{&root_kind_, defaults_, &tree_};
  const std::string path = path_of(assignment, assignment.keys.size());
  const bool good_path = std::all_of(assignment.keys.begin(), assignment.keys.end(), is_utf8);
  if (!good_path) {
    problems_.add({path, "the path is not UTF-8", "", "", "", assignment.source->label});
    return;
  }
  for (std::size_t at = 0; at < assignment.keys.size();) {
    if (!step(place, assignment, at)) return;
  }
  put(place, assignment);
}

bool Merger::step(Place& place, const Assignment& assignment, std::size_t& at) {
  const bool is_list = place.kind->shape == Shape::kList;
  if (!is_container(place.kind->shape)) {
    problems_.add({path_of(assignment, assignment.keys.size()),
                   "there is nothing below " + path_of(assignment, at), "",
                   allowed_words(*place.kind, {}), "", assignment.source->label});
    return false;
  }
  const bool fits = place.node->is(is_list ? Node::Type::kList : Node::Type::kObject);
  // A weaker layer put something else here: the reader will say so.
  if (!fits && !is_placeholder(*place.node)) return false;
  if (is_list) return step_into_list(place, assignment, at);
  if (!fits) place.node->type = Node::Type::kObject;
  const std::string& key = assignment.keys[at];
  switch (place.kind->shape) {
    case Shape::kProperties: {
      std::string rest;
      for (; at < assignment.keys.size(); ++at) {
        rest.append(rest.empty() ? "" : ".").append(assignment.keys[at]);
      }
      place = {place.kind->element.get(), nullptr, &child(*place.node, rest, assignment.source)};
      return true;
    }
    case Shape::kMap: {
      const Kind& element = *place.kind->element;
      const void* entry =
          place.defaults == nullptr ? nullptr : place.kind->map_ops->find(place.defaults, key);
      place = {&element, entry, &child(*place.node, key, assignment.source)};
      ++at;
      return true;
    }
    default: {
      static const Kind kType = erased::kind_of(Shape::kText);
      if (place.kind->shape == Shape::kTagged && key == kTypeKey) {
        Node type = Node::of_text(assignment.value);
        type.source = assignment.source;
        change_type(place.defaults, *place.node, type);
        place = {&kType, nullptr, &child(*place.node, key, assignment.source)};
        ++at;
        return true;
      }
      const erased::Object* object = object_at(place);
      // Of an unknown type: the reader will say so at the type.
      return object != nullptr && step_into_object(place, *object, assignment, at);
    }
  }
}

bool Merger::step_into_object(Place& place, const erased::Object& object,
                              const Assignment& assignment, std::size_t& at) {
  const std::string& key = assignment.keys[at];
  const erased::Option* option = object.find(key);
  if (option == nullptr) {
    add_unknown_key(root_, object, path_of(assignment, at), key,
                    place.kind->shape == Shape::kTagged, origin_of(assignment), problems_);
    return false;
  }
  const void* inside = place.defaults;
  if (place.kind->shape == Shape::kTagged && inside != nullptr) {
    const auto* tagged = static_cast<const Tagged*>(inside);
    const bool same = object_at({place.kind, inside, nullptr}) == &object;
    inside = same ? tagged->erased() : object.defaults.get();
  }
  if (inside == nullptr) inside = object.defaults.get();
  place = {&option->kind, option->in(inside), &child(*place.node, key, assignment.source)};
  ++at;
  return true;
}

bool Merger::step_into_list(Place& place, const Assignment& assignment, std::size_t& at) {
  const Kind& kind = *place.kind;
  if (is_placeholder(*place.node)) {
    *place.node = [&] {
      Node list = place.defaults == nullptr ? Node::list() : node_of(kind, nullptr, place.defaults);
      set_source(list, assignment.source);
      list.key = place.node->key;
      return list;
    }();
  }
  const std::string& key = assignment.keys[at];
  const std::size_t size = place.node->nodes.size();
  std::size_t index = 0;
  const char* end = key.data() + key.size();
  const auto [rest, error] = std::from_chars(key.data(), end, index);
  bool found = error == std::errc{} && rest == end && index < size;
  std::string types;
  for (std::size_t i = 0; i < size && !found; ++i) {
    const Node* type = place.node->nodes[i].find(kTypeKey);
    if (type == nullptr || !type->is(Node::Type::kText)) continue;
    types += ", " + shown(type->text);
    if (type->text == key) {
      found = true;
      index = i;
    }
  }
  if (!found) {
    const std::string entries =
        size == 0 ? "nothing: the list is empty"
                  : "an index from 0 to " + std::to_string(size - 1) +
                        (types.empty() ? "" : ", or the type of an entry: " + types.substr(2));
    problems_.add({path_of(assignment, at + 1), "no such entry of the list", "", entries, "",
                   assignment.source->label});
    return false;
  }
  place = {kind.element.get(), nullptr, &place.node->nodes[index]};
  ++at;
  return true;
}

const erased::Object* Merger::object_at(const Place& place) const {
  if (place.kind->shape == Shape::kObject) return place.kind->object.get();
  const Node* given = place.node == nullptr ? nullptr : place.node->find(kTypeKey);
  const auto* standard = static_cast<const Tagged*>(place.defaults);
  const erased::Type* type = nullptr;
  if (given != nullptr) {
    type = place.kind->types->find(given->text);
  } else if (standard != nullptr) {
    type = place.kind->types->find(standard->type());
  }
  return type == nullptr ? nullptr : type->object.get();
}

Node& Merger::child(Node& parent, std::string_view key, const Source* source) {
  if (Node* found = parent.find(key)) return *found;
  Node node;
  node.source = source;
  return parent.add(key, std::move(node));
}

void Merger::put(const Place& place, const Assignment& assignment) {
  const std::string path = path_of(assignment, assignment.keys.size());
  Node value = Node::of_text(assignment.value);
  value.source = assignment.source;
  if (!taken_literally(place.kind->shape)) {
    std::vector<Problem> found;
    std::optional<Node> parsed = parse_json(assignment.value, *assignment.source, found);
    if (parsed) {
      value = std::move(*parsed);
    }
    // A bare word where a number belongs is a text there, and the reader will say so.
    if (parsed || is_container(place.kind->shape)) add_all(std::move(found), path, problems_);
    if (!parsed && is_container(place.kind->shape)) return;
  }
  merge(*place.kind, place.defaults, *place.node, std::move(value));
}

void Merger::merge(const Kind& kind, const void* defaults, Node& into, Node from) {
  const bool both_objects = into.is(Node::Type::kObject) && from.is(Node::Type::kObject);
  if (!both_objects || kind.shape == Shape::kList) {
    from.key = into.key;
    into = std::move(from);
    return;
  }
  if (kind.shape == Shape::kTagged) {
    const Node* type = from.find(kTypeKey);
    if (type != nullptr) change_type(defaults, into, *type);
    if (type != nullptr) into.set(kTypeKey, *type);
  }
  const bool has_object = kind.shape == Shape::kObject || kind.shape == Shape::kTagged;
  const erased::Object* object = has_object ? object_at({&kind, defaults, &into}) : nullptr;
  for (Node& member : from.nodes) {
    const erased::Option* option = object == nullptr ? nullptr : object->find(member.key);
    const Kind* inner = option != nullptr ? &option->kind : kind.element.get();
    Node* old = into.find(member.key);
    if (old != nullptr && inner != nullptr) {
      const bool inside = kind.shape == Shape::kObject && defaults != nullptr;
      merge(*inner, inside && option != nullptr ? option->in(defaults) : nullptr, *old,
            std::move(member));
    } else {
      into.set(member.key, member);
    }
  }
}

}  // namespace freshet::config
