#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "config/table.h"
#include "config/tagged.h"
#include "stream/model.h"
#include "stream/ranker.h"

namespace freshet {

/// One kind of model: all that the rest of the program needs to know to offer it.
struct ModelKind {
  std::string_view name;
  std::function<void(config::TypeTable&)> declare;  ///< adds its options under its name
  config::Tagged defaults;
  std::function<std::unique_ptr<Model>(const config::Tagged& options)> make;
};

/// Every model there is, in the order of their shares in `parts`. To add one: its files and a line
/// here.
const std::vector<ModelKind>& model_kinds();

/// One way to make a list of what the models say.
struct FusionKind {
  std::string_view name;
  std::function<void(config::TypeTable&)> declare;
  config::Tagged defaults;
  std::function<std::unique_ptr<Ranker>(std::vector<const Model*> models,
                                        const config::Tagged& options)>
      make;
};

const std::vector<FusionKind>& fusion_kinds();

/// For the table of the settings: `.option("models", &Settings::models, model_types())`.
config::TypeTable model_types();
config::TypeTable fusion_types();

/// All models with their default options.
std::vector<config::Tagged> default_models();
/// The best fusion there is so far, with its default options.
config::Tagged default_fusion();

/// Requires a type that `model_types` declares. The options are copied.
std::unique_ptr<Model> make_model(const config::Tagged& options);
/// Requires a type that `fusion_types` declares. The models must outlive the ranker, which reads
/// but never learns or saves them.
std::unique_ptr<Ranker> make_ranker(std::vector<const Model*> models,
                                    const config::Tagged& options);

}  // namespace freshet
