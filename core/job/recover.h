#pragma once

#include "core/job/account.h"
#include "core/job/delivery.h"
#include "core/job/fit_reply.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace kontext {

// Whether the journal has a mask that bound an edit.
enum class MaskRecord {
    unknown, // an older version wrote down the edit, and kept none
    none,    // there was none
    kept,
};

// Where a picture belongs, for when its edit has to be finished by another process.
struct SentRecord {
    std::string name; // of the layer or file
    std::string file; // absolute path of what was edited; empty: not known
    Framing framing;
    std::string fingerprint; // of the canvas: the same source gives the same one
    MaskRecord selection = MaskRecord::none;
    MaskRecord protection = MaskRecord::none;

    bool operator==(const SentRecord&) const = default;
};

std::string to_json(const SentRecord& record);
SentRecord sent_record_from_json(std::string_view json); // throws Error(internal)
std::string fingerprint_of(const Image& canvas);

// A prediction that was paid for, or may have been, and that the person does not have.
struct UndeliveredEdit {
    Prediction prediction;
    EditRequest request;
    SentRecord sent;
};

// The masks that bound an edit; null: none did.
struct KeptMasks {
    std::shared_ptr<const Raster> selection;
    std::shared_ptr<const Raster> protection;
};

struct RecoveredEdit {
    UndeliveredEdit edit;
    std::vector<std::byte> picture; // encoded, as it came
    // The edit had written these itself, and they are there: nothing is left to be done but to confirm.
    std::vector<std::filesystem::path> written;
    std::optional<KeptMasks> masks; // none: there were some, or may have been, and they are lost
    std::unique_ptr<Delivery> delivery;
};

// What nobody alive is working on, oldest first. Quick.
std::vector<UndeliveredEdit> list_undelivered(const Account& account);

// Gets the picture: from the journal, or from the service if that has it. Blocks; worker thread. None:
// somebody else has it meanwhile. Throws Error: what has ended at the service is written down as ended, and
// everything else stays as it was and can be tried again.
std::optional<RecoveredEdit> recover(const UndeliveredEdit& edit, const Account& account,
                                     const ProgressSink& progress, const std::stop_token& stop);

// The person does not want it, or nothing more can be done for it: it is listed no longer.
void dismiss(const UndeliveredEdit& edit, const Account& account);

// Lays a recovered picture onto its source, as its edit would have: bound by the masks of then, whatever is
// selected now. None where the source is not what was sent (another picture, or painted on meanwhile), and
// where the masks are lost, as it might change what was protected. Throws as fit_reply() does.
std::optional<EditedLayer> place_recovered(const RecoveredEdit& edit, const LayerSource& source,
                                           const std::stop_token& stop);

} // namespace kontext
