#pragma once

namespace kontext {

// OpenCV makes its tables for CIE L*a*b* at their first use, without a lock: of two threads at once, one may
// use a table that the other is just filling again. Call this before such threads start; again is harmless.
void make_lab_tables();

} // namespace kontext
