/* optim_check.h: rows of optim/ from a line like "momentum lr=0.1 momentum=0.5", read as a study's file is. */
#ifndef OPTIM_CHECK_H
#define OPTIM_CHECK_H

#include "basin_check.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

/* The row and config of words; the test fails when they cannot be read. */
static inline bsn_choice choice_of(bsn_arena *arena, const bsn_table *table, const char *words) {
  const bsn_table *tables[] = {&bsn_optimizers, &bsn_schedules, NULL};
  bsn_faults faults = {.arena = arena};
  bsn_reader reader = {.arena = arena, .faults = &faults, .tables = tables, .folder = "."};
  bsn_value *value = NULL;
  char *copy = bsn_text_in(arena, "%s", words), *rest;
  for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *equals = strchr(word, '=');
    if (equals) *equals = 0;
    bsn_value *part =
        bsn_value_read(arena, word, equals ? equals + 1 : word, strlen(equals ? equals + 1 : word), &faults);
    value = equals ? bsn_value_put(arena, value, word, part, &faults) : part;
    ck_assert_ptr_nonnull(value);
  }
  bsn_choice choice = {0};
  bool ok = bsn_read_row(&reader, table, value, "x", &choice, NULL, NULL);
  ck_assert_msg(ok && faults.n == 0, "%s: %s", words, bsn_faults_text(arena, &faults));
  return choice;
}

#endif
