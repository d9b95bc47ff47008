#include "models/registry.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "models/content.h"
#include "models/factorization.h"
#include "models/fusion/rrf.h"
#include "models/fusion/weighted.h"
#include "models/item_cf.h"
#include "models/popularity.h"
#include "models/repeat.h"
#include "models/session_knn.h"
#include "models/transitions.h"
#include "models/user_cf.h"

namespace freshet {

namespace {

template <class M, class O>
ModelKind model(std::string_view name, config::Table<O> (*describe)()) {
  return {name, [name, describe](config::TypeTable& types) { types.type(name, describe()); },
          config::Tagged(std::string(name), O{}),
          [](const config::Tagged& options) { return std::make_unique<M>(options.as<O>()); }};
}

template <class R, class O>
FusionKind fusion(std::string_view name, config::Table<O> (*describe)()) {
  return {name, [name, describe](config::TypeTable& types) { types.type(name, describe()); },
          config::Tagged(std::string(name), O{}),
          [](std::vector<const Model*> models, const config::Tagged& options) {
            return std::make_unique<R>(std::move(models), options.as<O>());
          }};
}

template <class Kind>
const Kind& find(const std::vector<Kind>& kinds, std::string_view name) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
  assert(found != kinds.end());
  return *found;
}

}  // namespace

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> kinds = {
      model<SessionKnn>("session_knn", describe_session_knn),
      model<UserCf>("user_cf", describe_user_cf),
      model<ItemCf>("item_cf", describe_item_cf),
      model<Factorization>("factorization", describe_factorization),
      model<Transitions>("transitions", describe_transitions),
      model<Content>("content", describe_content),
      model<Repeat>("repeat", describe_repeat),
      model<Popularity>("popularity", describe_popularity),
  };
  return kinds;
}

const std::vector<FusionKind>& fusion_kinds() {
  static const std::vector<FusionKind> kinds = {
      fusion<WeightedRanker>("weighted", describe_weighted),
      fusion<RrfRanker>("rrf", describe_rrf),
  };
  return kinds;
}

config::TypeTable model_types() {
  config::TypeTable types = config::types("The models that find and score candidates.");
  for (const ModelKind& kind : model_kinds()) kind.declare(types);
  return types;
}

config::TypeTable fusion_types() {
  config::TypeTable types = config::types("How one list is made of what the models say.");
  for (const FusionKind& kind : fusion_kinds()) kind.declare(types);
  return types;
}

std::vector<config::Tagged> default_models() {
  std::vector<config::Tagged> all;
  for (const ModelKind& kind : model_kinds()) all.push_back(kind.defaults);
  return all;
}

config::Tagged default_fusion() { return find(fusion_kinds(), "weighted").defaults; }

std::unique_ptr<Model> make_model(const config::Tagged& options) {
  return find(model_kinds(), options.type()).make(options);
}

std::unique_ptr<Ranker> make_ranker(std::vector<const Model*> models,
                                    const config::Tagged& options) {
  return find(fusion_kinds(), options.type()).make(std::move(models), options);
}

}  // namespace freshet
