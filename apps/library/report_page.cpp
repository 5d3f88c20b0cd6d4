#include "apps/library/report_page.hpp"

#include "web/page.hpp"

namespace troupe {

std::string report_page(const ReportParts& parts) {
  std::string json = "{\"lines\":[";
  for (const StoryLine& line : parts.story)
    json += (&line == &parts.story[0] ? "" : ",") + line.text;
  json += "],\"state\":" + parts.state + ",\"config\":" + parts.config + ",\"proof\":\"" +
          parts.proof + "\"}";
  return page_with_data(json);
}

}  // namespace troupe
