#include "core/memory.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace kontext {

void keep_freed_memory() {
#ifdef __GLIBC__
    constexpr int largest_block = 32 << 20; // the most that glibc takes for this
    constexpr int kept = 512 << 20;         // more than a fit needs
    mallopt(M_MMAP_THRESHOLD, largest_block);
    mallopt(M_TRIM_THRESHOLD, kept);
#endif
}

} // namespace kontext
