#pragma once

#include "core/error.h"
#include "ui/text/text.h"

#include <string>

namespace kontext::plugin {

// What the editor's message says of an error.
inline std::string sentence_of(const Error& error) {
    const ui::ErrorText text = ui::describe_error(error);
    return text.detail.empty() ? text.title : text.detail;
}

} // namespace kontext::plugin
