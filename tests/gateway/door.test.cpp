/// The door by itself: who may see what, and what every refusal says.
#include "runtime/gateway/door.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using troupe::GatewayService;
using troupe::Knock;
using troupe::Reply;

struct Porch {
  int stops = 0;
  GatewayService service{.token = "secret",
                         .ready = [] { return true; },
                         .page = [] { return std::string("<html>"); },
                         .state = [] { return std::string(R"({"epoch":3})"); },
                         .act =
                             [this](const std::string& action, const std::string& body) {
                               if (action != "stop")
                                 return Reply{501, troupe::error_line("no " + action)};
                               ++stops;
                               return Reply{200, troupe::done_line("stopping" + body)};
                             }};
  Reply knock(const std::string& method, const std::string& target) {
    return troupe::answer({method, target, "127.0.0.1:80", "", "Bearer secret"}, service);
  }
};

}  // namespace

TEST_CASE("door: health needs no token, everything else does") {
  Porch house;
  for (const std::string target :
       {"/", "/api/v1/state", "/api/v1/stop", "/api/v1/events", "/nowhere", "/metrics"}) {
    const Reply reply = troupe::answer({"GET", target, "localhost", "", ""}, house.service);
    CHECK(reply.status == 401);
    CHECK(reply.body.find("Authorization: Bearer TOKEN") != std::string::npos);
  }
  for (const std::string target : {"/healthz", "/readyz"})
    CHECK(troupe::answer({"GET", target, "localhost", "", ""}, house.service).status == 200);
}

TEST_CASE("door: a wrong token of any length is refused") {
  Porch house;
  const std::vector<std::string> wrong = {
      "Bearer ",       "Bearer secre", "Bearer secret2",     "Bearer secrets",
      "bearer secret", "secret",       "Bearer secretsecret"};
  for (const std::string& authorization : wrong)
    CHECK(troupe::answer({"POST", "/api/v1/stop", "127.0.0.1", "", authorization}, house.service)
              .status == 401);
  CHECK(house.stops == 0);
}

TEST_CASE("door: an empty token opens nothing") {
  Porch house;
  house.service.token.clear();
  for (const std::string target : {"/api/v1/state", "/api/v1/state?token="})
    CHECK(troupe::answer({"GET", target, "127.0.0.1", "", ""}, house.service).status == 401);
  CHECK(troupe::answer({"GET", "/", "127.0.0.1", "", "Bearer "}, house.service).status == 401);
}

TEST_CASE("door: another name of this machine is refused, token or not") {
  Porch house;
  for (const std::string host :
       {"", "evil.example", "127.0.0.1.evil.example", "evil.example:80",
        "127.0.0.1:", "127.0.0.1:8a", "127.0.0.1:999999", "[::1]:80", "10.0.0.1"}) {
    const Knock knock{"GET", "/healthz", host, "", "Bearer secret"};
    CHECK(troupe::answer(knock, house.service).status == 403);
  }
}

TEST_CASE("door: a page of another origin is refused") {
  Porch house;
  for (const std::string origin : {"null", "http://evil.example", "https://127.0.0.1:80"}) {
    const Knock knock{"POST", "/api/v1/stop", "127.0.0.1:80", origin, "Bearer secret"};
    CHECK(troupe::answer(knock, house.service).status == 403);
  }
  CHECK(house.stops == 0);
  const Knock own{"POST", "/api/v1/stop", "127.0.0.1:80", "http://127.0.0.1:80", "Bearer secret"};
  CHECK(troupe::answer(own, house.service).status == 200);
}

TEST_CASE("door: nothing changes on a GET, and a POST reads nothing") {
  Porch house;
  CHECK(house.knock("GET", "/api/v1/stop").status == 405);
  CHECK(house.knock("HEAD", "/api/v1/stop").status == 405);
  CHECK(house.knock("POST", "/api/v1/state").status == 405);
  CHECK(house.stops == 0);
  CHECK(house.knock("POST", "/api/v1/stop").status == 200);
  CHECK(house.stops == 1);
}

TEST_CASE("door: state is what the run says, with or without a query") {
  Porch house;
  CHECK(house.knock("GET", "/api/v1/state").body == R"({"epoch":3})");
  CHECK(house.knock("GET", "/api/v1/state?x=1").body == R"({"epoch":3})");
}

TEST_CASE("door: what this run does not tell says so, what never was is not found") {
  Porch house;
  const Reply later = house.knock("GET", "/metrics");
  CHECK(later.status == 501);
  CHECK(later.body == R"({"error":"'/metrics' comes with a later version"})");
  CHECK(house.knock("POST", "/api/v1/swap").body == R"({"error":"no swap"})");
  for (const std::string target :
       {"/../etc/passwd", "", "//", "/..", "/index.html", "/api/v1/state/", "/api/v1/../state",
        "/%2e%2e/etc/passwd", "/api/v1/", "/api/v1/stop/../state", "/api\\v1\\state"})
    CHECK(house.knock("GET", target).status == 404);
}

TEST_CASE("door: a token in the query opens what the header would, and a wrong header nothing") {
  Porch house;
  const auto knock = [&](const std::string& target, const std::string& authorization) {
    return troupe::answer({"GET", target, "127.0.0.1", "", authorization}, house.service).status;
  };
  CHECK(knock("/?token=secret", "") == 200);
  CHECK(knock("/api/v1/state?x=1&token=secret&y", "") == 200);
  for (const std::string target : {"/?token=secre", "/?token=secrets", "/?x=token=secret",
                                   "/?Token=secret", "/#token=secret", "/?token"})
    CHECK(knock(target, "") == 401);
  CHECK(knock("/?token=secret", "Bearer guess") == 401);
}

TEST_CASE("door: another site's page may link here, and do nothing else") {
  Porch house;
  Knock knock{"GET", "/?token=secret", "127.0.0.1", "", "", "cross-site"};
  CHECK(troupe::answer(knock, house.service).status == 200);
  knock.target = "/api/v1/state?token=secret";
  CHECK(troupe::answer(knock, house.service).status == 403);
  knock.method = "POST";
  knock.target = "/api/v1/stop?token=secret";
  CHECK(troupe::answer(knock, house.service).status == 403);
  CHECK(house.stops == 0);
}

TEST_CASE("door: events are followed where there is a story") {
  Porch house;
  CHECK(house.knock("GET", "/api/v1/events").status == 501);
  house.service.story = [] { return std::vector<troupe::StoryLine>(); };
  CHECK(house.knock("GET", "/api/v1/events").follows);
  CHECK(house.knock("POST", "/api/v1/events").status == 405);
}

TEST_CASE("door: readiness is the run's own word") {
  Porch house;
  CHECK(house.knock("GET", "/readyz").status == 200);
  house.service.ready = [] { return false; };
  CHECK(house.knock("GET", "/readyz").status == 503);
}

TEST_CASE("door: an error is one line of JSON whatever it quotes") {
  CHECK(troupe::error_line("a \"b\"\n\xff").find('\n') == std::string::npos);
}
