// What any GTK 3 program pays: a window with nothing in it, the measure for the dialog's start. With LABEL
// set in the environment it holds one line of text, which takes the fonts that any real window needs.
#include <cstdlib>

#include <gtk/gtk.h>

int main(int argc, char** argv) {
    gtk_init(&argc, &argv);
    GtkWidget* window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
    gtk_window_set_title(GTK_WINDOW(window), "Empty window");
    gtk_window_set_default_size(GTK_WINDOW(window), 520, 400);
    if (const char* label = std::getenv("LABEL")) {
        gtk_container_add(GTK_CONTAINER(window), gtk_label_new(label));
    }
    g_signal_connect(window, "destroy", G_CALLBACK(gtk_main_quit), nullptr);
    gtk_widget_show_all(window);
    gtk_main();
    return 0;
}
