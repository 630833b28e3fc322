/* tables.h: the families of the data table, inside lib/data.
 *
 *     const bsn_data bsn_data_generated[] = {{.row = {"sine", ...}, .load = load_sine}, {.row = {0}}};
 *
 * A family is an array of rows ended by one without a name; load.c joins them.
 */
#ifndef BSN_DATA_TABLES_H
#define BSN_DATA_TABLES_H

#include "data/dataset.h"

extern const bsn_data bsn_data_generated[]; /* drawn from streams */
extern const bsn_data bsn_data_published[]; /* drawn once and for all by somebody else */
extern const bsn_data bsn_data_packaged[];  /* come with Debian or with basin */
extern const bsn_data bsn_data_files[];     /* the user's own files */

#endif
