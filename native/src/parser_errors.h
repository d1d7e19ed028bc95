#pragma once
#include <string>

namespace refit {

/** What a parser or a parser refitter found wrong, a line each, with the ONNX node's name and operator. */
template <class Parser>
std::string parserErrors(const Parser& parser) {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  std::string lines;
  for (int i = 0; i < parser.getNbErrors(); i++) {
    const auto* const error = parser.getError(i);
    if (error == nullptr) continue;
    if (!lines.empty()) lines += '\n';
    lines += "parser: " + text(error->desc());
    if (error->node() >= 0)
      lines += " (node " + std::to_string(error->node()) + " \"" + text(error->nodeName()) + "\", " +
               text(error->nodeOperator()) + ")";
  }
  return lines;
}

}  // namespace refit
