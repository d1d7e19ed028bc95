#pragma once
#include <NvInfer.h>
#include <NvOnnxParser.h>

#include <memory>
#include <string>

namespace refit {

/**
 * A shared library, opened and never closed: objects and threads of its making may live to the end of the process.
 */
class SharedLibrary {
 public:
  /** @throws NativeError LIBRARY_MISSING with the operating system's words. */
  static SharedLibrary open(const std::string& path);
  /** Opens a library of the operating system or of a driver, from the system's folders only. */
  static SharedLibrary openSystem(const std::string& file);

  /** @throws NativeError LIBRARY_VERSION if the library has no such function. */
  template <class Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(address(name));
  }

 private:
  SharedLibrary(void* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  void* address(const char* name) const;

  void* handle_;
  std::string path_;
};

/** The engine library's entry points. */
class EngineLibrary {
 public:
  /** @throws NativeError LIBRARY_MISSING, LIBRARY_VERSION. */
  explicit EngineLibrary(const std::string& path);

  std::unique_ptr<nvinfer1::IBuilder> createBuilder() const;
  std::unique_ptr<nvinfer1::IRuntime> createRuntime() const;
  /** @throws NativeError ENGINE_INVALID for an engine that takes no weights. */
  std::unique_ptr<nvinfer1::IRefitter> createRefitter(nvinfer1::ICudaEngine& engine) const;

 private:
  using Create = void* (*)(void* logger, std::int32_t version);
  using CreateFrom = void* (*)(void* from, void* logger, std::int32_t version);
  Create createBuilder_;
  Create createRuntime_;
  CreateFrom createRefitter_;
};

/** The ONNX parser library's entry points. */
class ParserLibrary {
 public:
  /** @throws NativeError LIBRARY_MISSING, LIBRARY_VERSION. */
  explicit ParserLibrary(const std::string& path);

  std::unique_ptr<nvonnxparser::IParser> createParser(nvinfer1::INetworkDefinition& network) const;
  std::unique_ptr<nvonnxparser::IParserRefitter> createParserRefitter(nvinfer1::IRefitter& refitter) const;
  const std::string& path() const { return path_; }

 private:
  using CreateFrom = void* (*)(void* from, void* logger, std::int32_t version);
  CreateFrom createParser_;
  CreateFrom createParserRefitter_;
  std::string path_;
};

/**
 * Opens the libraries from `folder` ('' lets the system find them), each once a process: later calls give what the
 * first successful one found.
 * @throws NativeError LIBRARY_MISSING, LIBRARY_VERSION.
 */
const EngineLibrary& openEngineLibrary(const std::string& folder);
const ParserLibrary& openParserLibrary(const std::string& folder);

/** The opened libraries. @throws NativeError LIBRARY_MISSING where none was opened before. */
const EngineLibrary& engineLibrary();
const ParserLibrary& parserLibrary();

}  // namespace refit
