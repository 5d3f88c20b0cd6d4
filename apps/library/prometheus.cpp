#include "apps/library/prometheus.hpp"

#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>

namespace troupe {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class Families {
 public:
  void counter(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    family(name, help, MetricType::Gauge).metric.push_back(std::move(metric));
  }
  void histogram(const std::string& name, const std::string& help,
                 const std::vector<std::uint64_t>& counts, Labels labels) {
    ClientMetric metric;
    metric.label = std::move(labels);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      metric.histogram.sample_count += counts[i];
      metric.histogram.sample_sum += static_cast<double>(i * counts[i]);
      metric.histogram.bucket.push_back({.cumulative_count = metric.histogram.sample_count,
                                         .upper_bound = static_cast<double>(i)});
    }
    family(name, help, MetricType::Histogram).metric.push_back(std::move(metric));
  }
  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  MetricFamily& family(const std::string& name, const std::string& help, MetricType type) {
    for (MetricFamily& one : families_)
      if (one.name == name) return one;
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
    return families_.back();
  }

  std::vector<MetricFamily> families_;
};

double amount(std::uint64_t count) { return static_cast<double>(count); }

void add_run(Families& all, const RunState& state) {
  all.gauge("troupe_run_info", "Which run this is.", 1,
            {{"run", state.run}, {"version", state.version}, {"clock", state.clock}});
  all.gauge("troupe_run_phase", "1 for the phase that the run is in.", 1, {{"phase", state.phase}});
  all.gauge("troupe_run_seconds", "Seconds since the run started, on its own clock.",
            std::max(state.step.t, state.view.t));
  all.gauge("troupe_graph_epoch", "Swaps of the graph so far.", state.graph_epoch);
  all.gauge("troupe_epoch", "Whole epochs delivered.", amount(state.step.epoch));
  all.counter("troupe_updates_total", "Updates of the model.", amount(state.step.updates));
  all.counter("troupe_samples_delivered_total", "Draws that the model has.",
              amount(state.step.samples));
  all.gauge("troupe_samples_per_second", "Draws delivered a second, lately.",
            state.step.samples_per_second);
  all.gauge("troupe_loss", "Mean loss of the draws delivered lately.", state.step.loss);
  all.counter("troupe_sent_bytes_total", "Bytes of models sent by their holder.",
              amount(state.step.bytes_sent));
  all.counter("troupe_received_bytes_total", "Bytes of gradients or states that it received.",
              amount(state.step.bytes_received));
  for (const Score& score : state.scores) {
    all.gauge("troupe_evaluation_loss", "Objective on rows that nobody trains on.", score.loss,
              {{"split", score.split}});
    all.gauge("troupe_evaluation_accuracy", "Share of them that the model classifies rightly.",
              score.accuracy, {{"split", score.split}});
  }
}

void add_actor(Families& all, const ActorView& standing) {
  const Labels who = {{"actor", standing.name}, {"role", standing.role}, {"host", standing.host}};
  constexpr std::array states = {ActorState::computing,  ActorState::waiting, ActorState::idle,
                                 ActorState::straggling, ActorState::silent,  ActorState::lost,
                                 ActorState::done};
  for (const ActorState state : states) {
    Labels with_state = who;
    with_state.push_back({"state", to_text(state)});
    all.gauge("troupe_actor_state", "1 for the state that the actor is in.",
              state == standing.state ? 1 : 0, std::move(with_state));
  }
  all.counter("troupe_actor_steps_total", "Steps, updates or exchanges of the actor.",
              amount(standing.steps), who);
  all.counter("troupe_actor_samples_total", "Draws that it computed.", amount(standing.rows), who);
  all.counter("troupe_actor_sent_bytes_total", "Bytes of numbers that it sent.",
              amount(standing.bytes_out), who);
  all.counter("troupe_actor_received_bytes_total", "Bytes of numbers that were sent to it.",
              amount(standing.bytes_in), who);
  all.gauge("troupe_actor_queue_messages", "Messages that wait for it in its own thread.",
            amount(standing.queue), who);
  all.gauge("troupe_actor_last_sign_seconds", "Seconds since its process was heard.",
            standing.last_sign_seconds, who);
  all.gauge("troupe_actor_waiting_seconds", "Seconds of its longest wait under way.",
            standing.waits.empty() ? 0 : standing.waits.front().seconds, who);
  if (!standing.staleness.empty())
    all.histogram("troupe_staleness_versions",
                  "Versions of the model between a pull and the update that came of it.",
                  standing.staleness, who);
}

}  // namespace

std::string prometheus_text(const RunState& state, std::uint64_t dropped) {
  Families all;
  add_run(all, state);
  for (const ActorView& standing : state.view.actors) add_actor(all, standing);
  for (const Culprit& culprit : state.view.culprits)
    all.gauge("troupe_culprit_seconds", "Seconds for which others have waited for this actor.",
              culprit.seconds,
              {{"actor", culprit.name},
               {"host", culprit.host},
               {"what", to_text(culprit.what)},
               {"message", culprit.message}});
  all.counter("troupe_followers_dropped_total", "Followers of events that did not keep up.",
              amount(dropped));
  std::string text = all.text();
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace troupe
