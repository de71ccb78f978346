#pragma once

#include "core/engine/service.h"

namespace kontext {

// Answers as OpenAI's image routes give them and others have copied: {"data": [{"b64_json": …}]}, or an "url"
// in its place. The answer is the end of the run; there is nothing to ask for later, but such an url.

// Writes the answer down as accepted, then takes the picture out. Throws Error(outcome_unknown) for what is
// no answer of a service, Error(refused) and Error(service_failed) for one without a picture.
EngineReply take_picture_list(Service& service, const ServiceRules& rules, const HttpResponse& response);
// Gets the picture from the url again. Throws Error(expired) where there was none.
EngineReply resume_picture_list(Service& service, const ServiceRules& rules, const Ticket& ticket);

} // namespace kontext
