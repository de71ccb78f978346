#pragma once

#include "ui/text/text.h"

#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtk/gtk.h>

// What the programs that open a dialog for a test have in common.
namespace kontext::test {

inline void print_event(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
}

// What the command line says: --switch or --name=value.
class Switches {
public:
    Switches(int argc, char** argv) {
        for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
            const auto equals = argument.find('=');
            const std::string name(argument.substr(0, equals));
            values_[name] = equals == std::string_view::npos ? "" : std::string(argument.substr(equals + 1));
        }
    }
    bool has(const std::string& name) const { return values_.contains(name); }
    std::string text(const std::string& name, const std::string& fallback = {}) const {
        const auto found = values_.find(name);
        return found == values_.end() ? fallback : found->second;
    }

private:
    std::map<std::string, std::string> values_;
};

// Every mnemonic that can be pressed, with the text that it stands in.
inline void print_mnemonics(GtkWidget* widget, gpointer /*data*/) {
    if (GTK_IS_LABEL(widget) && gtk_widget_get_mapped(widget)) {
        const guint key = gtk_label_get_mnemonic_keyval(GTK_LABEL(widget));
        if (key != GDK_KEY_VoidSymbol) {
            print_event(std::string("mnemonic ") + gdk_keyval_name(key) + " " +
                        gtk_label_get_text(GTK_LABEL(widget)));
        }
    } else if (GTK_IS_CONTAINER(widget)) {
        gtk_container_forall(GTK_CONTAINER(widget), print_mnemonics, nullptr);
    }
}

// A combo box has the focus when the button within it has.
inline void print_focus(GtkWindow*, GtkWidget* focus, gpointer) {
    for (GtkWidget* widget = focus; widget != nullptr; widget = gtk_widget_get_parent(widget)) {
        const char* name = atk_object_get_name(gtk_widget_get_accessible(widget));
        if (name != nullptr && *name != '\0') {
            print_event(std::string("focus ") + name);
            return;
        }
    }
}

inline void report_map(GtkWidget* window) {
    g_signal_connect(window, "set-focus", G_CALLBACK(print_focus), nullptr);
    g_signal_connect(window, "map-event", G_CALLBACK(+[](GtkWidget* shown, GdkEvent*, gpointer) -> gboolean {
                         print_mnemonics(shown, nullptr);
                         print_event("mapped");
                         return FALSE;
                     }),
                     nullptr);
    g_signal_connect(window, "hide", G_CALLBACK(+[](GtkWidget*, gpointer) { print_event("hidden"); }),
                     nullptr);
}

// GTK as the switches --locale=DIR, --rtl and --dark want it.
inline void start_gtk(const Switches& switches) {
    gtk_init(nullptr, nullptr);
    if (switches.has("--locale")) {
        ui::bind_translations(switches.text("--locale").c_str());
    }
    if (switches.has("--rtl")) {
        gtk_widget_set_default_direction(GTK_TEXT_DIR_RTL);
    }
    // Nothing moves by itself, so that pictures of the dialog are the same each time.
    g_object_set(gtk_settings_get_default(), "gtk-enable-animations", FALSE, "gtk-cursor-blink", FALSE,
                 nullptr);
    if (switches.has("--dark")) { // not set to what it is anyway: that loads the theme a second time
        g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme", TRUE, nullptr);
    }
}

} // namespace kontext::test
