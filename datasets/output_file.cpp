#include "datasets/output_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/user_error.hpp"

namespace troupe {
namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

void keep_apart(const std::string& target, const std::vector<std::string>& read) {
  for (const std::string& path : read) {
    std::error_code ignored;
    if (std::filesystem::equivalent(path, target, ignored))
      throw UserError(ExitCode::data,
                      target + ": is a file to be read, so nothing is written there; name another");
  }
}

OutputFile::OutputFile(std::string target)
    : target_(std::move(target)), path_(target_ + ".partial") {
  struct stat status {};
  if (stat(target_.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw UserError(ExitCode::data, target_ + ": cannot be written: it is not a regular file");
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  // What a killed process left is taken over; what a living one writes is not.
  if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(descriptor_);
    throw UserError(ExitCode::data, target_ + ": cannot be written: another process is writing it");
  }
  if (ftruncate(descriptor_, 0) != 0) fail(errno);
}

OutputFile::~OutputFile() {
  if (published_ && replaced_)
    rename(previous().c_str(), target_.c_str());
  else if (published_)
    unlink(target_.c_str());
  if (descriptor_ < 0) return;
  unlink(path_.c_str());
  close(descriptor_);
}

void OutputFile::fail(int error) const {
  const std::string advice = error == ENOSPC ? "; free some space or write elsewhere" : "";
  throw UserError(ExitCode::data, target_ + ": cannot be written: " +
                                      (error == 0 ? "I/O error" : std::strerror(error)) + advice);
}

void OutputFile::check(bool done, int error) {
  if (done) return;
  // The space is given back first: libhdf5 insists on writing what it holds and
  // could otherwise not close the file.
  if (ftruncate(descriptor_, 0) == 0) fail(error);
  fail(errno);
}

void OutputFile::commit() {
  sync();
  give_name();
}

void OutputFile::sync() {
  if (fsync(descriptor_) != 0) fail(errno);
}

void OutputFile::publish() {
  struct stat status {};
  const bool stands = lstat(target_.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
  unlink(previous().c_str());  // of a killed process
  // A second name leaves the first one in place; file systems without such move it.
  const bool linked = stands && link(target_.c_str(), previous().c_str()) == 0;
  replaced_ = linked || (stands && rename(target_.c_str(), previous().c_str()) == 0);
  try {
    give_name();
  } catch (...) {
    // Of two names of one file rename() would leave both.
    if (linked)
      unlink(previous().c_str());
    else if (replaced_)
      rename(previous().c_str(), target_.c_str());
    replaced_ = false;
    throw;
  }
  published_ = true;
}

void OutputFile::settle() {
  published_ = false;
  if (replaced_) unlink(previous().c_str());
}

void OutputFile::give_name() {
  if (rename(path_.c_str(), target_.c_str()) != 0) fail(errno);
  close(descriptor_);
  descriptor_ = -1;
  const int folder = open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);  // best effort: the contents are safe, only the name may be lost
  close(folder);
}

}  // namespace troupe
