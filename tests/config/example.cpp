#include "tests/config/example.h"

namespace freshet::config {
namespace {

Table<Numbers> describe_numbers() {
  return object<Numbers>("Plain values.")
      .option("flag", &Numbers::flag, "A flag.")
      .option("small", &Numbers::small, "A small one.", range(-10, 10))
      .option("large", &Numbers::large, "A large one.")
      .option("natural", &Numbers::natural, "A natural one.")
      .option("huge", &Numbers::huge, "A huge one.")
      .option("share", &Numbers::share, "A share | a part.", range(0.0, 1.0))
      .check([](const Numbers& numbers) -> std::vector<Finding> {
        if (numbers.large >= numbers.small) return {};
        return {{"large", "it is below small"}};
      });
}

Table<Account> describe_account() {
  return object<Account>("Who we are.")
      .option("user", &Account::user, "The user.", length(1, 8))
      .option("password", &Account::password, "The password.", secret(),
              check(
                  [](const std::string& password) -> std::string {
                    return password == "sesame" ? "sesame is too well known" : "";
                  },
                  "anything but the well-known"))
      .option("properties", &Account::properties, "Anything else.",
              secret_keys([](std::string_view key) { return key.ends_with("password"); }));
}

Table<Entry> describe_entry() {
  return object<Entry>("An entry.")
      .option("weight", &Entry::weight, "Its weight.")
      .option("label", &Entry::label, "Its label.");
}

TypeTable describe_shapes() {
  return types("Forms to draw.")
      .type(
          "line",
          object<Line>("A straight line.").option("width", &Line::width, "Its width.", range(1, 9)))
      .type("curve", object<Curve>("A bent line.")
                         .option("bend", &Curve::bend, "How bent.")
                         .option("delay", &Curve::delay, "When.", range(Millis{1}, Millis{5000})))
      .type("file", object<FileShape>("A drawing.")
                        .option("path", &FileShape::path, "Where it lies.", required()))
      .not_yet("circle", "Circles come with version 2.");
}

}  // namespace

Table<Example> describe_example() {
  return object<Example>("An example.")
      .option("name", &Example::name, "A name.", not_empty())
      .option("colour", &Example::colour, "A colour.",
              names<Colour>({{"red", Colour::kRed},
                             {"blue", Colour::kBlue},
                             {"green", Colour::kGreen, "Green comes with version 2."}}))
      .option("pause", &Example::pause, "A pause.", range(Millis{1}, Millis{3'600'000}))
      .option("memory", &Example::memory, "A budget.", range(Bytes{1024}, Bytes{1ULL << 40}))
      .option("words", &Example::words, "Words.", length(0, 3))
      .option("weights", &Example::weights, "Weights.")
      .option("counts", &Example::counts, "Counts.")
      .option("numbers", &Example::numbers, describe_numbers())
      .option("account", &Example::account, describe_account())
      .option("entries", &Example::entries, "Entries by name.", describe_entry())
      .option("shape", &Example::shape, describe_shapes())
      .option("shapes", &Example::shapes, describe_shapes())
      .option("lines", &Example::lines, "Plain lines.",
              object<Line>("A line.").option("width", &Line::width, "Its width."))
      .option("off", &Example::off,
              object<Off>("A port.")
                  .option("listen", &Off::listen, "Where; empty switches it off.")
                  .option("port", &Off::port, "Which."),
              not_yet("It opens with version 2."))
      .option("rules", &Example::rules,
              types("Rules.").not_yet("only", "Rules come with version 3."),
              not_yet("Rules come with version 3."))
      .option("fast", &Example::fast, "Hurry.", not_yet("Haste comes with version 4."));
}

std::string Outcome::text() const {
  std::string lines;
  for (const Problem& problem : problems) lines += problem.text() + "\n";
  return lines;
}

Outcome read_layers(std::string text, Environment environment, std::vector<std::string> sets) {
  Layers layers;
  layers.file_name = "f.json";
  layers.file_text = std::move(text);
  layers.environment = std::move(environment);
  layers.sets = std::move(sets);
  Outcome outcome;
  outcome.problems = read(describe_example(), layers, outcome.settings);
  return outcome;
}

Outcome read_file(std::string text) { return read_layers(std::move(text), {}, {}); }

Outcome read_sets(std::vector<std::string> sets) {
  Layers layers;
  layers.sets = std::move(sets);
  Outcome outcome;
  outcome.problems = read(describe_example(), layers, outcome.settings);
  return outcome;
}

}  // namespace freshet::config
