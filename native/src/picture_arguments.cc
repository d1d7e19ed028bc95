#include "picture_arguments.h"

#include "values.h"

namespace refit::arguments {

PictureFacts pictureFacts(const Napi::Value& value, const char* name) {
  const Napi::Object from = object(value, name);
  const auto named = [&](const char* field) { return std::string(name) + "." + field; };
  PictureFacts facts;
  facts.file = text(from.Get("file"), named("file").c_str());
  // The system's calls would end the name at a zero byte.
  if (facts.file.empty() || facts.file.find('\0') != std::string::npos)
    mismatch("path", named("file"), from.Get("file"));
  facts.width = static_cast<std::size_t>(integer(from.Get("width"), 1, kMostSide, named("width").c_str()));
  facts.height = static_cast<std::size_t>(integer(from.Get("height"), 1, kMostSide, named("height").c_str()));
  facts.channels = static_cast<std::size_t>(integer(from.Get("channels"), 1, 3, named("channels").c_str()));
  if (facts.channels == 2) mismatch("1 or 3", named("channels"), from.Get("channels"));
  return facts;
}

}  // namespace refit::arguments
