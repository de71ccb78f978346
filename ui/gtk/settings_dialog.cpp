#include "ui/gtk/settings_dialog.h"

#include "ui/gtk/background.h"
#include "ui/gtk/error_bar.h"
#include "ui/gtk/general_page.h"
#include "ui/gtk/service_page.h"
#include "ui/gtk/signals.h"
#include "ui/gtk/widgets.h"
#include "ui/text/text.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace kontext::ui {

namespace {

constexpr int default_width = 760;
constexpr int default_height = 660;
constexpr int list_width = 190;
constexpr const char* general_name = "general";

// At least one, for testing keys with.
std::vector<Model> models_for(const std::vector<Model>& models, const EngineInfo& engine) {
    std::vector<Model> own = models_of(models, engine.id);
    if (own.empty()) {
        own.push_back({.engine = std::string(engine.id)});
    }
    return own;
}

class SettingsDialog {
public:
    SettingsDialog(const SettingsDialogHooks& hooks, const std::vector<Model>& models,
                   std::span<const EngineInfo* const> engines)
        : hooks_(hooks), model_(load_settings(), engines, std::getenv("KONTEXT_MONTHLY_USD")),
          general_(model_, [this] { save(); }), window_(gtk_dialog_new()),
          errors_(gtk_dialog_get_content_area(GTK_DIALOG(window_))),
          loop_(g_main_loop_new(nullptr, FALSE), g_main_loop_unref) {
        for (const EngineInfo* service : model_.services()) {
            pages_.push_back(std::make_unique<ServicePage>(*service, model_, models_for(models, *service),
                                                           hooks_, actions_for(*service)));
        }
        build();
        connect();
    }
    SettingsDialog(const SettingsDialog&) = delete;
    SettingsDialog& operator=(const SettingsDialog&) = delete;
    ~SettingsDialog() { gtk_widget_destroy(window_); }

    void run(std::string_view engine) {
        hooks_.adopt(GTK_WINDOW(window_));
        gtk_widget_show(window_);
        go_to(engine);
        look_at_account();
        g_main_loop_run(loop_.get());
    }

private:
    void build();
    GtkWidget* build_list();
    GtkWidget* build_stack();
    void add_to_list(const char* name, GtkWidget* badge);
    ServicePage::Actions actions_for(const EngineInfo& service);
    void connect();
    void go_to(std::string_view engine);
    void show_row(int index);

    void save();
    void look_at_account();
    void look_at_key(const EngineInfo& service);
    void refresh_pages();
    void close();

    const SettingsDialogHooks& hooks_;
    SettingsModel model_;
    GeneralPage general_;
    std::vector<std::unique_ptr<ServicePage>> pages_;
    std::vector<GtkWidget*> badges_; // of pages_
    GtkWidget* window_;
    ErrorBar errors_;
    GtkWidget* list_ = nullptr;
    GtkWidget* stack_ = nullptr;
    GtkWidget* close_ = nullptr;
    std::unique_ptr<GMainLoop, decltype(&g_main_loop_unref)> loop_;
    Background background_; // last: it ends before what its calls work with
};

ServicePage::Actions SettingsDialog::actions_for(const EngineInfo& service) {
    return {.on_change = [this] { save(); },
            .look_for_key = [this, &service] { look_at_key(service); },
            .refresh_others = [this] { refresh_pages(); }};
}

void SettingsDialog::build() {
    gtk_window_set_title(GTK_WINDOW(window_), _("Settings for Edit by Prompt"));
    gtk_window_set_role(GTK_WINDOW(window_), "kontext-settings");
    gtk_window_set_default_size(GTK_WINDOW(window_), default_width, default_height);
    GtkWidget* outer = gtk_dialog_get_content_area(GTK_DIALOG(window_));
    gtk_container_set_border_width(GTK_CONTAINER(outer), 0);
    gtk_box_set_spacing(GTK_BOX(outer), 0);

    GtkWidget* panes = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
    gtk_container_add(GTK_CONTAINER(panes), build_list());
    gtk_container_add(GTK_CONTAINER(panes), gtk_separator_new(GTK_ORIENTATION_VERTICAL));
    gtk_container_add(GTK_CONTAINER(panes), build_stack());
    gtk_box_pack_start(GTK_BOX(outer), panes, TRUE, TRUE, 0);
    gtk_box_pack_start(GTK_BOX(outer), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL), FALSE, FALSE, 0);

