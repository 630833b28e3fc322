/* Every allocation of the reader, the rows and the records fails once: a message, no crash, no leak (a sanitizer looks).
 * See refuse.h. */
#include "refuse.h"
#include "base/record.h"
#include "every_type.h"
#include <unistd.h>

static const char good[] =
    "study: x\n"
    "rule:\n"
    "  name: sgd\n"
    "  label: \"two\\nlines\"\n"
    "  file: LICENSE\n"
    "  reals: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n"
    "  counts: [1, 2]\n"
    "  base: sgd\n"
    "  all: [tanh, {name: sgd, base: sgd}, {sgd: {steps: 3}}]\n";
static const char bad[] =
    "rule: {name: sgd, lrr: 1, zebra: 2, lr: 3, mode: men, all: [sdg, {tanh: 1}, zzz], file: no}\n";

/* Read text as a study with one rule; settings go into record. */
static bool read_study(bsn_record *record, bsn_arena *arena, const char *text, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables, .folder = getenv("BASIN_SOURCE")};
  bsn_choice choice;
  bsn_value *file = bsn_value_read(arena, "a.yaml", text, strlen(text), &faults);
  bsn_value *lr = file ? bsn_value_read(arena, "--set", "0.25", 4, &faults) : NULL;
  if (lr) file = bsn_value_put(arena, file, "rule.base.lr", lr, &faults);
  if (lr && file) file = bsn_value_without(arena, file, "study");
  if (lr && !file) bsn_no_memory(error);
  if (lr && file) bsn_read_row(&reader, &table, bsn_value_get(file, "rule"), "rule", &choice, NULL, NULL);
  record->settings = reader.settings;
  if (faults.n && !bsn_faults_text(arena, &faults)) return bsn_no_memory(error);
  return bsn_faults_none(&faults, error) && !error->code;
}

static bool keep_record(bsn_record *record, bsn_arena *arena, bsn_error *error) {
  bsn_sink *sink = bsn_memory_sink_in(arena);
  void *bytes;
  size_t n;
  bsn_record back;
  if (!sink) return bsn_no_memory(error);
  BSN_TRY(sink->put(sink, record, error));
  BSN_TRY(sink->get(sink, record->key, arena, &back, error));
  BSN_TRY(sink->save(sink, "blob", "bytes", 5, error));
  BSN_TRY(sink->load(sink, "blob", arena, &bytes, &n, error));
  return bsn_record_pack(&back, arena, &bytes, &n, error);
}

static bool work(bsn_arena *arena, bsn_error *error) {
  static const float numbers[] = {1, 2, 3};
  char key[33], *text;
  size_t length;
  bsn_record record;
  bsn_record_init(&record, arena, "key", "key", "trial", 0);
  BSN_TRY(read_study(&record, arena, good, error));
  BSN_TRY(bsn_settings_key(&record.settings, key, error));
  bool kept = bsn_record_metric(&record, 0, "test_loss", 1) && bsn_record_clock(&record, 0, 1) &&
              bsn_record_array(&record, (bsn_array){0, "a", 'f', 1, {3}, numbers});
  if (!kept) return bsn_no_memory(error);
  BSN_TRY(keep_record(&record, arena, error));
  char *path = bsn_text_in(arena, "%s/LICENSE", getenv("BASIN_SOURCE"));
  if (!path) return bsn_no_memory(error);
  return bsn_file_read(arena, path, &text, &length, error);
}

static bool complain(bsn_arena *arena, bsn_error *error) {
  bsn_record record = {0};
  bool ok = read_study(&record, arena, bad, error);
  ck_assert(!ok);
  return false;
}

START_TEST(pieces_fail_while_all_is_well) { refuse_each(work, false, BSN_OK, 300); }
END_TEST

START_TEST(blocks_fail_while_all_is_well) { refuse_each(work, true, BSN_OK, 2); }
END_TEST

START_TEST(pieces_fail_while_complaining) { refuse_each(complain, false, BSN_BAD_INPUT, 50); }
END_TEST

START_TEST(blocks_fail_while_complaining) { refuse_each(complain, true, BSN_BAD_INPUT, 1); }
END_TEST

BASIN_TESTS("memory", pieces_fail_while_all_is_well, blocks_fail_while_all_is_well, pieces_fail_while_complaining,
            blocks_fail_while_complaining)
