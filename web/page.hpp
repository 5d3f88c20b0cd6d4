/// The page that the program carries: built from web/src, one file. Live it asks the program
/// that serves it; with data inside it asks nobody.
#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// HTML of the live page.
std::string_view page_html();

/// The same page with a JSON object inside, for reports: it opens without a program.
std::string page_with_data(std::string_view json);

}  // namespace troupe
