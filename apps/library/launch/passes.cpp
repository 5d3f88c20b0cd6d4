#include "apps/library/launch/passes.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/user_error.hpp"

namespace troupe {
namespace {

namespace fs = std::filesystem;

// Certificates are shown when somebody connects: a node that comes back in a year may.
constexpr std::int64_t run_days = 400;

CredentialFiles files_of(const std::string& folder, const std::string& authority,
                         const std::string& host) {
  const fs::path path(folder);
  return {authority, path / (host + ".pem"), path / (host + ".key")};
}

std::string private_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const fs::path base = runtime != nullptr ? fs::path(runtime) : fs::temp_directory_path();
  std::string name = base / "troupe-launch-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw UserError(ExitCode::data, base.string() + ": no folder for certificates can be made: " +
                                        std::strerror(errno) + "; check TMPDIR");
  return name;
}

}  // namespace

Passes::Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

Passes::~Passes() = default;

Passes Passes::from_files(const CredentialFiles& own, const std::vector<Host>& hosts) {
  Passes passes;
  read_credentials(own);
  passes.own_ = own;
  passes.beside_ = fs::path(own.authority).parent_path();
  for (const Host& host : hosts) passes.of(host.name());
  return passes;
}

Passes Passes::for_one_run(const std::string& own_address) {
  Passes passes;
  passes.authority_ = Authority::make("troupe run", Validity::days(run_days));
  passes.folder_ = std::make_unique<Folder>(private_folder());
  const std::string& folder = passes.folder_->path;
  passes.own_ = files_of(folder, folder + "/ca.pem", "coordinator");
  const Credentials made = passes.authority_->issue(own_address, Validity::days(run_days));
  std::ofstream(passes.own_.authority) << made.authority;
  std::ofstream(passes.own_.certificate) << made.certificate;
  std::ofstream(passes.own_.key) << made.key;
  return passes;
}

Credentials Passes::of(const std::string& host) const {
  if (authority_) return authority_->issue(host, Validity::days(run_days));
  return read_credentials(files_of(beside_, own_.authority, host));
}

std::string Passes::sentence() const {
  if (authority_) return "by TLS with certificates of this run";
  return "by TLS with the certificates of " + beside_;
}

std::optional<Passes> passes_of(const Config& config, const std::vector<Host>& hosts,
                                const Meeting& meeting) {
  const Settings& settings = config.settings();
  if (settings.has("cluster.tls.ca"))
    return Passes::from_files(
        {settings.text("cluster.tls.ca"), settings.text("cluster.tls.certificate"),
         settings.text("cluster.tls.key")},
        hosts);
  if (meeting.local && settings.text("cluster.tls.mode") != "auto") return {};
  return Passes::for_one_run(meeting.own_address);
}

}  // namespace troupe
