#include "runtime/distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace troupe {
namespace {

/// Reads a distribution from left to right and names the column where it stops.
class Scanner {
 public:
  Scanner(std::string_view text, double unit_seconds) : text_(text), unit_seconds_(unit_seconds) {}

  bool at_end() { return skip() == text_.size(); }
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!take(wanted)) refuse(fmt::format("'{}'", wanted));
  }
  std::string_view word() {
    const std::size_t first = skip();
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    return text_.substr(first, at_ - first);
  }
  bool at_letter() {
    return !at_end() && std::isalpha(static_cast<unsigned char>(text_[at_])) != 0;
  }
  /// A duration: a plain number counts units, one with a unit of time means what it says.
  double duration() {
    const double value = number("a number");
    const double count = per_second();
    return count > 0 ? value / (count * unit_seconds_) : value;
  }
  /// How many a unit; a duration in its place is the mean that somebody wants.
  double rate() {
    const std::size_t first = skip();
    const double value = number("a rate > 0");
    const double count = per_second();
    if (value >= std::numeric_limits<double>::min() && count == 0) return value;
    const std::string_view mean = text_.substr(first, at_ - first);
    back_to(first);
    refuse(value > 0 && count > 0 ? fmt::format("a rate (exp({:.6g}) has a mean of {})",
                                                count * unit_seconds_ / value, mean)
                                  : "a rate > 0");
  }
  [[noreturn]] void refuse(const std::string& wanted) {
    const std::string_view rest = text_.substr(std::min(skip(), text_.size()));
    throw std::invalid_argument(fmt::format("expected {} at column {}, not {}", wanted, at_ + 1,
                                            rest.empty() ? "the end" : fmt::format("'{}'", rest)));
  }
  std::size_t column() { return skip(); }
  void back_to(std::size_t column) { at_ = column; }

 private:
  std::size_t skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_;
  }
  double number(const char* wanted) {
    skip();
    double value = 0;
    const char* begin = text_.data() + at_;
    const auto [rest, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) refuse(wanted);
    at_ += static_cast<std::size_t>(rest - begin);
    return value;
  }
  /// Of the unit of time that stands here; 0 where none does.
  double per_second() {
    static constexpr std::array<std::pair<std::string_view, double>, 4> units{
        {{"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1.0}}};
    const std::size_t before = at_;
    if (!at_letter()) return 0;
    const std::string_view unit = word();
    for (const auto& [name, count] : units)
      if (unit == name) return count;
    at_ = before;
    refuse("a unit (ns, us, ms or s)");
  }

  std::string_view text_;
  double unit_seconds_;
  std::size_t at_ = 0;
};

using Form = Distribution::Form;
using Term = Distribution::Term;

constexpr const char* any_term =
    "a number, exp(rate), uniform(low, high) or normal(mean, deviation)";

/// A duration that may not be less than `least`, or refused as not being `wanted`.
double argument(Scanner& scanner, double least, const std::string& wanted) {
  const std::size_t column = scanner.column();
  const double value = scanner.duration();
  if (value >= least) return value;
  scanner.back_to(column);
  scanner.refuse(wanted);
}

Term read_call(Scanner& scanner) {
  constexpr double any = std::numeric_limits<double>::lowest();
  const std::size_t column = scanner.column();
  const std::string_view name = scanner.word();
  Term term;
  if (name == "exp") {
    scanner.expect('(');
    term.form = Form::exponential;
    term.a = scanner.rate();
  } else if (name == "uniform") {
    scanner.expect('(');
    term.form = Form::uniform;
    term.a = argument(scanner, any, "a number");
    scanner.expect(',');
    term.b = argument(scanner, term.a, "a high that is no less than the low");
  } else if (name == "normal") {
    scanner.expect('(');
    term.form = Form::normal;
    term.a = argument(scanner, any, "a number");
    scanner.expect(',');
    term.b = argument(scanner, 0, "a deviation >= 0");
  } else {
    scanner.back_to(column);
    scanner.refuse(any_term);
  }
  scanner.expect(')');
  return term;
}

Term read_term(Scanner& scanner) {
  if (scanner.at_letter()) return read_call(scanner);
  return {.form = Form::constant, .a = argument(scanner, 0, "a number >= 0")};
}

}  // namespace

Distribution Distribution::parse(const std::string& text, double unit_seconds) {
  Scanner scanner(text, unit_seconds);
  Distribution result;
  if (scanner.at_end()) scanner.refuse(any_term);
  do {
    result.terms_.push_back(read_term(scanner));
  } while (scanner.take('+'));
  if (!scanner.at_end()) scanner.refuse("'+' or the end");
  return result;
}

double Distribution::draw(RandomStream& stream) const {
  double sum = 0;
  for (const Term& term : terms_) switch (term.form) {
      case Form::constant:
        sum += term.a;
        break;
      case Form::exponential:
        sum += stream.exponential(term.a);
        break;
      case Form::uniform:
        sum += term.a + (term.b - term.a) * stream.uniform();
        break;
      case Form::normal:
        sum += term.a + term.b * stream.normal();
        break;
    }
  return std::max(0.0, sum);
}

}  // namespace troupe
