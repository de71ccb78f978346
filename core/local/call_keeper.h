#pragma once

namespace kontext {

// The whole life of the program kontext-keeper when it is to make a call (see KeptCall): takes its order from
// the socket, leaves its parent, and once it is told to, sends the request and keeps the answer in a file,
// locked until it is complete. Nobody need be there to hear of it. Returns the exit status.
int keep_call(int order_socket) noexcept;

} // namespace kontext
