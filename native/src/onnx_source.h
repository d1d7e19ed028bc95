#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bytes.h"
#include "error.h"
#include "file.h"
#include "parser_errors.h"
#include "read_ahead.h"

namespace refit {

/** An initializer that lies outside its ONNX file. */
struct ExternalTensor {
  std::string name;
  /** The caller has checked that the file is in the model's folder. */
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct OnnxFile {
  std::string file;
  /** All initializers that lie elsewhere. */
  std::vector<ExternalTensor> external;
};

/** An ONNX model, in memory or in a file. */
using OnnxSource = std::variant<Bytes, OnnxFile>;

/**
 * A model's files as memory, without a copy of our own. The engine library is given the external tensors and no path to
 * look for any itself. Lives as long as what was loaded from it.
 */
class LoadedOnnx {
 public:
  /** @throws NativeError FILE_FAILED; ONNX_INVALID where a tensor lies past its file's end. */
  explicit LoadedOnnx(const OnnxSource& source);

  /** The model's bytes. May be empty, which the caller must refuse. */
  Bytes model() const { return model_; }
  bool hasExternal() const { return !tensors_.empty(); }

  /**
   * Loads model and tensors into a parser or a parser refitter; what follows is its own parseModelProto() or
   * refitModelProto(). @throws NativeError ONNX_INVALID.
   */
  template <class Parser>
  void loadInto(Parser& parser) const {
    if (!parser.loadModelProto(model_.data, model_.size))
      throw NativeError(ErrorCode::OnnxInvalid, "The ONNX parser refuses the file.", parserErrors(parser));
    for (const auto& [name, bytes] : tensors_)
      if (!parser.loadInitializer(name.c_str(), bytes.data, bytes.size))
        throw NativeError(ErrorCode::OnnxInvalid, "The ONNX parser refuses the tensor \"" + name + "\".",
                          parserErrors(parser));
  }

 private:
  std::vector<std::unique_ptr<MappedFile>> files_;
  std::vector<std::unique_ptr<ReadAhead>> readAheads_;
  Bytes model_;
  std::map<std::string, Bytes> tensors_;
};

}  // namespace refit
