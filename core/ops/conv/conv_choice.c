/* Names of engines and passes. */
#include "ops/conv_choice.h"

#include <stdio.h>
#include <string.h>

#include "conv_engine.h"

const char *sw_conv_choice_name(sw_conv_choice choice)
{
    const sw_conv_engine *engine = sw_conv_engine_of(choice);
    return engine ? engine->name : "auto";
}

bool sw_conv_choice_named(sw_conv_choice *out, const char *name, size_t length)
{
    *out = SW_CONV_AUTO;
    if (length == strlen("auto") && strncmp(name, "auto", length) == 0) return true;
    for (const sw_conv_engine *const *engine = sw_conv_engines; *engine; engine++) {
        if (strlen((*engine)->name) != length || strncmp(name, (*engine)->name, length) != 0) continue;
        *out = (*engine)->choice;
        return true;
    }
    return false;
}

void sw_conv_choices_print(char text[SW_CONV_CHOICES_BYTES], const sw_conv_choice choices[SW_CONV_PASSES])
{
    if (choices[0] == choices[1] && choices[1] == choices[2])
        snprintf(text, SW_CONV_CHOICES_BYTES, "%s", sw_conv_choice_name(choices[0]));
    else
        snprintf(text, SW_CONV_CHOICES_BYTES, "%s/%s/%s", sw_conv_choice_name(choices[SW_CONV_FORWARD]),
                 sw_conv_choice_name(choices[SW_CONV_BACKWARD_DATA]),
                 sw_conv_choice_name(choices[SW_CONV_BACKWARD_WEIGHTS]));
}

bool sw_conv_choices_parse(sw_conv_choice choices[SW_CONV_PASSES], const char *text)
{
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        size_t length = strcspn(text, "/");
        if (!sw_conv_choice_named(&choices[p], text, length)) return false;
        if (p == 0 && !text[length]) {
            choices[1] = choices[2] = choices[0];
            return true;
        }
        if ((p < SW_CONV_PASSES - 1) != (text[length] == '/')) return false;
        text += length + 1;
    }
    return true;
}

const char *sw_conv_pass_name(sw_conv_pass pass)
{
    static const char *const names[] = {[SW_CONV_FORWARD] = "forward",
                                        [SW_CONV_BACKWARD_DATA] = "data",
                                        [SW_CONV_BACKWARD_WEIGHTS] = "weights"};
    return names[pass];
}

const sw_conv_pin *sw_conv_pins_find(const sw_conv_pins *pins, const char *layer)
{
    for (int i = 0; i < pins->count; i++)
        if (strcmp(pins->pins[i].layer, layer) == 0) return &pins->pins[i];
    return NULL;
}
