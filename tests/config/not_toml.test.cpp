/// Texts that the TOML library's own parser stumbled over: each must be a line.
#include <doctest/doctest.h>

#include "base/user_error.hpp"
#include "config/document.hpp"

using namespace troupe;

namespace {

std::string syntax_refusal(const std::string& text) {
  try {
    parse_document("run.toml", text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("config: a letter that no key may have is refused where it stands") {
  CHECK(syntax_refusal("seed = 1\ngr\xc3\xb6\xc3\x9f"
                       "e = 2\n")
            .starts_with("run.toml:2:3: not TOML: "));
}

TEST_CASE("config: a table header without a key is refused where it stands") {
  CHECK(syntax_refusal("[?]\n").starts_with("run.toml:1:2: not TOML: "));
  CHECK(syntax_refusal("[\x18]\n").starts_with("run.toml:1:2: not TOML: "));
}
