#include "loader.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <mutex>
#include <optional>

#include "driver.h"
#include "error.h"
#include "log.h"
#include "runtime.h"
#include "system.h"

namespace refit {
namespace {

#ifdef _WIN32
void* openHandle(const std::string& path, DWORD flags) {
  void* const handle = LoadLibraryExW(windowsPath(path).c_str(), nullptr, flags);
  if (handle != nullptr) return handle;
  throw NativeError(ErrorCode::LibraryMissing, path + ": " + systemWords(static_cast<int>(GetLastError())));
}
#else
void* openHandle(const std::string& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const reason = dlerror();
    throw NativeError(ErrorCode::LibraryMissing, reason == nullptr ? path : reason);
  }
  return handle;
}
#endif

std::string inFolder(const std::string& folder, const char* file) {
  if (folder.empty()) return file;
  const char last = folder.back();
  return last == '/' || last == '\\' ? folder + file : folder + "/" + file;
}

template <class Interface>
std::unique_ptr<Interface> owned(void* object, const char* what) {
  if (object == nullptr)
    throw NativeError(ErrorCode::LibraryVersion, std::string("The engine library refuses to create a ") + what + ".");
  return std::unique_ptr<Interface>(static_cast<Interface*>(object));
}

template <class Library>
class OnePerProcess {
 public:
  const Library& open(const std::string& folder, const char* file) {
    const std::lock_guard lock(mutex_);
    if (!library_) library_.emplace(inFolder(folder, file));
    return *library_;
  }
  const Library& get(const char* file) {
    const std::lock_guard lock(mutex_);
    if (!library_) throw NativeError(ErrorCode::LibraryMissing, std::string(file) + " has not been found by probe().");
    return *library_;
  }

 private:
  std::mutex mutex_;
  std::optional<Library> library_;
};

// Leaked on purpose: workers may still use the libraries while the process ends.
OnePerProcess<EngineLibrary>& engines() {
  static auto* const library = new OnePerProcess<EngineLibrary>;
  return *library;
}
OnePerProcess<ParserLibrary>& parsers() {
  static auto* const library = new OnePerProcess<ParserLibrary>;
  return *library;
}

std::string versionText(std::int32_t version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace

SharedLibrary SharedLibrary::open(const std::string& path) {
#ifdef _WIN32
  const bool hasFolder = path.find_first_of("/\\") != std::string::npos;
  // Of a bare name too: Windows would otherwise look into the current folder, where anybody may have put a library.
  const DWORD flags = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | (hasFolder ? LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR : 0);
  return {openHandle(path, flags), path};
#else
  return {openHandle(path), path};
#endif
}

SharedLibrary SharedLibrary::openSystem(const std::string& file) {
#ifdef _WIN32
  return {openHandle(file, LOAD_LIBRARY_SEARCH_SYSTEM32), file};
#else
  return {openHandle(file), file};
#endif
}

void* SharedLibrary::address(const char* name) const {
#ifdef _WIN32
  void* const found = reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle_), name));
#else
  void* const found = dlsym(handle_, name);
#endif
  if (found == nullptr) throw NativeError(ErrorCode::LibraryVersion, path_ + " has no function " + name + ".");
  return found;
}

EngineLibrary::EngineLibrary(const std::string& path) {
  // The system would say of the engine library, which is there, that it cannot be found.
  if (runtime::kOpensWithDriverOnly) openDriverLibrary();
  const SharedLibrary library = SharedLibrary::open(path);
  const std::int32_t version = library.function<std::int32_t (*)()>("getInferLibVersion")();
  if (version != runtime::kVersion)
    throw NativeError(ErrorCode::LibraryVersion,
                      "Expected " + runtime::nameAndVersion() + " but " + path + " is " + versionText(version) + ".");
  createBuilder_ = library.function<Create>("createInferBuilder_INTERNAL");
  createRuntime_ = library.function<Create>("createInferRuntime_INTERNAL");
  createRefitter_ = library.function<CreateFrom>("createInferRefitter_INTERNAL");
}

std::unique_ptr<nvinfer1::IBuilder> EngineLibrary::createBuilder() const {
  return owned<nvinfer1::IBuilder>(createBuilder_(&Logger::instance(), runtime::kVersion), "builder");
}

std::unique_ptr<nvinfer1::IRuntime> EngineLibrary::createRuntime() const {
  return owned<nvinfer1::IRuntime>(createRuntime_(&Logger::instance(), runtime::kVersion), "runtime");
}

std::unique_ptr<nvinfer1::IRefitter> EngineLibrary::createRefitter(nvinfer1::ICudaEngine& engine) const {
  void* const refitter = createRefitter_(&engine, &Logger::instance(), runtime::kVersion);
  if (refitter == nullptr) throw NativeError(ErrorCode::EngineInvalid, "This engine was not built to take weights.");
  return std::unique_ptr<nvinfer1::IRefitter>(static_cast<nvinfer1::IRefitter*>(refitter));
}

ParserLibrary::ParserLibrary(const std::string& path) : path_(path) {
  const SharedLibrary library = SharedLibrary::open(path);
  createParser_ = library.function<CreateFrom>("createNvOnnxParser_INTERNAL");
  createParserRefitter_ = library.function<CreateFrom>("createNvOnnxParserRefitter_INTERNAL");
}

std::unique_ptr<nvonnxparser::IParser> ParserLibrary::createParser(nvinfer1::INetworkDefinition& network) const {
  return owned<nvonnxparser::IParser>(createParser_(&network, &Logger::instance(), NV_ONNX_PARSER_VERSION), "parser");
}

std::unique_ptr<nvonnxparser::IParserRefitter> ParserLibrary::createParserRefitter(
    nvinfer1::IRefitter& refitter) const {
  return owned<nvonnxparser::IParserRefitter>(
      createParserRefitter_(&refitter, &Logger::instance(), NV_ONNX_PARSER_VERSION), "parser refitter");
}

const EngineLibrary& openEngineLibrary(const std::string& folder) {
  return engines().open(folder, runtime::kEngineLibraryFile);
}
const ParserLibrary& openParserLibrary(const std::string& folder) {
  return parsers().open(folder, runtime::kParserLibraryFile);
}
const EngineLibrary& engineLibrary() { return engines().get(runtime::kEngineLibraryFile); }
const ParserLibrary& parserLibrary() { return parsers().get(runtime::kParserLibraryFile); }

}  // namespace refit
