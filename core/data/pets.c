#include "data/pets.h"

enum { PET, BACKGROUND, BORDER };

#define PETS_CLASSES                                                                                         \
    {                                                                                                        \
        .count = 3,                                                                                          \
        .list = {[PET] = {.name = "pet", .rgb = 0xF0A030},                                                   \
                 [BACKGROUND] = {.name = "background", .rgb = 0x1F3A5F},                                     \
                 [BORDER] = {.name = "border", .rgb = 0xBFE2F6}},                                            \
        .background = BACKGROUND, .border = BORDER,                                                          \
    }

static sw_mask_value values[] = {{1, PET}, {2, BACKGROUND}, {3, BORDER}};

const sw_classes sw_pets_classes = PETS_CLASSES;
const sw_class_list sw_pets_class_list = {PETS_CLASSES, values, sizeof values / sizeof values[0]};
