#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kontext {

// Who works on predictions: a name that is never used again, and a file of that name which is locked for as
// long as this object, or at most its process, lives. The kernel lets go of the lock whatever ends the
// process, and the lock is seen across containers, where process numbers mean nothing. Made, and looked at by
// remove_stale_owners(), only while the journal is locked for a change: a file that was made and is not
// locked yet would pass for a dead one.
class JournalOwner {
public:
    // In `folder`, which is made. Throws Error(cannot_write), Error(out_of_space).
    explicit JournalOwner(const std::filesystem::path& folder);
    JournalOwner(const JournalOwner&) = delete;
    JournalOwner& operator=(const JournalOwner&) = delete;
    ~JournalOwner(); // not in a forked child: it would declare the parent dead

    const std::string& name() const { return name_; }

private:
    std::string name_;
    std::filesystem::path file_;
    int lock_ = -1;
};

// Whether somebody with this name works. In doubt: yes.
bool is_alive(const std::filesystem::path& folder, std::string_view name);

// Removes the files of dead owners; what cannot be removed stays.
void remove_stale_owners(const std::filesystem::path& folder);

} // namespace kontext
