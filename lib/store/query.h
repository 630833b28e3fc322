/* query.h: SELECTs on a store, row by row.
 *
 *     bsn_query q;
 *     BSN_TRY(bsn_query_open(&q, store, "SELECT name, avg(value) FROM final GROUP BY name", error));
 *     while (bsn_query_next(&q, error)) use(bsn_query_text(&q, 0), bsn_query_number(&q, 1));
 *     bsn_query_close(&q);
 *     return !error->code;
 *
 * Columns count from 0. Text and bytes live until the next row.
 */
#ifndef BSN_STORE_QUERY_H
#define BSN_STORE_QUERY_H

#include "store/store.h"

typedef enum bsn_query_kind {
  BSN_QUERY_NULL,
  BSN_QUERY_WHOLE,
  BSN_QUERY_NUMBER,
  BSN_QUERY_TEXT,
  BSN_QUERY_BYTES
} bsn_query_kind;

typedef struct bsn_query {
  bsn_store *store;
  void *statement; /* SQLite's */
  int columns;
} bsn_query;

/* Prepare one statement that changes nothing. Anything wrong with its text is BSN_USAGE with SQLite's words. Nothing needs
 * to be closed on failure. The text may be the user's own. */
bool bsn_query_open(bsn_query *query, bsn_store *store, const char *sql, bsn_error *error);

/* Set parameter number i (from 1) of the text, before the first row. text must live until close. */
bool bsn_query_bind(bsn_query *query, int i, const char *text, bsn_error *error);

/* Is there one more row? False at the end and on an error. */
bool bsn_query_next(bsn_query *query, bsn_error *error);

/* Start again from the first row, parameters kept. */
void bsn_query_again(bsn_query *query);

void bsn_query_close(bsn_query *query);

const char *bsn_query_name(const bsn_query *query, int column);    /* of the column; "" without memory */
bsn_query_kind bsn_query_cell(const bsn_query *query, int column); /* what is in this row's cell */
const char *bsn_query_text(const bsn_query *query, int column);    /* as text; NULL for NULL and without memory */
double bsn_query_number(const bsn_query *query, int column);       /* NULL is nan */
int64_t bsn_query_whole(const bsn_query *query, int column);
const void *bsn_query_bytes(const bsn_query *query, int column, size_t *n);

#endif
