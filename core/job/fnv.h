#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kontext {

// FNV-1a of 64 bits, over any number of pieces: tells one photo or file from another where nobody means to
// deceive.
class Fnv {
public:
    void add(std::span<const std::byte> bytes) {
        for (const std::byte byte : bytes) {
            value_ = (value_ ^ static_cast<std::uint64_t>(byte)) * 1099511628211U;
        }
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 14695981039346656037U;
};

} // namespace kontext
