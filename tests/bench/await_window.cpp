// await_window TITLE COUNT [--close]: prints the time (CLOCK_REALTIME ns) at which each of COUNT windows
// whose title starts with TITLE was mapped; with --close it then asks the window to close, as its close
// button would. For a display without a window manager, where a window's own map is the event.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>

#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>

namespace {

struct CloseDisplay {
    void operator()(Display* display) const { XCloseDisplay(display); }
};

long long now_ns() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::string read_title(Display* display, Window window) {
    char* name = nullptr;
    if (XFetchName(display, window, &name) == 0 || name == nullptr) {
        return {};
    }
    std::string title = name;
    XFree(name);
    return title;
}

void ask_to_close(Display* display, Window window) {
    XEvent event{};
    event.xclient.type = ClientMessage;
    event.xclient.window = window;
    event.xclient.message_type = XInternAtom(display, "WM_PROTOCOLS", False);
    event.xclient.format = 32;
    event.xclient.data.l[0] = static_cast<long>(XInternAtom(display, "WM_DELETE_WINDOW", False));
    XSendEvent(display, window, False, NoEventMask, &event);
    XFlush(display);
}

// Without a window manager nobody gives a window the focus.
void press_control_enter(Display* display, Window window) {
    XSetInputFocus(display, window, RevertToParent, CurrentTime);
    const KeyCode control = XKeysymToKeycode(display, XK_Control_L);
    const KeyCode enter = XKeysymToKeycode(display, XK_Return);
    XTestFakeKeyEvent(display, control, True, CurrentTime);
    XTestFakeKeyEvent(display, enter, True, CurrentTime);
    XTestFakeKeyEvent(display, enter, False, CurrentTime);
    XTestFakeKeyEvent(display, control, False, CurrentTime);
    XFlush(display);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: await_window TITLE COUNT [--close | --run]\n", stderr);
        return 2;
    }
    const std::unique_ptr<Display, CloseDisplay> display(XOpenDisplay(nullptr));
    if (!display) {
        std::fputs("await_window: no display\n", stderr);
        return 1;
    }
    XSetErrorHandler(
        [](Display*, XErrorEvent*) { return 0; }); // a window may vanish before it is asked for its name
    XSelectInput(display.get(), DefaultRootWindow(display.get()), SubstructureNotifyMask);
    std::puts("ready");
    std::fflush(stdout);
    for (int left = std::atoi(argv[2]); left > 0;) {
        XEvent event{};
        XNextEvent(display.get(), &event);
        if (event.type != MapNotify) {
            continue;
        }
        const long long mapped = now_ns();
        if (read_title(display.get(), event.xmap.window).rfind(argv[1], 0) != 0) {
            continue;
        }
        std::printf("%lld\n", mapped);
        std::fflush(stdout);
        if (argc > 3 && std::strcmp(argv[3], "--close") == 0) {
            ask_to_close(display.get(), event.xmap.window);
        } else if (argc > 3 && std::strcmp(argv[3], "--run") == 0) {
            press_control_enter(display.get(), event.xmap.window);
        }
        --left;
    }
    return 0;
}
