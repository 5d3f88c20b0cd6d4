#include "apps/library/journal.hpp"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace troupe {

struct Journal::Files {
  std::function<void(const std::string&)> warn;
  std::string metrics_path;
  int metrics = -1;
  std::shared_ptr<spdlog::logger> log;
  bool warned = false;

  void lost(const std::string& what) {
    if (warned) return;
    warned = true;
    warn("warning: " + what + "; training goes on without these lines");
  }
};

Journal::Journal(const RunFolder& folder, std::function<void(const std::string&)> warn)
    : files_(std::make_unique<Files>()) {
  folder.write("metrics.jsonl", "");
  folder.write("log.txt", "");
  files_->warn = std::move(warn);
  files_->metrics_path = folder.file("metrics.jsonl");
  files_->metrics = ::open(files_->metrics_path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (files_->metrics < 0)
    throw UserError(ExitCode::data,
                    files_->metrics_path + ": " + std::generic_category().message(errno));
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(folder.file("log.txt"));
  files_->log = std::make_shared<spdlog::logger>("run", std::move(sink));
  files_->log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %v");
  files_->log->flush_on(spdlog::level::info);
  files_->log->set_error_handler(
      [files = files_.get()](const std::string& why) { files->lost("log.txt: " + why); });
}

Journal::~Journal() {
  if (files_->metrics >= 0) ::close(files_->metrics);
}

void Journal::metric(const std::string& line) {
  const std::string text = line + "\n";
  const ssize_t written = ::write(files_->metrics, text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return;
  const std::string why = written < 0 ? std::generic_category().message(errno) : "no space left";
  // Half a line would spoil the next one too.
  if (written > 0 && ::write(files_->metrics, "\n", 1) != 1) files_->lost("the disk is full");
  files_->lost(files_->metrics_path + ": " + why);
}

void Journal::log(const std::string& line) { files_->log->info("{}", line); }

bool Journal::complete() const { return !files_->warned; }

std::string log_value(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \"=\n\t") == std::string::npos) return value;
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\n')
      text += ' ';
    else if (c == '"')
      text += '\'';
    else
      text += c;
  }
  return text + "\"";
}

}  // namespace troupe
