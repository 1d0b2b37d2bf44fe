/* SPDX-License-Identifier: MIT */
#include "recognized.h"

#include <string.h>

void cli_recognized_print(FILE *stream, const vdib_events_info *info) {
    char text[CLI_TEXT];
    bool guessed = info->unit_by != NULL && strcmp(info->unit_by, "by the numbers") == 0;
    if (info->assumed != NULL)
        fprintf(stream, "  recognized    %s\n", info->assumed);
    if (info->unit != NULL)
        fprintf(stream, "  time stamps   %s in the file, %s%s\n", info->unit, info->unit_by,
                guessed ? "; --unit names another" : "");
    if (info->unit_doubt != NULL)
        fprintf(stream, "  doubt         %s: is the unit another one (--unit)?\n", info->unit_doubt);
    if (info->columns != NULL)
        fprintf(stream, "  columns       %s, by their values%s\n", info->columns,
                info->ambiguous ? "; another order fits, too: name them in a first line (t,x,y,p) if it is that" : "");
    if (info->polarities != NULL)
        fprintf(stream, "  polarities    %s\n", info->polarities);
    if (info->unpacked > 0)
        fprintf(stream, "  unpacked      %s bytes, in the cache folder: such a file is not read as it is\n",
                cli_count(info->unpacked, text));
}

json_t *cli_recognized_json(const vdib_events_info *info) {
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:b, s:s?, s:s?}", "unit", info->unit, "unit_by", info->unit_by,
                     "unit_doubt", info->unit_doubt, "columns", info->columns, "ambiguous", info->ambiguous,
                     "polarities", info->polarities, "assumed", info->assumed);
}
