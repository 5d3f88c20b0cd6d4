/// The certificates of one launch: those that the configuration names, or, where it
/// names none, run-private ones that ssh takes to the hosts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/library/launch/hosts.hpp"
#include "apps/library/launch/judgement.hpp"
#include "runtime/tls/keys.hpp"

namespace troupe {

class Passes {
 public:
  /// Of the hosts' own files beside the CA's, as 'troupe keys new' leaves them. Throws
  /// UserError (exit 2) with the host that has none.
  static Passes from_files(const CredentialFiles& own, const std::vector<Host>& hosts);
  /// A CA that nobody keeps. This process's own files lie in a private folder until the
  /// end.
  static Passes for_one_run(const std::string& own_address);
  ~Passes();
  Passes(Passes&& other) noexcept = default;
  Passes& operator=(Passes&& other) noexcept = default;

  const CredentialFiles& own_files() const { return own_; }
  Credentials of(const std::string& host) const;
  std::string sentence() const;

 private:
  struct Folder {
    explicit Folder(std::string at) : path(std::move(at)) {}
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
  };

  Passes() = default;

  CredentialFiles own_;
  std::string beside_;                  ///< the folder of hosts' files
  std::optional<Authority> authority_;  ///< of one run
  std::unique_ptr<Folder> folder_;
};

/// None where nobody is on another machine and the configuration does not ask for them.
std::optional<Passes> passes_of(const Config& config, const std::vector<Host>& hosts,
                                const Meeting& meeting);

}  // namespace troupe
