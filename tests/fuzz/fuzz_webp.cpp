#include "tests/fuzz/decode_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return kontext::fuzz::decode(kontext::decode_webp, data, size);
}
