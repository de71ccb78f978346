#pragma once

namespace kontext {

// Has big blocks that are freed used again instead of giving them back to the system, which hands them out
// anew page by page: a quarter of a fit's time went there. For the start of a program, before it has threads.
// Known for glibc only; elsewhere nothing happens.
void keep_freed_memory();

} // namespace kontext
