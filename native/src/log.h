#pragma once
#include <NvInferRuntime.h>

#include <mutex>
#include <string>
#include <vector>

namespace refit {

class LogScope;

/**
 * The engine library's logger. One for the process and never destroyed, because the library keeps the pointer for as
 * long as it likes. A line goes to the call that runs on the same thread, else (the library's own threads) to every
 * call under way.
 */
class Logger final : public nvinfer1::ILogger {
 public:
  static Logger& instance();
  void log(Severity severity, const char* message) noexcept override;

 private:
  friend class LogScope;
  std::mutex mutex_;
  std::vector<LogScope*> scopes_;
};

/** Collects what the library says, warnings and worse, from its making to its end on one thread. */
class LogScope {
 public:
  LogScope();
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

  /** The lines so far, one a line. */
  std::string text() const;

 private:
  friend class Logger;
  std::vector<std::string> lines_;
};

}  // namespace refit
