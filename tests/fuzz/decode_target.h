#pragma once

#include "core/error.h"
#include "core/image/codec_formats.h"

#include <cstdint>

namespace kontext::fuzz {

// Small enough that a run stays quick and a slip in the limits shows as a run out of memory.
inline constexpr DecodeLimits limits{.bytes = 1 << 20, .side = 4000, .pixels = 1'000'000};

// Hands bytes to one decoder. Error is an answer; anything else that comes out is a finding.
inline int decode(DecodedPicture (*decode_format)(ByteSource&, const DecodeLimits&), const std::uint8_t* data,
                  std::size_t size) {
    ByteSource source(std::as_bytes(std::span(data, size)));
    try {
        decode_format(source, limits);
    } catch (const Error& error) {
        if (error.code() == ErrorCode::internal) {
            throw;
        }
    }
    return 0;
}

} // namespace kontext::fuzz
