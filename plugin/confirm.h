#pragma once

#include "core/job/delivery.h"

#include <string>

namespace kontext::plugin {

// What has been paid for and is in the editor is delivered, whatever becomes of the journal. Returns what the
// person has to know where that cannot be written, else nothing.
std::string confirm(Delivery& delivery);

} // namespace kontext::plugin
