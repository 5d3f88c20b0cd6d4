#include "datasets/number_text.hpp"

namespace troupe {
namespace {

// "e-07" behind the digits: at most three digits of it are simple.
const char* exponent(const char* at, int& power) {
  const bool negative = *++at == '-';
  if (negative || *at == '+') ++at;
  const Digits digits = leading_digits(at);
  if (digits.count == 0 || digits.count > 3) return nullptr;
  power += negative ? -static_cast<int>(digits.value) : static_cast<int>(digits.value);
  return at + digits.count;
}

}  // namespace

SimpleNumber simple_number(const char* at) {
  const bool negative = *at == '-';
  at += negative ? 1 : 0;
  const Digits whole = leading_digits(at);
  if (whole.count == 8) return {};
  at += whole.count;
  std::uint64_t mantissa = whole.value;
  std::uint32_t places = 0;
  if (*at == '.') {
    const Digits near = leading_digits(++at);
    mantissa = mantissa * whole_powers_of_ten[near.count] + near.value;
    places = near.count;
    at += near.count;
    if (near.count == 8) {
      const Digits far = leading_digits(at);
      if (far.count == 8 || whole.count + far.count > 10) return {};
      mantissa = mantissa * whole_powers_of_ten[far.count] + far.value;
      places += far.count;
      at += far.count;
    }
  }
  if (whole.count + places == 0 || mantissa > std::uint64_t{1} << 53) return {};
  int power = -static_cast<int>(places);
  if ((*at | 0x20) == 'e' && (at = exponent(at, power)) == nullptr) return {};
  if (power < -22 || power > 22) return {};
  const auto exact = static_cast<double>(static_cast<std::int64_t>(mantissa));
  const double value = power < 0 ? exact / powers_of_ten[-power] : exact * powers_of_ten[power];
  return {at, negative ? -value : value};
}

}  // namespace troupe
