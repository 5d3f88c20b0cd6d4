/// One request to a control address, with a deadline. It never throws: a run that
/// does not answer is an answer too.
#pragma once

#include <chrono>
#include <string>

namespace troupe {

struct ControlRequest {
  std::string address;  ///< HOST:PORT
  std::string method;
  std::string target;
  std::string token;
  std::string body = {};  ///< JSON
  std::chrono::milliseconds timeout{5000};
};

struct ControlAnswer {
  unsigned status = 0;  ///< 0: nobody answered, and `error` says why
  std::string body;
  std::string error;
  bool late = false;  ///< somebody is there, or was, and did not answer in time
};

ControlAnswer ask(const ControlRequest& request);

}  // namespace troupe
