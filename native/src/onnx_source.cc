#include "onnx_source.h"

namespace refit {

LoadedOnnx::LoadedOnnx(const OnnxSource& source) {
  if (const auto* const bytes = std::get_if<Bytes>(&source)) {
    model_ = *bytes;
  } else {
    const auto& from = std::get<OnnxFile>(source);
    const auto map = [&](const std::string& path) {
      readAheads_.push_back(std::make_unique<ReadAhead>(path));
      files_.push_back(std::make_unique<MappedFile>(path));
      return files_.back()->bytes();
    };
    model_ = map(from.file);
    std::map<std::string, Bytes> mapped;
    for (const ExternalTensor& tensor : from.external) {
      auto file = mapped.find(tensor.file);
      if (file == mapped.end()) file = mapped.emplace(tensor.file, map(tensor.file)).first;
      if (tensor.offset > file->second.size || tensor.bytes > file->second.size - tensor.offset)
        throw NativeError(ErrorCode::OnnxInvalid, "The tensor \"" + tensor.name + "\" lies past the end of its file.");
      tensors_[tensor.name] = {file->second.data + tensor.offset, static_cast<std::size_t>(tensor.bytes)};
    }
  }
}

}  // namespace refit
