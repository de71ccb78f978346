#include "core/job/complete_request.h"

#include "core/engine/registry.h"

namespace kontext {

EditRequest complete_request(EditRequest request, const Settings& settings) {
    if (request.engine.empty()) {
        request.engine = settings.default_engine.empty() ? engines().front()->id : settings.default_engine;
    }
    if (const auto options = settings.engine_options.find(request.engine);
        options != settings.engine_options.end()) {
        request.options.insert(options->second.begin(), options->second.end()); // keeps what is there
    }
    request.crop_to_changes = settings.crop_to_changes;
    request.add_grain = settings.add_grain;
    return request;
}

} // namespace kontext
