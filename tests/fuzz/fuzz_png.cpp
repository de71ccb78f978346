#include "tests/fuzz/decode_target.h"

#include <zlib.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return kontext::fuzz::decode(kontext::decode_png, data, size);
}

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t room);

namespace {

std::uint32_t read_number(const std::uint8_t* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}

void write_number(std::uint32_t number, std::uint8_t* at) {
    for (int i = 0; i < 4; ++i) {
        at[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
}

} // namespace

// Puts the chunks' checksums right after a change: most changes would end there otherwise.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t room,
                                               unsigned seed) {
    constexpr std::size_t signature = 8;
    constexpr std::size_t head = 8; // length and name
    constexpr std::size_t checksum = 4;
    size = LLVMFuzzerMutate(data, size, room);
    if (seed % 8 == 0) {
        return size;
    }
    for (std::size_t at = signature; at + head + checksum <= size;) {
        const std::size_t length = read_number(data + at);
        if (length > size - at - head - checksum) {
            break;
        }
        const auto sum = crc32(0, data + at + 4, static_cast<uInt>(length + 4));
        write_number(static_cast<std::uint32_t>(sum), data + at + head + length);
        at += head + length + checksum;
    }
    return size;
}
