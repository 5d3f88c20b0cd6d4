#include "web/page.hpp"

#include "base/check.hpp"

// The assembler puts the file where a string would be; no compiler reads its letters.
__asm__(
    ".section .rodata\n"
    ".global troupe_page_begin\n"
    "troupe_page_begin:\n"
    ".incbin \"" TROUPE_PAGE_FILE
    "\"\n"
    ".global troupe_page_end\n"
    "troupe_page_end:\n"
    ".byte 0\n"
    ".text\n");

extern "C" const char troupe_page_begin[];  // NOLINT(modernize-avoid-c-arrays)
extern "C" const char troupe_page_end[];    // NOLINT(modernize-avoid-c-arrays)

namespace troupe {
namespace {

constexpr std::string_view marker = "<!--troupe-data-->";

/// No text inside may end the element that it stands in.
std::string harmless(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char letter : json)
    if (letter == '<')
      text += "\\u003c";
    else
      text += letter;
  return text;
}

}  // namespace

std::string_view page_html() {
  return {troupe_page_begin, static_cast<std::size_t>(troupe_page_end - troupe_page_begin)};
}

std::string page_with_data(std::string_view json) {
  const std::string_view page = page_html();
  const std::size_t at = page.find(marker);
  TROUPE_CHECK((at == std::string_view::npos), ==, false);
  std::string text(page.substr(0, at));
  text += "<script id=\"troupe-data\" type=\"application/json\">";
  text += harmless(json);
  text += "</script>";
  text += page.substr(at + marker.size());
  return text;
}

}  // namespace troupe
