#pragma once

namespace kontext::test {

// Writes edits down that were paid for and never delivered: `ready` whose picture is on the disk, and one
// that is still at a service for which there is no key where `at_service` says so.
enum class AtService { none, one };
void leave_undelivered(int ready, AtService at_service);
// Writes down what has been spent this month.
void spend(double usd);

} // namespace kontext::test
