/* Classes in the JSON files of a run's folder. */
#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "data/pets.h"
#include "run/run_json.h"

static sw_classes read_back(const sw_classes *classes, bool has_colours)
{
    sw_classes found;
    cJSON *object = cJSON_CreateObject();
    sw_json_add_classes(object, classes);
    cr_expect_eq(cJSON_GetObjectItem(object, "colours") != NULL, has_colours);
    cr_assert_eq(sw_json_take_classes(&found, object, "x.json"), SW_OK, "%s", sw_error_message());
    cr_expect(sw_classes_same(&found, classes));
    for (int c = 0; c < classes->count; c++) cr_expect_eq(found.list[c].rgb, classes->list[c].rgb);
    cJSON_Delete(object);
    return found;
}

Test(run_json, colours_are_written_where_the_names_do_not_tell_them)
{
    sw_classes own = sw_classes_none();
    cr_assert(sw_classes_add(&own, "road") && sw_classes_add(&own, "background"));
    cr_expect_eq(read_back(&own, false).background, 1);
    own.list[0].rgb = 0x804080;
    read_back(&own, true);
    cr_expect_eq(read_back(&sw_pets_class_list.classes, false).border, sw_pets_class_list.classes.border);
}

Test(run_json, classes_that_are_none_are_refused)
{
    static const char *const texts[] = {
        "{}",
        "{\"classes\": [\"a\", \"a\"]}",
        "{\"classes\": [1]}",
        "{\"classes\": [\"a\", \"b\"], \"colours\": [\"#000000\"]}",
        "{\"classes\": [\"a\"], \"colours\": [\"red\"]}",
        "{\"classes\": [\"a\"], \"colours\": 3}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        sw_classes found;
        cJSON *object = cJSON_Parse(texts[i]);
        cr_expect_eq(sw_json_take_classes(&found, object, "x.json"), SW_E_DATA, "%s", texts[i]);
        cJSON_Delete(object);
    }
}
