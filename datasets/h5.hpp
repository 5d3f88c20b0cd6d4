/// The little of HDF5 that this folder needs, with types of our own so that no
/// header includes libhdf5. It never converts: a column has our type or is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// libhdf5's hid_t; a count of references of its own, given back at the end.
class H5Handle {
 public:
  explicit H5Handle(std::int64_t id = -1) : id_(id) {}
  H5Handle(H5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  H5Handle& operator=(H5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~H5Handle();
  std::int64_t id() const { return id_; }
  std::int64_t release() { return std::exchange(id_, -1); }
  bool valid() const { return id_ >= 0; }

 private:
  std::int64_t id_;
};

enum class H5Element { u32, u64, f32 };
std::size_t bytes_of(H5Element element);

/// `rows` along the first dimension; width 0 means that there is no second one.
struct H5Shape {
  std::uint64_t rows = 0;
  std::uint64_t width = 0;
  std::uint64_t across() const { return width == 0 ? 1 : width; }
};

/// One array in an open file.
class H5Column {
 public:
  H5Column() = default;
  H5Column(H5Handle set, H5Element element, H5Shape shape)
      : set_(std::move(set)), element_(element), shape_(shape) {}
  const H5Shape& shape() const { return shape_; }
  /// Rows [first, first + count) in one call; false when libhdf5 fails.
  bool read(std::uint64_t first, std::uint64_t count, void* out) const;
  /// Grows the array and fills the new rows; only for columns made extensible.
  bool append(std::uint64_t count, const void* data);
  bool write_all(const void* data);

 private:
  H5Handle set_;
  H5Element element_ = H5Element::u32;
  H5Shape shape_;
};

/// An existing file, read-only. Every failure is a UserError (exit 3) that names
/// file and dataset and ends with `remedy`.
class H5Reader {
 public:
  H5Reader(std::string path, std::string remedy);
  bool has(const std::string& name) const;
  std::uint64_t number(const std::string& attribute) const;
  float real(const std::string& attribute) const;
  std::string text(const std::string& attribute) const;
  /// Names of the text attributes of a group, in order.
  std::vector<std::string> attributes(const std::string& group) const;
  std::string text_of(const std::string& group, const std::string& attribute) const;
  /// Refuses another type, another shape, filters, and arrays larger than the file.
  H5Column column(const std::string& name, H5Element element, H5Shape expected) const;
  /// Rows of a dataset whose length only the file knows.
  std::uint64_t rows_of(const std::string& name) const;
  /// Throws the UserError "<path>: <what>; <remedy>".
  [[noreturn]] void refuse(const std::string& what) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string remedy_;
  std::uint64_t bytes_ = 0;
  H5Handle file_;
};

/// A new file. Failures are values here: whoever writes knows the path to name.
class H5Creator {
 public:
  explicit H5Creator(const std::string& path);
  bool valid() const { return file_.valid(); }
  bool group(const std::string& name);
  bool number(const std::string& attribute, std::uint64_t value);
  bool real(const std::string& attribute, float value);
  bool text(const std::string& group, const std::string& attribute, const std::string& value);
  /// Contiguous where the rows are known, else in chunks of at least 4 MiB.
  H5Column column(const std::string& name, H5Element element, H5Shape shape);
  H5Column extensible(const std::string& name, H5Element element, std::uint64_t width);
  bool whole(const std::string& name, H5Element element, H5Shape shape, const void* data);
  /// False when the last bytes could not be written.
  bool close();

 private:
  H5Column create(const std::string& name, H5Element element, H5Shape shape, bool extensible);
  H5Handle file_;
};

}  // namespace troupe
