#include "tiles_panels.h"

static const sw_tiles_panel usual_panels[] = {SW_TILES_INPUTS, SW_TILES_TRUTH, SW_TILES_PREDICTION};

int tiles_panel_count(const sw_tiles_spec *spec)
{
    return spec->panels ? spec->panel_count : (int)(sizeof usual_panels / sizeof *usual_panels);
}

sw_tiles_panel tiles_panel_at(const sw_tiles_spec *spec, int i)
{
    return spec->panels ? spec->panels[i] : usual_panels[i];
}

bool tiles_show(const sw_tiles_spec *spec, sw_tiles_panel panel)
{
    for (int i = 0; i < tiles_panel_count(spec); i++)
        if (tiles_panel_at(spec, i) == panel) return true;
    return false;
}
