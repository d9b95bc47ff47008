#pragma once

#include <memory>
#include <string>
#include <typeinfo>
#include <utility>

namespace freshet::config {

// One object of several possible types: the name that stood under "type" and the options struct of
// that type. Immutable and cheap to copy: copies share the options. Empty when default-constructed.
class Tagged {
 public:
  Tagged() = default;

  // `type` must be a name under which the option's TypeTable declares a Table<T>.
  template <class T>
  Tagged(std::string type, T options)
      : type_(std::move(type)),
        options_(std::make_shared<const T>(std::move(options))),
        held_(&typeid(T)) {}

  // For the reader: `options` points to an object of the type `held`.
  Tagged(std::string type, std::shared_ptr<const void> options, const std::type_info& held)
      : type_(std::move(type)), options_(std::move(options)), held_(&held) {}

  [[nodiscard]] bool empty() const { return options_ == nullptr; }
  [[nodiscard]] const std::string& type() const { return type_; }

  // The options, or null when they are not exactly of type T. Valid while a copy of *this lives.
  template <class T>
  [[nodiscard]] const T* get_if() const {
    return options_ != nullptr && *held_ == typeid(T) ? static_cast<const T*>(options_.get())
                                                      : nullptr;
  }

  // The options. Precondition: they are of type T; otherwise the program ends with a message.
  template <class T>
  [[nodiscard]] const T& as() const {
    const T* options = get_if<T>();
    if (options == nullptr) stop_on_wrong_type(typeid(T));
    return *options;
  }

  // For the folder's own use.
  [[nodiscard]] const void* erased() const { return options_.get(); }

 private:
  [[noreturn]] void stop_on_wrong_type(const std::type_info& wanted) const;

  std::string type_;
  std::shared_ptr<const void> options_;
  const std::type_info* held_ = nullptr;
};

}  // namespace freshet::config
