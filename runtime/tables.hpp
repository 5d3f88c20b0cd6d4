/// Everything that a configuration can choose, in explicit tables. Adding a kind
/// is one file and one line in tables.cpp, or `tables.gates.add(...)` in a program
/// that links the library.
#pragma once

#include "algorithms/codec.hpp"
#include "algorithms/exchange.hpp"
#include "algorithms/gate.hpp"
#include "algorithms/merge.hpp"
#include "algorithms/update.hpp"
#include "config/table.hpp"
#include "models/model.hpp"
#include "topologies/drawing.hpp"

namespace troupe {

/// A name for a choice on every axis. Nothing else may ask for a preset's name.
struct Preset {
  Kind kind;
  std::map<std::string, Value> fills;  ///< full paths
};

struct Tables {
  Table<ModelKind> models;
  Table<TopologyKind> topologies;
  Table<ExchangeKind> exchanges;
  Table<GateKind> gates;
  Table<UpdateKind> updates;
  Table<MergeKind> merges;
  Table<CodecKind> codecs;
  Table<Preset> presets;
};

/// The tables of this version, filled.
Tables tables();

}  // namespace troupe
