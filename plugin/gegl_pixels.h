#pragma once

#include "core/job/layer_source.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gegl.h>

// What both GIMP generations share: their pixels are GEGL buffers. Main thread only: a tile that is asked for
// travels over the same pipe as every other call to GIMP.
namespace kontext::plugin {

struct FreeGObject {
    void operator()(gpointer object) const { g_object_unref(object); }
};
using Buffer = std::unique_ptr<GeglBuffer, FreeGObject>;

// Call before the process's first GIMP call, and start_gegl() before its first buffer; again is harmless.
// GEGL's operations, which we never use, are kept from being loaded: that saves 0.1 s and 25 MB.
void keep_gegl_small();
// babl takes the conversions that earlier processes found from a file and tries each of them again, which
// takes 360 MB for a moment. We hardly convert, so it starts without that file. For GIMP 3, whose library
// starts babl itself, call it before that.
void start_babl();
void start_gegl();

// What the samples of a layer are, apart from the colour space.
struct Encoding {
    // Of the layer itself where the core knows the sample type and bit for bit then; float for half, double
    // and 32-bit integers; RGB for palettes.
    const Babl* format = nullptr;
    PixelFormat pixels;
    enum class Tone { linear, profile, srgb } tone = Tone::profile; // which curve the samples are on
};

Encoding encoding_of(const Babl* layer_format);
// For one channel, a mask's or a selection's, of that sample type.
const Babl* mask_format(SampleType sample);
// "8-bit RGB", from GIMP's enumerations, without babl and so at once. Their precisions count in hundreds.
std::string describe_samples(int gimp_precision, bool grey);

// What the samples mean, under the profile that the image uses.
ColorEncoding color_of(const Encoding& encoding, std::vector<std::byte> icc_profile);

// A part of a buffer, in the buffer's own coordinates.
struct BufferPart {
    Buffer buffer;
    int x = 0;
    int y = 0;
};

// What is to be read.
struct LayerPixels {
    std::string name;
    Size size;
    Encoding encoding;
    ColorEncoding color;
    std::shared_ptr<void> keep_alive; // what the buffers are of; goes after them
    BufferPart layer;
    std::optional<BufferPart> selection; // a part outside its buffer is not selected
};

// Throws Error(invalid_argument) when the two do not meet; both in the image's coordinates.
void refuse_disjoint(const GeglRectangle& selection, const GeglRectangle& layer);

// `check_alive` throws Error(layer_gone). It is called before each step, as GIMP ends a plug-in that asks for
// pixels of something that is gone.
std::unique_ptr<LayerReader> read_layer(LayerPixels pixels, std::function<void()> check_alive);

// Band by band; the picture's samples are of `format`.
void write_pixels(GeglBuffer* buffer, const Raster& picture, const Babl* format);
// The same for a mask whose buffer is black so far: tiles without anything in them are not sent to GIMP.
void write_mask(GeglBuffer* buffer, const Raster& mask);

} // namespace kontext::plugin
