#pragma once

namespace kontext {

// The whole life of the program kontext-keeper: takes its order from the socket, leaves its parent, starts
// the server as its child and reads what it says, and ends it when told, when nobody used it for a while, or
// when it is unused and the process that the last user worked for is gone. The server dies with it, however
// it dies. One thread. Returns the exit status.
int keep_server(int order_socket) noexcept;

} // namespace kontext
