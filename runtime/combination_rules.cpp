#include "runtime/combination_rules.hpp"

namespace troupe {
namespace {

using Rule = CombinationRule;

bool descends(const Tables& tables, const std::string& exchange) {
  return tables.exchanges.at(exchange).descends;
}

bool reduces(const Tables& tables, const std::string& topology) {
  return tables.topologies.at(topology).reduces;
}

/// Peers that mix their states, and have no common model.
bool peers(const Tables& tables, const std::string& topology) {
  return tables.topologies.at(topology).peers && !reduces(tables, topology);
}

/// Who has states and who mixes them.
std::vector<Rule> peers_rules() {
  return {
      {"training.exchange", "training.topology",
       [](const Tables& tables, const std::string& exchange, const std::string& topology) {
         return peers(tables, topology) &&
                (!descends(tables, exchange) || tables.exchanges.at(exchange).moves);
       },
       "peers tell each other their states"},
      {"training.gate", "training.topology",
       [](const Tables& tables, const std::string& gate, const std::string& topology) {
         const GateKind& kind = tables.gates.at(gate);
         return peers(tables, topology) && !kind.rounds && !kind.overtakes;
       },
       "a peer waits for all whom it hears, or for nobody"},
      {"training.merge", "training.topology",
       [](const Tables& tables, const std::string& merge, const std::string& topology) {
         const MergeKind& kind = tables.merges.at(merge);
         return peers(tables, topology) ? !kind.mixes : !kind.states && !kind.gradients;
       },
       "some merges are for peers, some for one who holds the model"},
      {"training.merge", "training.gate",
       [](const Tables& tables, const std::string& merge, const std::string& gate) {
         return tables.merges.at(merge).conserves && !tables.gates.at(gate).rounds;
       },
       "its weights must all arrive: a newer state that replaces an older one would lose some"},
  };
}

bool shares(const Tables& tables, const std::string& topology) {
  return static_cast<bool>(tables.topologies.at(topology).shares);
}

/// Whoever works on one memory.
std::vector<Rule> sharing_rules() {
  return {
      {"training.exchange", "training.topology",
       [](const Tables& tables, const std::string& exchange, const std::string& topology) {
         return shares(tables, topology) && descends(tables, exchange);
       },
       "workers on one memory have no replicas"},
      {"training.gate", "training.topology",
       [](const Tables& tables, const std::string& gate, const std::string& topology) {
         const GateKind& kind = tables.gates.at(gate);
         return shares(tables, topology) && !kind.overtakes && !kind.steps_every;
       },
       "on one memory nobody is there to make others wait"},
      {"training.merge", "training.topology",
       [](const Tables& tables, const std::string& merge, const std::string& topology) {
         const MergeKind& kind = tables.merges.at(merge);
         return shares(tables, topology) && !kind.stands && merge != "mean";
       },
       "on one memory a step is by the mean of its batch, or by all gradients that stand"},
      {"training.merge", "training.gate",
       [](const Tables& tables, const std::string& merge, const std::string& gate) {
         return tables.merges.at(merge).stands !=
                static_cast<bool>(tables.gates.at(gate).steps_every);
       },
       "who steps on a clock of his own needs gradients that stand until they are replaced, and "
       "only he has a use for them"},
      {"training.merge", "training.exchange",
       [](const Tables& tables, const std::string& merge, const std::string& exchange) {
         return tables.merges.at(merge).stands && descends(tables, exchange);
       },
       "only gradients stand"},
  };
}

/// What it takes that all sum up together.
std::vector<Rule> reduction_rules() {
  return {
      {"training.gate", "training.topology",
       [](const Tables& tables, const std::string& gate, const std::string& topology) {
         return reduces(tables, topology) && !tables.gates.at(gate).rounds;
       },
       "around a ring all sum up together: it needs gate = \"barrier\""},
      {"training.codec", "training.topology",
       [](const Tables& tables, const std::string& codec, const std::string& topology) {
         return reduces(tables, topology) && codec != "dense" && codec != "auto";
       },
       "a part of a sum goes on before it is whole: it travels entry by entry, in order"},
      {"training.pull", "training.topology",
       [](const Tables& tables, const std::string& pull, const std::string& topology) {
         return reduces(tables, topology) && pull != "dense" && pull != "auto";
       },
       "each peer has the model: there is nobody to pull from"},
      {"training.reduction", "training.gate",
       [](const Tables& tables, const std::string& reduction, const std::string& gate) {
         return reduction == "exact" && !tables.gates.at(gate).rounds;
       },
       "only behind a barrier is there a sum whose order could matter"},
      {"training.reduction", "training.wait",
       [](const Tables&, const std::string& reduction, const std::string& wait) {
         return reduction == "exact" && wait == "never";
       },
       "whoever does not wait is not in a round with the others"},
      {"training.reduction", "training.topology",
       [](const Tables& tables, const std::string& reduction, const std::string& topology) {
         return reduction == "exact" && peers(tables, topology);
       },
       "peers that mix their states never add up a round"},
  };
}

std::vector<Rule> aggregator_rules() {
  return {
      {"training.merge", "training.exchange",
       [](const Tables& tables, const std::string& merge, const std::string& exchange) {
         const MergeKind& kind = tables.merges.at(merge);
         return descends(tables, exchange) && !tables.exchanges.at(exchange).moves &&
                !kind.states && !kind.mixes;
       },
       "this merge makes no model of several replicas"},
      {"training.merge", "training.exchange",
       [](const Tables& tables, const std::string& merge, const std::string& exchange) {
         return !tables.merges.at(merge).gradients &&
                (!descends(tables, exchange) || tables.exchanges.at(exchange).moves);
       },
       "this merge is made of whole replicas: it needs exchange = \"state\""},
      {"training.merge", "training.gate",
       [](const Tables& tables, const std::string& merge, const std::string& gate) {
         const GateKind& kind = tables.gates.at(gate);
         return tables.merges.at(merge).keeps && (kind.rounds || kind.holds || gate == "bounded");
       },
       "each replica meets the model alone, when it arrives"},
      {"training.merge", "training.pull",
       [](const Tables& tables, const std::string& merge, const std::string& pull) {
         return tables.merges.at(merge).keeps && pull == "snapshot";
       },
       "a replica meets the model as it is, not as it was"},
      {"training.codec", "training.exchange",
       [](const Tables& tables, const std::string& codec, const std::string& exchange) {
         return descends(tables, exchange) && codec == "changed";
       },
       "after a descent nearly every weight differs from the last one sent, index and all"},
      {"training.pull", "training.exchange",
       [](const Tables& tables, const std::string& pull, const std::string& exchange) {
         return descends(tables, exchange) && pull == "sparse";
       },
       "a replica that descends needs every weight, not those of one batch"},
      {"training.pull", "training.gate",
       [](const Tables& tables, const std::string& pull, const std::string& gate) {
         return tables.gates.at(gate).rounds && pull == "snapshot";
       },
       "behind a barrier everybody starts a round from the model of that round"},
      {"training.pull", "training.topology",
       [](const Tables& tables, const std::string& pull, const std::string& topology) {
         return tables.topologies.at(topology).relays && (pull == "snapshot" || pull == "changed");
       },
       "the holder of the model does not know what each one below a branch has of it already"},
      {"model.regularise", "training.exchange",
       [](const Tables& tables, const std::string& regularise, const std::string& exchange) {
         return !descends(tables, exchange) && regularise == "lazy";
       },
       "lazy scales a replica that descends in place; gradients that travel take per_feature"},
      {"model.regularise", "training.update",
       [](const Tables& tables, const std::string& regularise, const std::string& update) {
         return !tables.updates.at(update).plain && regularise == "lazy";
       },
       "lazy is part of the fused loop of plain sgd; this update takes per_feature"},
      {"model.regularise", "training.pull",
       [](const Tables&, const std::string& regularise, const std::string& pull) {
         return regularise == "dense" && pull == "sparse";
       },
       "a dense penalty needs every weight, a sparse pull brings only a batch's"},
  };
}

/// Not everything is said between each worker and the holder of the model.
bool passes_on(const Tables& tables, const std::string& topology) {
  const TopologyKind& kind = tables.topologies.at(topology);
  return kind.reduces || kind.relays || kind.shares;
}

/// Who is answered with what, who waits for it, and who pauses for advice.
std::vector<Rule> answer_rules() {
  const auto gradient = [](const std::string& reply) { return reply == "gradient"; };
  return {
      {"training.reply", "training.exchange",
       [gradient](const Tables& tables, const std::string& reply, const std::string& exchange) {
         return descends(tables, exchange) ? gradient(reply) : reply == "none";
       },
       "gradients are answered with a model or a gradient, or they would all be taken at the "
       "first model; replicas with a model or nothing"},
      {"training.reply", "training.gate",
       [gradient](const Tables& tables, const std::string& reply, const std::string& gate) {
         return gradient(reply) && !tables.gates.at(gate).rounds;
       },
       "one merged gradient for all needs a gate that opens for all at once"},
      {"training.reply", "training.update",
       [gradient](const Tables& tables, const std::string& reply, const std::string& update) {
         return gradient(reply) && !tables.updates.at(update).plain;
       },
       "every worker applies the merged gradient, and only plain sgd has no state that it lacks"},
      {"training.reply", "training.merge",
       [](const Tables& tables, const std::string& reply, const std::string& merge) {
         return reply == "none" && tables.merges.at(merge).keeps;
       },
       "a replica that meets the model must hear of it"},
      {"training.reply", "training.topology",
       [](const Tables& tables, const std::string& reply, const std::string& topology) {
         return passes_on(tables, topology) && (reply == "gradient" || reply == "none");
       },
       "around a ring, below a branch and on one memory it is always the model that comes back"},
      {"training.wait", "training.topology",
       [](const Tables& tables, const std::string& wait, const std::string& topology) {
         return passes_on(tables, topology) && wait == "never";
       },
       "around a ring and below a branch each waits for the others, and on one memory for nobody"},
      {"training.wait", "training.gate",
       [](const Tables& tables, const std::string& wait, const std::string& gate) {
         const GateKind& kind = tables.gates.at(gate);
         return wait == "never" && !kind.rounds && !kind.overtakes;
       },
       "this gate makes workers wait for each other's steps"},
      {"training.wait", "training.pull",
       [](const Tables&, const std::string& wait, const std::string& pull) {
         return wait == "never" && pull == "sparse";
       },
       "a sparse pull brings what one turn reads, and whoever does not wait is at another one"},
  };
}

std::vector<Rule> advice_rules() {
  const auto advises = [](const Tables& tables, const std::string& update) {
    return tables.updates.at(update).advises;
  };
  return {
      {"training.update", "training.exchange",
       [advises](const Tables& tables, const std::string& update, const std::string& exchange) {
         return advises(tables, update) && descends(tables, exchange);
       },
       "its advice is for a gradient on its way to the model, not for replicas that descend"},
      {"training.update", "training.gate",
       [advises](const Tables& tables, const std::string& update, const std::string& gate) {
         return advises(tables, update) && tables.gates.at(gate).rounds;
       },
       "behind a barrier no gradient is late, and there is nothing to predict"},
      {"training.update", "training.pull",
       [advises](const Tables& tables, const std::string& update, const std::string& pull) {
         return advises(tables, update) && pull == "sparse";
       },
       "both phases of a turn read the model that was pulled"},
      {"training.update", "training.topology",
       [advises](const Tables& tables, const std::string& update, const std::string& topology) {
         return advises(tables, update) && passes_on(tables, topology);
       },
       "advice comes from who holds the model, to those who talk to him"},
      {"training.update", "training.wait",
       [advises](const Tables& tables, const std::string& update, const std::string& wait) {
         return advises(tables, update) && wait == "never";
       },
       "a worker that asks for advice waits for it"},
  };
}

/// What several holders of one model cannot do.
std::vector<Rule> shards_rules() {
  const auto rule = [](const char* column, auto forbids, const char* reason) {
    return Rule{
        "training.server.shards", column,
        [forbids](const Tables& tables, const std::string& shards, const std::string& other) {
          return shards == Rule::several && forbids(tables, other);
        },
        reason};
  };
  return {
      rule(
          "training.pull",
          [](const Tables&, const std::string& pull) { return pull != "dense" && pull != "auto"; },
          "of each slice all is pulled, or a turn would begin with parts of several models"),
      rule(
          "training.reply",
          [](const Tables&, const std::string& reply) { return reply == "gradient"; },
          "no shard has the whole gradient to answer with"),
      rule(
          "training.wait", [](const Tables&, const std::string& wait) { return wait == "never"; },
          "a worker waits for all slices of a model"),
      rule(
          "training.gate",
          [](const Tables& tables, const std::string& gate) {
            return static_cast<bool>(tables.gates.at(gate).steps_every);
          },
          "shards have no clock in common on which they could step"),
      rule(
          "training.update",
          [](const Tables& tables, const std::string& update) {
            const UpdateKind& kind = tables.updates.at(update);
            return kind.remembers || kind.advises;
          },
          "it looks at the whole model, of which each shard has a slice"),
      rule(
          "training.merge",
          [](const Tables& tables, const std::string& merge) {
            const MergeKind& kind = tables.merges.at(merge);
            return kind.keeps || kind.stands || kind.folds;
          },
          "shards merge what one update takes, and keep nothing for the next one"),
      rule(
          "training.codec",
          [](const Tables& tables, const std::string& codec) {
            return codec != "auto" && tables.codecs.at(codec).remembers;
          },
          "it remembers what it sent, and what is cut is no longer that"),
      rule(
          "training.reduction",
          [](const Tables&, const std::string& reduction) { return reduction == "exact"; },
          "the scale of an exact sum is that of the whole model"),
  };
}

}  // namespace

std::vector<CombinationRule> combination_rules() {
  std::vector<Rule> all = peers_rules();
  for (const auto& some : {aggregator_rules(), reduction_rules(), sharing_rules(), answer_rules(),
                           advice_rules(), shards_rules()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace troupe
