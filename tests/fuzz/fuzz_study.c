/* Any bytes as an experiment file: a tree or faults, never a crash; a tree's own text reads back to the same tree. */
#include "../every_type.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* libfyaml 0.7.12 itself loses a buffer on some malformed files. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libfyaml"; }

static void need(bool holds) {
  if (!holds) abort();
}

static void same_again(bsn_arena *arena, const bsn_value *file, bsn_faults *faults) {
  const char *text = bsn_value_text(arena, file);
  bsn_value *again = bsn_value_read(arena, "again", text, strlen(text), faults);
  need(again && !strcmp(bsn_value_text(arena, again), text));
}

static void use(bsn_arena *arena, const bsn_value *file, bsn_faults *faults) {
  bsn_reader reader = {.arena = arena, .faults = faults, .tables = tables};
  bsn_choice choice;
  bsn_error error = {0};
  char key[33];
  const bsn_value *rule = bsn_value_get(file, "rule");
  bool ok = bsn_read_row(&reader, &table, rule ? rule : file, "rule", &choice, NULL, NULL);
  need(ok == (faults->n == 0));
  need(bsn_settings_key(&reader.settings, key, &error));
  if (!rule) return;
  bsn_value *edited = bsn_value_put(arena, file, "rule.base.lr", bsn_value_scalar(arena, "1"), faults);
  need(!edited || bsn_value_at(edited, "rule.base.lr"));
  if (edited) need(!bsn_value_at(bsn_value_without(arena, edited, "rule.base"), "rule.base"));
}

/* Keys longer than 1000 characters are outside of what YAML writes on one line. */
static bool has_long_line(const uint8_t *data, size_t n) {
  size_t length = 0;
  for (size_t i = 0; i < n && length < 900; i++) length = data[i] == '\n' ? 0 : length + 1;
  return length >= 900;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  bsn_arena arena = {0};
  bsn_faults faults = {.arena = &arena};
  bsn_value *file = bsn_value_read(&arena, "a.yaml", (const char *)data, n, &faults);
  need((file != NULL) == (faults.n == 0));
  if (file && !has_long_line(data, n)) same_again(&arena, file, &faults);
  if (file) use(&arena, file, &faults);
  need(bsn_faults_text(&arena, &faults) != NULL);
  bsn_arena_free(&arena);
  return 0;
}
