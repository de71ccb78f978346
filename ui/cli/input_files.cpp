#include "ui/cli/input_files.h"

#include "core/error.h"
#include "core/image/samples.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace kontext::cli {

namespace fs = std::filesystem;

DecodedPicture load_input(const fs::path& file) {
    try {
        return load_picture(file);
    } catch (const Error& error) {
        throw Error(error.code(), file.string() + ": " + error.what());
    }
}

Raster load_mask(const fs::path& file, Size size, SampleType sample) {
    const DecodedPicture picture = load_input(file);
    if (picture.pixels.size() != size) {
        throw Error(ErrorCode::bad_input, file.string() + " has not the input's size of " +
                                              std::to_string(size.width) + " × " +
                                              std::to_string(size.height) + " pixels.");
    }
    const PixelFormat format = picture.pixels.format();
    Raster mask(size, {sample, 1});
    Image samples({size.width, 1}, format);
    Image floats({size.width, 1}, {SampleType::f32, format.channels});
    Image coverage({size.width, 1}, {SampleType::f32, 1});
    Image row({size.width, 1}, mask.format());
    for (int y = 0; y < size.height; ++y) {
        picture.pixels.read_rows(y, samples.view());
        convert_samples(samples.view(), floats.view());
        const float* from = floats.view().samples<float>(0);
        float* to = coverage.view().samples<float>(0);
        for (int x = 0; x < size.width; ++x, from += format.channels) {
            float value = format.color_channels() == 1 ? from[0] : (from[0] + from[1] + from[2]) / 3;
            value *= format.has_alpha() ? from[format.channels - 1] : 1.0F;
            to[x] = value;
        }
        convert_samples(coverage.view(), row.view());
        mask.write_rows(y, row.view());
    }
    return mask;
}

std::shared_ptr<const Raster> load_mask_if_any(const fs::path& file, Size size, SampleType sample) {
    return file.empty() ? nullptr : std::make_shared<const Raster>(load_mask(file, size, sample));
}

Raster make_full_mask(Size size) {
    Raster mask(size, {SampleType::u8, 1});
    Image row({size.width, 1}, mask.format());
    std::fill_n(row.view().samples<std::uint8_t>(0), size.width, std::uint8_t{255});
    for (int y = 0; y < size.height; ++y) {
        mask.write_rows(y, row.view());
    }
    return mask;
}

} // namespace kontext::cli
