#include "plugin/confirm.h"

#include "plugin/sentence.h"

namespace kontext::plugin {

std::string confirm(Delivery& delivery) {
    try {
        delivery.confirm();
        return {};
    } catch (const Error& error) {
        return ui::fill_in(_("The result is there, but is not marked as delivered: {1}"),
                           {sentence_of(error)});
    }
}

} // namespace kontext::plugin
