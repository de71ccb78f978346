#pragma once

#include "core/image/color.h"
#include "core/image/raster.h"

#include <memory>
#include <string>

namespace kontext {

// The pixels to edit, as they were when the person pressed the button: later painting does not disturb a job.
struct LayerSource {
    std::string name;
    std::string file; // absolute path, where that is known
    Raster pixels;    // full resolution, the layer's own precision and encoding
    ColorEncoding color;
    // How far each pixel is selected; one channel of the pixels' sample type and the pixels' size.
    // Null: nothing is selected, which means all of it.
    std::shared_ptr<const Raster> selection;
    // Where nothing may change, whatever is selected; one channel, the pixels' size. Null: nowhere.
    std::shared_ptr<const Raster> protection;
};

// Reads a layer out of an editor in small steps, so that its window stays alive meanwhile.
// Lives on the main thread.
class LayerReader {
public:
    virtual ~LayerReader() = default;

    // Reads for about 10 ms. Returns the share that is done, 1 at the end; not called again then.
    // Throws Error(layer_gone) or Error(out_of_space).
    virtual double read_some() = 0;
    // After read_some() returned 1, once.
    virtual LayerSource take() = 0;
};

} // namespace kontext
