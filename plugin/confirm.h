#pragma once

#include "core/job/delivery.h"
#include "plugin/sentence.h"

#include <string>

namespace kontext::plugin {

// What has been paid for and is in the editor is delivered, whatever becomes of the journal. Returns what the
// person has to know where that cannot be written, else nothing.
inline std::string confirm(Delivery& delivery) {
    try {
        delivery.confirm();
        return {};
    } catch (const Error& error) {
        return ui::fill_in(_("The result is there, but is not marked as delivered: {1}"),
                           {sentence_of(error)});
    }
}

} // namespace kontext::plugin
