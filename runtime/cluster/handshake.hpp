/// What two processes say to each other before, around and after a run. Actors
/// never hear any of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "messages/condition.hpp"
#include "messages/message.hpp"
#include "runtime/cluster/bytes.hpp"
#include "runtime/cluster/wire.hpp"

namespace troupe {

/// Which node of those that a process started itself this is; no other process can know.
struct Ticket {
  std::uint32_t number = 0;  ///< from 1; 0: it was started elsewhere
  std::uint64_t proof = 0;
  static constexpr auto fields() { return std::tuple{&Ticket::number, &Ticket::proof}; }
};
/// How it is handed over: in the environment, which other users do not see.
inline constexpr const char* ticket_variable = "TROUPE_TICKET";
std::string to_text(const Ticket& ticket);
Ticket ticket_of(const char* text);  ///< none for null and nonsense

/// A node's first word. The field `wire` comes first in every version.
struct Join {
  std::uint32_t wire = wire_version;
  std::string version;
  std::uint32_t cpu_level = 0;
  std::uint32_t slots = 0;  ///< workers that it takes; 0: as many as it is given
  std::string address;      ///< where other processes reach it: HOST:PORT
  Ticket ticket;            ///< of a node that the starting process started itself
  static constexpr auto fields() {
    return std::tuple{&Join::wire,  &Join::version, &Join::cpu_level,
                      &Join::slots, &Join::address, &Join::ticket};
  }
};

struct Welcome {
  std::uint64_t run = 0;
  std::uint32_t process = 0;  ///< the node's number, from 1
  std::string settings_text;
  std::uint64_t secret_first = 0;  ///< of the run's data planes
  std::uint64_t secret_second = 0;
  bool serves = false;  ///< segments of the data, to nodes that do not open the file
  std::uint32_t graph_epoch = 0;
  Handover left = {};  ///< where the actors of this epoch began, without the numbers
  static constexpr auto fields() {
    return std::tuple{&Welcome::run,          &Welcome::process,       &Welcome::settings_text,
                      &Welcome::secret_first, &Welcome::secret_second, &Welcome::serves,
                      &Welcome::graph_epoch,  &Welcome::left};
  }
};

/// The node has made the same plan, it hopes.
struct Ready {
  std::uint32_t manifest_crc32c = 0;
  std::uint64_t parameters = 0;
  std::uint32_t actors = 0;
  std::uint32_t graph_epoch = 0;
  std::uint32_t drawing_crc32c = 0;  ///< who talks to whom, and what they make of it
  static constexpr auto fields() {
    return std::tuple{&Ready::manifest_crc32c, &Ready::parameters, &Ready::actors,
                      &Ready::graph_epoch, &Ready::drawing_crc32c};
  }
};

struct Placement {
  std::vector<std::uint32_t> processes;  ///< per actor
  std::vector<std::string> addresses;    ///< per process; the starting one's is empty
  std::uint32_t cpu_level = 0;           ///< that every process uses
  double grace_seconds = 0;              ///< to go on without the starting process
  static constexpr auto fields() {
    return std::tuple{&Placement::processes, &Placement::addresses, &Placement::cpu_level,
                      &Placement::grace_seconds};
  }
};

/// Node to node, over a connection of their own.
struct Hello {
  std::uint64_t run = 0;
  std::uint32_t process = 0;
  static constexpr auto fields() { return std::tuple{&Hello::run, &Hello::process}; }
};

/// Every edge of this node has its connection.
struct Connected {
  static constexpr auto fields() { return std::tuple{}; }
};

struct Start {
  static constexpr auto fields() { return std::tuple{}; }
};

/// The run is over, or does not take place.
struct Leave {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Either side: not with you, and this line says why.
struct Declined {
  std::string line;
  std::int32_t exit_code = 4;
  static constexpr auto fields() { return std::tuple{&Declined::line, &Declined::exit_code}; }
};

/// A node to the starting process: for the run's log.
struct Told {
  std::string what;
  std::string detail;
  bool sum = false;  ///< a later one of this node says all that this one does
  static constexpr auto fields() { return std::tuple{&Told::what, &Told::detail, &Told::sum}; }
};

/// A node: my workers would like to go.
struct Leaving {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Where the server is a node: a process is gone, or its workers live in another one now.
struct Moved {
  std::uint32_t gone = 0;             ///< 0: none
  std::vector<std::uint32_t> actors;  ///< live there now
  std::uint32_t process = 0;
  static constexpr auto fields() {
    return std::tuple{&Moved::gone, &Moved::actors, &Moved::process};
  }
};

/// A monitor's first word: it takes no part, and would like to see.
struct WatchRun {
  std::uint32_t wire = wire_version;
  std::string version;
  bool seen = false;  ///< not the first word: it is ready for the next picture
  static constexpr auto fields() {
    return std::tuple{&WatchRun::wire, &WatchRun::version, &WatchRun::seen};
  }
};

/// To a monitor: the state of the run, as the control address tells it.
struct Seen {
  std::string state;
  std::uint64_t dropped = 0;  ///< pictures that it was too slow for, so far
  static constexpr auto fields() { return std::tuple{&Seen::state, &Seen::dropped}; }
};

/// To whom they matter, before a Redraw: the model's numbers, and the update rule's behind.
struct Numbers {
  std::vector<float> values;
  static constexpr auto fields() { return std::tuple{&Numbers::values}; }
};

/// Other actors take the places of those that rest.
struct Redraw {
  std::uint32_t graph_epoch = 0;
  std::string settings_text;
  Handover left = {};       ///< without its numbers
  std::uint64_t model = 0;  ///< of those sent before; 0: not needed there
  std::uint64_t memory = 0;
  static constexpr auto fields() {
    return std::tuple{&Redraw::graph_epoch, &Redraw::settings_text, &Redraw::left, &Redraw::model,
                      &Redraw::memory};
  }
};

/// The order is the wire's numbering: add at the end.
using Handshake =
    std::variant<Join, Welcome, Ready, Placement, Hello, Connected, Start, Leave, Declined, Told,
                 Leaving, Moved, Beat, WatchRun, Seen, Numbers, Redraw>;

Bytes encode_handshake(const Handshake& sentence);
std::variant<Handshake, Malformed> decode_handshake(const Bytes& bytes);

}  // namespace troupe
