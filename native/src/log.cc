#include "log.h"

#include <algorithm>

namespace refit {
namespace {

// Bounds the memory that a flood of messages takes; the first lines show the cause.
constexpr std::size_t kMaxLines = 100;

thread_local LogScope* innermost = nullptr;

}  // namespace

Logger& Logger::instance() {
  static Logger* const logger = new Logger;  // Leaked on purpose: see the class comment.
  return *logger;
}

void Logger::log(Severity severity, const char* message) noexcept {
  if (severity > Severity::kWARNING || message == nullptr) return;
  try {
    const char* const level = severity == Severity::kWARNING ? "warning: " : "error: ";
    const std::string line = std::string(level) + message;
    const std::lock_guard lock(mutex_);
    if (innermost == nullptr)
      for (LogScope* scope : scopes_) scope->add(line);
    for (LogScope* scope = innermost; scope != nullptr; scope = scope->outer_) scope->add(line);
  } catch (...) {
    // No memory for a log line: the call itself will fail with OUT_OF_MEMORY.
  }
}

LogScope::LogScope() : outer_(innermost) {
  Logger& logger = Logger::instance();
  const std::lock_guard lock(logger.mutex_);
  logger.scopes_.push_back(this);
  innermost = this;
}

LogScope::~LogScope() {
  Logger& logger = Logger::instance();
  const std::lock_guard lock(logger.mutex_);
  logger.scopes_.erase(std::remove(logger.scopes_.begin(), logger.scopes_.end(), this), logger.scopes_.end());
  innermost = outer_;
}

void LogScope::add(const std::string& line) {
  if (lines_.size() < kMaxLines) lines_.push_back(line);
}

std::string LogScope::text() const {
  const std::lock_guard lock(Logger::instance().mutex_);
  std::string text;
  for (const std::string& line : lines_) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace refit
