#include "report/export.h"
#include "store/query.h"
#include <string.h>

const char *bsn_study_name(bsn_store *store, bsn_arena *arena, bsn_error *error) {
  const char *name;
  if (!bsn_store_fact(store, "study", arena, &name, error)) return NULL;
  if (name) return name;
  char *folder = bsn_text_in(arena, "%s", bsn_store_folder(store));
  if (!folder) return bsn_no_memory(error), NULL;
  for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--) folder[n - 1] = 0;
  char *slash = strrchr(folder, '/');
  return slash && slash[1] ? slash + 1 : folder;
}

/* The queries of an export stay open together: the first one that reads fixes the snapshot for all. */
enum { TRIALS, SETTINGS, FINALS, CURVES, QUERIES };

#define TRIAL_COLUMNS \
  "key, cell, replicate, outcome, outcome_step, message, tainted, grads, products, seconds, started, ended, host"
enum { KEY, CELL, REPLICATE, OUTCOME, OUTCOME_STEP, MESSAGE, TAINTED, GRADS, PRODUCTS, SECONDS, STARTED, ENDED, HOST };

static const char *const texts[QUERIES] = {
    [TRIALS] = "SELECT " TRIAL_COLUMNS " FROM trial ORDER BY place, key",
    [SETTINGS] =
        "SELECT path, iif(json_valid(value), value, json_quote(value)) FROM setting WHERE key = ? ORDER BY path",
    [FINALS] = "SELECT name, value FROM final WHERE key = ? ORDER BY name",
    [CURVES] = "SELECT name, step, value FROM curve WHERE key = ? AND kind = 'trial' ORDER BY name, step",
};

static void close_all(bsn_query *query) {
  for (int i = 0; i < QUERIES; i++)
    if (query[i].statement) bsn_query_close(&query[i]);
}

static bool open_all(bsn_query *query, bsn_store *store, bsn_error *error) {
  for (int i = 0; i < QUERIES; i++) BSN_TRY(bsn_query_open(&query[i], store, texts[i], error));
  return true;
}

static bool of_trial(bsn_query *query, const char *key, bsn_error *error) {
  bsn_query_again(query);
  return bsn_query_bind(query, 1, key, error);
}

static void add_member(bsn_out *out, const char *before, const char *name) {
  bsn_out_add(out, "%s", before);
  bsn_out_json(out, name);
  bsn_out_add(out, ": ");
}

static bool settings(bsn_query *query, const char *key, bsn_out *out, bsn_error *error) {
  BSN_TRY(of_trial(query, key, error));
  bsn_out_add(out, ", \"settings\": {");
  for (const char *comma = ""; bsn_query_next(query, error); comma = ", ") {
    const char *value = bsn_query_text(query, 1);
    add_member(out, comma, bsn_query_text(query, 0));
    bsn_out_add(out, "%s", value ? value : "null");
  }
  bsn_out_add(out, "}");
  return !error->code;
}

static bool finals(bsn_query *query, const char *key, bsn_out *out, bsn_error *error) {
  BSN_TRY(of_trial(query, key, error));
  bsn_out_add(out, ", \"final\": {");
  for (const char *comma = ""; bsn_query_next(query, error); comma = ", ") {
    add_member(out, comma, bsn_query_text(query, 0));
    bsn_out_number(out, bsn_query_number(query, 1));
  }
  bsn_out_add(out, "}");
  return !error->code;
}

static bool curves_of(bsn_query *query, const char *key, bsn_out *out, bsn_error *error) {
  BSN_TRY(of_trial(query, key, error));
  char last[256] = "";
  bsn_out_add(out, ", \"curves\": {");
  for (bool first = true; bsn_query_next(query, error); first = false) {
    const char *name = bsn_query_text(query, 0);
    bool same = !first && name && strncmp(name, last, sizeof last - 1) == 0;
    if (!same) add_member(out, first ? "" : "], ", name);
    if (!same && name) strncpy(last, name, sizeof last - 1);
    bsn_out_add(out, "%s[%lld, ", same ? ", " : "[", (long long)bsn_query_whole(query, 1));
    bsn_out_number(out, bsn_query_number(query, 2));
    bsn_out_add(out, "]");
  }
  bsn_out_add(out, *last ? "]}" : "}");
  return !error->code;
}

static void head(const bsn_query *t, bsn_out *out) {
  add_member(out, "{", "key");
  bsn_out_json(out, bsn_query_text(t, KEY));
  bsn_out_add(out, ", \"cell\": %s, \"replicate\": %lld", bsn_query_text(t, CELL),
              (long long)bsn_query_whole(t, REPLICATE));
  add_member(out, ", ", "outcome");
  bsn_out_json(out, bsn_query_text(t, OUTCOME));
  bsn_out_add(out, ", \"outcome_step\": %lld", (long long)bsn_query_whole(t, OUTCOME_STEP));
  if (bsn_query_cell(t, MESSAGE) != BSN_QUERY_NULL) {
    add_member(out, ", ", "message");
    bsn_out_json(out, bsn_query_text(t, MESSAGE));
  }
  bsn_out_add(out, ", \"tainted\": %s", bsn_query_whole(t, TAINTED) ? "true" : "false");
}

static void tail(const bsn_query *t, bsn_out *out) {
  for (int i = GRADS; i <= ENDED; i++) {
    add_member(out, ", ", bsn_query_name(t, i));
    bsn_out_number(out, bsn_query_number(t, i));
  }
  add_member(out, ", ", "host");
  bsn_out_json(out, bsn_query_text(t, HOST));
  bsn_out_add(out, "}");
}

static bool json_trial(bsn_query *query, bsn_out *out, bool curves, bsn_error *error) {
  const char *key = bsn_query_text(&query[TRIALS], KEY);
  if (!key) return bsn_no_memory(error);
  head(&query[TRIALS], out);
  BSN_TRY(settings(&query[SETTINGS], key, out, error));
  BSN_TRY(finals(&query[FINALS], key, out, error));
  if (curves) BSN_TRY(curves_of(&query[CURVES], key, out, error));
  tail(&query[TRIALS], out);
  return true;
}

static bool json_trials(bsn_query *query, bsn_store *store, bsn_out *out, bool curves, bsn_error *error) {
  BSN_TRY(open_all(query, store, error));
  bool ok = true;
  for (const char *comma = "\n"; ok && bsn_query_next(&query[TRIALS], error); comma = ",\n") {
    bsn_out_add(out, "%s", comma);
    ok = json_trial(query, out, curves, error);
  }
  return ok && !error->code;
}

bool bsn_export_json(bsn_store *store, bsn_out *out, bool curves, bsn_error *error) {
  bsn_arena arena = {0};
  bsn_query query[QUERIES] = {0};
  const char *name = bsn_study_name(store, &arena, error);
  add_member(out, "{", "study");
  bsn_out_json(out, name);
  bsn_out_add(out, ", \"trials\": [");
  bool ok = name && json_trials(query, store, out, curves, error);
  bsn_out_add(out, "\n]}\n");
  close_all(query);
  bsn_arena_free(&arena);
  return ok;
}
