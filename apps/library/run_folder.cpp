#include "apps/library/run_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace troupe {
namespace {

namespace fs = std::filesystem;

std::string stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d_%H%M%S", &local);
  return text;
}

/// Two runs may start in the same second.
std::string fresh_path(const std::string& name) {
  const std::string first = "runs/" + stamp() + "_" + plain_name(name);
  std::string path = first;
  for (int n = 2; fs::exists(path); ++n) path = first + "_" + std::to_string(n);
  return path;
}

[[noreturn]] void refuse_folder(const std::string& path, const std::string& why) {
  throw UserError(ExitCode::data,
                  path + ": " + why + "; choose another place with --run-dir, or make room");
}

bool write_all(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = ::write(file, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    written += static_cast<std::size_t>(n);
  }
  return ::fsync(file) == 0;
}

void check_space(const std::string& path, std::uint64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(path, error);
  if (!error && space.available < bytes)
    refuse_folder(path, "metrics.jsonl and model.h5 need " + std::to_string(bytes >> 10) +
                            " KiB there and " + std::to_string(space.available >> 10) +
                            " KiB are free");
}

}  // namespace

void RunFolder::check(const std::string& given) {
  std::error_code error;
  if (given.empty() || !fs::exists(given, error)) return;
  if (!fs::is_directory(given, error))
    throw UserError(ExitCode::usage, given + ": is a file; --run-dir names a folder");
  if (!fs::is_empty(given, error) && !error)
    throw UserError(ExitCode::usage,
                    given + ": exists and is not empty; a run never writes over another one");
  if (error) refuse_folder(given, error.message());
}

std::string RunFolder::fresh(const std::string& name) { return fresh_path(name); }

RunFolder RunFolder::create(const std::string& given, const std::string& name,
                            std::uint64_t bytes) {
  check(given);
  const std::string path = given.empty() ? fresh_path(name) : given;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) refuse_folder(path, "cannot be made: " + error.message());
  if (::access(path.c_str(), W_OK) != 0)
    refuse_folder(path, std::generic_category().message(errno));
  check_space(path, bytes);
  return RunFolder(path);
}

void RunFolder::write(const std::string& name, const std::string& text, bool secret) const {
  const std::string beside = file("." + name + ".part");
  const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                         secret ? S_IRUSR | S_IWUSR : 0666);
  const bool written = out >= 0 && write_all(out, text);
  const int trouble = errno;
  if (out >= 0) ::close(out);
  if (written && std::rename(beside.c_str(), file(name).c_str()) == 0) return;
  const std::string why = std::generic_category().message(written ? errno : trouble);
  ::unlink(beside.c_str());
  refuse_folder(file(name), "cannot be written: " + why);
}

std::string plain_name(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
      c = '-';
  return name.empty() ? "run" : name.substr(0, 100);
}

std::string read_text(const std::string& path, ExitCode code) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  if (!in || fs::is_directory(path, error))
    throw UserError(
        code, path + ": cannot be read: " +
                  (in ? std::string("it is a folder") : std::generic_category().message(errno)));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace troupe