    close_ = gtk_button_new_with_mnemonic(_("_Close"));
    gtk_widget_set_halign(close_, GTK_ALIGN_END);
    gtk_widget_set_margin_start(close_, wide_gap);
    gtk_widget_set_margin_end(close_, wide_gap);
    gtk_widget_set_margin_top(close_, wide_gap);
    gtk_widget_set_margin_bottom(close_, wide_gap);
    gtk_box_pack_start(GTK_BOX(outer), close_, FALSE, FALSE, 0);
    gtk_widget_show_all(outer);
    refresh_pages();
}

void SettingsDialog::add_to_list(const char* name, GtkWidget* badge) {
    GtkWidget* lines = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    gtk_container_set_border_width(GTK_CONTAINER(lines), 10);
    gtk_container_add(GTK_CONTAINER(lines), make_line_label(name));
    if (badge != nullptr) {
        PangoAttrList* small = pango_attr_list_new();
        pango_attr_list_insert(small, pango_attr_scale_new(PANGO_SCALE_SMALL));
        gtk_label_set_attributes(GTK_LABEL(badge), small);
        pango_attr_list_unref(small);
        gtk_style_context_add_class(gtk_widget_get_style_context(badge), GTK_STYLE_CLASS_DIM_LABEL);
        gtk_container_add(GTK_CONTAINER(lines), badge);
    }
    GtkWidget* row = gtk_list_box_row_new();
    gtk_container_add(GTK_CONTAINER(row), lines);
    set_accessible_name(row, name);
    gtk_container_add(GTK_CONTAINER(list_), row);
}

GtkWidget* SettingsDialog::build_list() {
    list_ = gtk_list_box_new();
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list_), GTK_SELECTION_BROWSE);
    set_accessible_name(list_, _("Pages"));
    add_to_list(_("General"), nullptr);
    for (const auto& page : pages_) {
        badges_.push_back(make_line_label(nullptr));
        add_to_list(std::string(page->service().name).c_str(), badges_.back());
    }
    GtkWidget* scrolled = gtk_scrolled_window_new(nullptr, nullptr);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
    gtk_widget_set_size_request(scrolled, list_width, -1);
    gtk_widget_set_hexpand(scrolled, FALSE); // though its labels would
    gtk_container_add(GTK_CONTAINER(scrolled), list_);
    return scrolled;
}

GtkWidget* SettingsDialog::build_stack() {
    stack_ = gtk_stack_new();
    const auto add_page = [this](GtkWidget* content, const char* name) {
        gtk_container_set_border_width(GTK_CONTAINER(content), group_gap);
        GtkWidget* scrolled = gtk_scrolled_window_new(nullptr, nullptr);
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
        gtk_container_add(GTK_CONTAINER(scrolled), content);
        gtk_stack_add_named(GTK_STACK(stack_), scrolled, name);
    };
    add_page(general_.widget(), general_name);
    for (const auto& page : pages_) {
        add_page(page->widget(), std::string(page->service().id).c_str());
    }
    gtk_widget_set_hexpand(stack_, TRUE);
    return stack_;
}

