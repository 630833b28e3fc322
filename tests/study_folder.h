/* study_folder.h: a throw-away store with made-up records, for tests of what keeps and reads them.
 *
 *     START_STUDY                        // arena, error, folder, store, sink
 *     bsn_record r = trial_record(&arena, 1);
 *     OK(sink->put(sink, &r, &error));
 *     END_STUDY
 */
#ifndef STUDY_FOLDER_H
#define STUDY_FOLDER_H

#include "folder.h"
#include "store/query.h"
#include "store/store.h"

#define OK(call) ck_assert_msg(call, "%s", error.text)

#define START_STUDY                                                   \
  bsn_arena arena = {0};                                              \
  bsn_error error = {0};                                              \
  char *folder = new_folder(&arena);                                  \
  bsn_store *store = bsn_store_open(folder, BSN_STORE_WRITE, &error); \
  ck_assert_msg(store, "%s", error.text);                             \
  bsn_sink *sink = bsn_store_sink(store);                             \
  (void)sink;

#define END_STUDY         \
  bsn_store_close(store); \
  remove_folder(folder);  \
  bsn_arena_free(&arena);

/* The first number that a query gives. */
static inline double number_of(bsn_store *store, const char *sql) {
  bsn_query q;
  bsn_error error = {0};
  OK(bsn_query_open(&q, store, sql, &error));
  ck_assert_msg(bsn_query_next(&q, &error), "%s: %s", sql, error.text);
  double x = bsn_query_number(&q, 0);
  bsn_query_close(&q);
  return x;
}

/* The key of record i; lives until this thread's fourth call after it. */
static inline const char *key_of(int i) {
  static char keys[4][33];
  static int next;
  char *key = keys[next++ % 4];
  snprintf(key, 33, "%032x", i);
  return key;
}

/* A finished trial: replicate i of the cell lr 0.1, at place i, with curves of two points that depend on i. */
static inline bsn_record trial_record(bsn_arena *arena, int i) {
  static bsn_setting settings[] = {
      {"optimizer.lr", "0.1", "0.1"}, {"probes", "[1,2]", NULL}, {"study", "a \"b\"", NULL}};
  bsn_record r;
  bsn_record_init(&r, arena, key_of(i), key_of(i), "trial", 0);
  r.outcome = BSN_BUDGET;
  r.outcome_step = 10;
  r.tainted = true;
  r.grads = 1.5, r.products = 2.5, r.seconds = 0.125, r.started = 10, r.ended = 20;
  r.host = "here";
  r.cell = "{\"optimizer.lr\": 0.1}";
  r.replicate = r.place = i;
  r.settings = (bsn_settings){3, settings};
  ck_assert(bsn_record_metric(&r, 0, "test_loss", 2.5) && bsn_record_metric(&r, 10, "test_loss", 0.1 + i));
  ck_assert(bsn_record_metric(&r, 10, "huge", INFINITY) && bsn_record_metric(&r, 10, "undefined", NAN));
  return r;
}

#endif
