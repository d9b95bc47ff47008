#include "connectors/simulate/assortment.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "connectors/simulate/random.h"

namespace freshet {

namespace {

constexpr std::uint32_t items_per_shelf = 25;
constexpr std::uint32_t shelves_per_aisle = 5;
constexpr std::uint32_t brands_per_department = 12;

struct Department {
  const char* name;
  bool is_consumable;
  std::uint32_t price_cents;  ///< the middle of its prices
};
constexpr Department departments[] = {
    {"Groceries", true, 450},  {"Kitchen", false, 3'500}, {"Garden", false, 4'200},
    {"Pets", true, 1'400},     {"Toys", false, 2'400},    {"Beauty", true, 1'800},
    {"Sports", false, 5'500},  {"Books", false, 1'600},   {"Electronics", false, 18'000},
    {"Fashion", false, 4'800}, {"Office", false, 1'200},  {"Outdoor", false, 7'500}};
constexpr std::uint32_t max_departments = std::size(departments);

constexpr const char* aisles[] = {"Basics", "Care", "Tools", "Gifts", "Accessories", "Sets"};
constexpr const char* shelf_words[shelves_per_aisle] = {"Everyday", "Compact", "Family", "Premium",
                                                        "Travel"};
constexpr const char* adjectives[] = {"Bright", "Calm",  "Light", "Sturdy", "Soft",
                                      "Swift",  "Clear", "Warm",  "Fine",   "Bold"};
constexpr const char* brand_heads[] = {"Al", "Bro", "Cen", "Dor", "El", "Fen", "Gri", "Hal"};
constexpr const char* brand_tails[] = {"ado",  "bera", "co", "dan", "enta",
                                       "fors", "gard", "ix", "olo"};

std::string numbered(std::string word, std::uint32_t number) {
  return number == 0 ? word : std::move(word) + ' ' + std::to_string(number + 1);
}

std::string brand_name(std::uint32_t brand) {
  constexpr std::uint32_t heads = std::size(brand_heads), tails = std::size(brand_tails);
  const std::string word =
      std::string(brand_heads[brand % heads]) + brand_tails[brand / heads % tails];
  return numbered(word, brand / (heads * tails));
}

std::vector<std::uint32_t> shuffled(std::uint32_t size, Random& random) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.index(i)]);
  return order;
}

/// Boundary `i` when `size` things are dealt into `parts` ranges as evenly as can be.
std::uint32_t boundary(std::uint32_t i, std::uint32_t size, std::uint32_t parts) {
  return static_cast<std::uint32_t>(std::uint64_t{i} * size / parts);
}

/// The range that thing `i` falls into: the inverse of `boundary`.
std::uint32_t range_of(std::uint32_t i, std::uint32_t size, std::uint32_t parts) {
  return static_cast<std::uint32_t>(((std::uint64_t{i} + 1) * parts - 1) / size);
}

}  // namespace

Assortment::Assortment(std::uint64_t seed, std::uint32_t items)
    : shelf_count_(std::max(1U, items / items_per_shelf)),
      department_count_(std::min(shelf_count_, max_departments)),
      items_(items) {
  Random random(mix(seed ^ 0xa550'0000'0000'0001ULL));
  order_ = shuffled(items, random);
  const std::vector<std::uint32_t> ranks = shuffled(items, random);
  for (std::uint32_t position = 0; position < items; ++position) {
    const std::uint32_t number = order_[position];
    Item& item = items_[number];
    item.position = position;
    item.shelf = range_of(position, items, shelf_count_);
    item.rank = ranks[number];
    const std::uint32_t department = department_of(item.shelf);
    item.brand = department * brands_per_department + random.index(brands_per_department);
    // The sum of two draws is bell-like; a tenth of the items costs three times as much.
    const std::uint32_t middle = departments[department].price_cents;
    item.price_cents = middle / 4 + random.index(middle) + random.index(middle / 2);
    if (random.percent(10)) item.price_cents *= 3;
    item.is_consumable = departments[department].is_consumable;
  }
  choose_next(seed);
}

void Assortment::choose_next(std::uint64_t seed) {
  Random random(mix(seed ^ 0xa550'0000'0000'0002ULL));
  // Of two draws the more popular: what leads to an item also is why it is popular.
  const auto draw = [&](std::uint32_t begin, std::uint32_t end) {
    const std::uint32_t a = order_[begin + random.index(end - begin)];
    const std::uint32_t b = order_[begin + random.index(end - begin)];
    return items_[a].rank < items_[b].rank ? a : b;
  };
  for (Item& item : items_) {
    const std::uint32_t department = department_of(item.shelf);
    const std::uint32_t first = department_begin(department);
    const std::uint32_t last = department_begin(department + 1);
    // Shelf i of a department complements shelf i + 1, the last one the first.
    const std::uint32_t complement = item.shelf + 1 < last ? item.shelf + 1 : first;
    item.next[0] = draw(shelf_begin(item.shelf), shelf_begin(item.shelf + 1));
    item.next[1] = draw(shelf_begin(complement), shelf_begin(complement + 1));
    item.next[2] = draw(shelf_begin(item.shelf), shelf_begin(item.shelf + 1));
    item.next[3] = draw(shelf_begin(first), shelf_begin(last));
  }
}

std::uint32_t Assortment::shelf_begin(std::uint32_t shelf) const {
  return boundary(shelf, size(), shelf_count_);
}

std::uint32_t Assortment::department_of(std::uint32_t shelf) const {
  return range_of(shelf, shelf_count_, department_count_);
}

std::uint32_t Assortment::department_begin(std::uint32_t department) const {
  return boundary(department, shelf_count_, department_count_);
}

std::string Assortment::catalog_record(std::uint32_t number,
                                       std::optional<std::uint32_t> stock) const {
  const Item& item = items_[number];
  const std::uint32_t department = department_of(item.shelf);
  const std::uint32_t in_department = item.shelf - department_begin(department);
  const std::uint32_t aisle = in_department / shelves_per_aisle;
  constexpr std::uint32_t aisle_words = std::size(aisles);

  const std::string broad = departments[department].name;
  const std::string middle =
      numbered(broad + ' ' + aisles[aisle % aisle_words], aisle / aisle_words);
  const std::string narrow =
      std::string(shelf_words[in_department % shelves_per_aisle]) + ' ' + middle;
  const std::string brand = brand_name(item.brand);
  const std::string title = brand + ' ' + adjectives[number % std::size(adjectives)] + ' ' +
                            narrow + " No. " + std::to_string(number);
  const std::uint32_t cents = item.price_cents % 100;
  return "{\"item\":\"i" + std::to_string(number) + "\",\"title\":\"" + title +
         "\",\"category\":[\"" + broad + "\",\"" + middle + "\",\"" + narrow + "\"],\"brand\":\"" +
         brand + "\",\"price\":" + std::to_string(item.price_cents / 100) +
         (cents < 10 ? ".0" : ".") + std::to_string(cents) +
         (stock ? ",\"stock\":" + std::to_string(*stock) : "") + '}';
}

std::size_t Assortment::memory_bytes() const {
  return items_.capacity() * sizeof(Item) + order_.capacity() * sizeof(std::uint32_t);
}

}  // namespace freshet