void SettingsDialog::connect() {
    on_signal(close_, "clicked", [this] { close(); });
    on_event(window_, "delete-event", [this](GdkEvent*) {
        close();
        return true;
    });
    on_event(window_, "key-press-event", [this](GdkEvent* event) {
        const guint modifiers = event->key.state & gtk_accelerator_get_default_mod_mask();
        const bool escape = event->key.keyval == GDK_KEY_Escape && modifiers == 0;
        const bool ctrl_w =
            gdk_keyval_to_lower(event->key.keyval) == GDK_KEY_w && modifiers == GDK_CONTROL_MASK;
        if (escape || ctrl_w) {
            close();
        }
        return escape || ctrl_w;
    });
    const auto selected = [](GtkListBox*, GtkListBoxRow* row, gpointer self) noexcept {
        if (row != nullptr) {
            static_cast<SettingsDialog*>(self)->show_row(gtk_list_box_row_get_index(row));
        }
    };
    g_signal_connect(
        list_, "row-selected",
        G_CALLBACK(static_cast<void (*)(GtkListBox*, GtkListBoxRow*, gpointer) noexcept>(selected)), this);
}

void SettingsDialog::show_row(int index) {
    const std::string name =
        index == 0 ? general_name : std::string(pages_[static_cast<std::size_t>(index) - 1]->service().id);
    gtk_stack_set_visible_child_name(GTK_STACK(stack_), name.c_str());
}

void SettingsDialog::go_to(std::string_view engine) {
    const auto page =
        std::ranges::find_if(pages_, [&](const auto& known) { return known->service().id == engine; });
    const int index = page == pages_.end() ? 0 : static_cast<int>(page - pages_.begin()) + 1;
    GtkListBoxRow* row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(list_), index);
    gtk_list_box_select_row(GTK_LIST_BOX(list_), row);
    if (page == pages_.end()) {
        gtk_widget_grab_focus(GTK_WIDGET(row));
    } else {
        (*page)->take_focus();
    }
}

void SettingsDialog::save() {
    try {
        save_settings(model_.settings());
        errors_.hide();
    } catch (const Error& error) {
        errors_.show(error);
    }
}

void SettingsDialog::look_at_account() {
    background_.start([this](const std::stop_token&) { return hooks_.read_spent_usd(); },
                      [this](const Finished<double>& spent) {
                          if (const auto* usd = std::get_if<double>(&spent)) {
                              model_.set_spent(*usd);
                              general_.refresh_spent();
                          }
                      });
    for (const EngineInfo* service : model_.services()) {
        look_at_key(*service);
    }
}

void SettingsDialog::look_at_key(const EngineInfo& service) {
    if (!service.needs_key) {
        return;
    }
    background_.start([this, &service](const std::stop_token&) { return hooks_.look_for_key(service); },
                      [this, &service](const Finished<KeyFinding>& finished) {
                          if (const auto* finding = std::get_if<KeyFinding>(&finished)) {
                              model_.set_key(service, *finding);
                          } else if (const auto* error = std::get_if<Error>(&finished)) {
                              model_.set_key(service,
                                             {.state = KeyState::unreadable, .problem = error->what()});
                          }
                          refresh_pages();
                      });
}

// Of all services: whether there is a key store is known from each of them.
void SettingsDialog::refresh_pages() {
    for (std::size_t index = 0; index < pages_.size(); ++index) {
        const std::string badge = model_.key_badge(pages_[index]->service());
        gtk_label_set_text(GTK_LABEL(badges_[index]), badge.c_str());
        gtk_widget_set_visible(badges_[index], !badge.empty());
        pages_[index]->refresh();
    }
}

void SettingsDialog::close() {
    general_.finish_typing();
    for (const auto& page : pages_) {
        page->finish_typing();
    }
    gtk_widget_hide(window_); // what still runs may take a moment to end
    g_main_loop_quit(loop_.get());
}

} // namespace

void run_settings_dialog(const SettingsDialogHooks& hooks, const std::vector<Model>& models,
                         std::string_view engine, std::span<const EngineInfo* const> engines) {
    SettingsDialog dialog(hooks, models, engines);
    dialog.run(engine);
}

} // namespace kontext::ui
