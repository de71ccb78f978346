#pragma once

#include "ui/settings_model.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <gtk/gtk.h>

namespace kontext::ui {

// What is set for all engines. Its widgets belong to the container that widget() is put into; this object
// must live as long as they do.
class GeneralPage {
public:
    // `on_change` after the model has taken a change of the person's.
    GeneralPage(SettingsModel& model, std::function<void()> on_change);
    GeneralPage(const GeneralPage&) = delete;
    GeneralPage& operator=(const GeneralPage&) = delete;

    GtkWidget* widget() const { return box_; }
    void refresh_spent();
    // Takes what is typed, as it is when the window closes.
    void finish_typing();

private:
    void add_edits();
    void add_spending();
    void add_layers();
    // A check button and the amount that it switches on.
    struct Amount {
        GtkWidget* check = nullptr;
        GtkWidget* entry = nullptr;
        bool (SettingsModel::*is_on)() const = nullptr;
        std::string (SettingsModel::*text)() const = nullptr;
        std::optional<double> (*read)(std::string_view) = nullptr;
        void (SettingsModel::*set)(std::optional<double>) = nullptr;
    };
    void add_amount(GtkWidget* section, Amount& amount, const char* label, const char* name);
    void take(const Amount& amount);

    SettingsModel& model_;
    std::function<void()> changed_;
    GtkWidget* box_ = nullptr;
    Amount ceiling_{.is_on = &SettingsModel::has_ceiling,
                    .text = &SettingsModel::ceiling_text,
                    .read = SettingsModel::amount_from_text,
                    .set = &SettingsModel::set_ceiling};
    Amount unknown_price_{.is_on = &SettingsModel::has_unknown_price,
                          .text = &SettingsModel::unknown_price_text,
                          .read = SettingsModel::price_from_text,
                          .set = &SettingsModel::set_unknown_price};
    GtkWidget* spent_ = nullptr;
};

} // namespace kontext::ui
