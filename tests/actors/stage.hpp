/// The host driven by hand: one event at a time, every effect on the table. A
/// test says who hears what, and reads what was said.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor.hpp"

namespace troupe {

class HandStage : public Context {
 public:
  struct Line {
    ActorId from;
    ActorId to;
    Message message;
  };

  explicit HandStage(ActorId self) : self_(self) {}

  ActorId self() const override { return self_; }
  double now() const override { return time; }
  void send(ActorId to, Message message) override {
    said.push_back({self_, to, std::move(message)});
  }
  void wake(double seconds, std::uint64_t token) override {
    alarms.emplace_back(time + seconds, token);
  }
  void spend(std::uint64_t rows) override { spent += rows; }
  SharedMemory& shared() override { return memory ? *memory : Context::shared(); }
  void report(Report report) override { reports.push_back(std::move(report)); }
  void finished() override { over = true; }

  /// The next thing said, which must be a Sentence to `to`.
  template <class Sentence>
  Sentence heard_by(ActorId to) {
    REQUIRE_FALSE(said.empty());
    Line line = std::move(said.front());
    said.pop_front();
    REQUIRE(line.to == to);
    REQUIRE(std::holds_alternative<Sentence>(line.message));
    return std::get<Sentence>(std::move(line.message));
  }
  bool silent() const { return said.empty(); }

  double time = 0;
  SharedMemory* memory = nullptr;
  std::deque<Line> said;
  std::vector<std::pair<double, std::uint64_t>> alarms;
  std::vector<Report> reports;
  std::uint64_t spent = 0;
  bool over = false;

 private:
  ActorId self_;
};

}  // namespace troupe
