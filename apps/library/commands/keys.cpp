/// `troupe keys new`: a private CA in a folder, and a certificate for each host. It
/// never replaces a file, and sends nothing anywhere.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/run_card.hpp"
#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"
#include "runtime/tls/keys.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t authority_days = 3650;
constexpr std::uint64_t host_days = 730;
constexpr std::uint64_t most_days = 36500;

[[noreturn]] void fail(const std::string& path, int error) {
  throw UserError(ExitCode::data, path + ": cannot be written: " + std::strerror(error) +
                                      "; take another folder, or make room");
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

/// New, and whole on the disk or not there.
void write_new(const std::string& path, const std::string& text, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) fail(path, errno);
  const ssize_t written = ::write(file, text.data(), text.size());
  const int error = written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0
                        ? 0
                        : (written < 0 || errno != 0 ? errno : ENOSPC);
  ::close(file);
  if (error == 0) return;
  ::unlink(path.c_str());
  fail(path, error);
}

std::vector<std::string> checked_hosts(const Arguments& arguments, const std::string& folder) {
  std::vector<std::string> hosts = arguments.all("HOST");
  for (const std::string& host : hosts) {
    if (!is_host(host)) arguments.refuse("'" + host + "' is neither a host's name nor an address");
    if (host == "ca") arguments.refuse("'ca' is the CA's own file; give that host another name");
    if (std::count(hosts.begin(), hosts.end(), host) > 1)
      arguments.refuse("host '" + host + "' is given twice");
    for (const char* end : {".pem", ".key"})
      if (exists(folder + host + end))
        throw UserError(ExitCode::usage, folder + host + end +
                                             ": exists and is not replaced; delete it, or give "
                                             "another folder for a new CA");
  }
  return hosts;
}

/// The folder's own CA, or a new one.
Authority authority_in(const std::string& folder, std::ostream& out) {
  const std::string certificate = folder + "ca.pem";
  const std::string key = folder + "ca.key";
  if (exists(certificate) != exists(key))
    throw UserError(ExitCode::usage,
                    (exists(key) ? certificate : key) +
                        ": is missing beside the CA's other file, so that nothing can be signed "
                        "here; go where 'troupe keys new' made it, or give another folder");
  if (exists(certificate)) {
    try {
      return {read_text(certificate, ExitCode::usage), read_text(key, ExitCode::usage)};
    } catch (const UserError& error) {
      throw UserError(ExitCode::usage,
                      folder + ": " + error.what() + "; give another folder for a new CA");
    }
  }
  Authority made = Authority::make(
      // Two clusters of one user should be told apart in a line.
      "troupe CA " + random_token().substr(0, 6), Validity::days(authority_days));
  write_new(key, made.key(), 0600);
  write_new(certificate, made.certificate(), 0644);
  out << certificate << "  the CA's certificate: every host needs it\n"
      << key << "  the CA's key: whoever has it can join; it stays here, and no run needs it\n";
  return made;
}

void explain(const std::string& folder, const std::string& host, std::ostream& out) {
  const std::string own = folder + host;
  out << "\n'troupe launch' takes the files to their hosts itself. Without it, give each host its "
         "three:\n  ssh "
      << host << " mkdir -m 700 -p troupe-keys\n  scp " << folder << "ca.pem " << own << ".pem "
      << own << ".key " << host
      << ":troupe-keys/\n\nIn the configuration of the run, with the files of the host that starts "
         "it:\n  [cluster]\n  listen = \"0.0.0.0:7000\"\n  tls = { ca = \""
      << folder << "ca.pem\", certificate = \"" << own << ".pem\", key = \"" << own << ".key\" }\n";
}

int keys_new(const Arguments& arguments, Invocation& invocation) {
  std::string folder = arguments.text("DIR");
  if (folder.empty()) arguments.refuse("DIR is empty; '.' is this folder");
  if (folder.back() != '/') folder += '/';
  const std::uint64_t days = arguments.count("--days").value_or(host_days);
  if (days == 0 || days > most_days)
    arguments.refuse("--days is between 1 and " + std::to_string(most_days) + ", not " +
                     std::to_string(days));
  const std::vector<std::string> hosts = checked_hosts(arguments, folder);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail(folder, errno);
  const Authority authority = authority_in(folder, invocation.out);
  for (const std::string& host : hosts) {
    const Credentials made = authority.issue(host, Validity::days(static_cast<std::int64_t>(days)));
    write_new(folder + host + ".key", made.key, 0600);
    write_new(folder + host + ".pem", made.certificate, 0644);
    invocation.out << folder << host << ".pem, " << host << ".key  for " << host << ", until "
                   << certificate_facts(made.certificate).until << "\n";
  }
  explain(folder, hosts.front(), invocation.out);
  return 0;
}

}  // namespace

Command keys_new_command() {
  return {.name = "keys new",
          .sentence = "makes a private CA and certificates for hosts; run it again to add hosts",
          .arguments = {{.name = "DIR",
                         .value = "DIR",
                         .sentence = "the folder of the CA: new, or one of an earlier call",
                         .required = true},
                        {.name = "HOST",
                         .value = "HOST",
                         .sentence = "names or addresses of the hosts",
                         .required = true,
                         .repeated = true},
                        {.name = "--days",
                         .value = "N",
                         .sentence = "how long the hosts' certificates are valid (730); the CA is "
                                     "for ten years"}},
          .act = keys_new};
}

}  // namespace troupe
