#include "report/result.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bsn_result_init(bsn_table_result *table, bsn_arena *arena, size_t columns, const char *const *names) {
  *table = (bsn_table_result){.arena = arena, .columns = columns};
  table->name = bsn_alloc_in(arena, columns * sizeof *table->name);
  if (!table->name) return false;
  for (size_t i = 0; i < columns; i++) {
    table->name[i] = bsn_text_in(arena, "%s", names[i]);
    if (!table->name[i]) return false;
  }
  return true;
}

bsn_cell *bsn_result_row(bsn_table_result *table) {
  size_t row = table->columns * sizeof(bsn_cell);
  bsn_cell *cell = bsn_grow_in(table->arena, table->cell, table->rows, row);
  if (!cell) return NULL;
  table->cell = cell;
  return memset(cell + table->columns * table->rows++, 0, row);
}

const bsn_cell *bsn_result_at(const bsn_table_result *table, size_t row, size_t column) {
  return &table->cell[row * table->columns + column];
}

double bsn_result_number(const bsn_table_result *table, size_t row, size_t column) {
  const bsn_cell *cell = bsn_result_at(table, row, column);
  return cell->kind == BSN_CELL_NUMBER ? cell->number : NAN;
}

size_t bsn_result_column(const bsn_table_result *table, const char *name) {
  for (size_t i = 0; i < table->columns; i++)
    if (!strcmp(table->name[i], name)) return i;
  return SIZE_MAX;
}

bsn_cell bsn_number(double number) { return (bsn_cell){.kind = BSN_CELL_NUMBER, .number = number}; }
bsn_cell bsn_words(const char *text) { return (bsn_cell){.kind = BSN_CELL_TEXT, .text = text}; }

/* What a cell says, for a name or a file. */
static const char *cell_text(bsn_arena *arena, const bsn_cell *cell) {
  switch (cell->kind) {
  case BSN_CELL_TEXT:
    return cell->text;
  case BSN_CELL_NUMBER:
    return isnan(cell->number) ? "nan" : bsn_text_in(arena, "%.10g", cell->number);
  case BSN_CELL_BYTES:
    return "(bytes)";
  default:
    return "nan";
  }
}

static size_t series_find(const bsn_series *series, const char *name, size_t guess) {
  if (guess < series->n && !strcmp(series->name[guess], name)) return guess;
  for (size_t i = 0; i < series->n; i++)
    if (!strcmp(series->name[i], name)) return i;
  return series->n;
}

bool bsn_series_of(const bsn_table_result *table, bsn_series *series, bsn_error *error) {
  *series = (bsn_series){.of = bsn_alloc_in(table->arena, table->rows * sizeof(size_t))};
  if (!series->of) return bsn_no_memory(error);
  for (size_t row = 0; row < table->rows; row++) {
    const char *name = cell_text(table->arena, bsn_result_at(table, row, 0));
    if (!name) return bsn_no_memory(error);
    size_t i = series_find(series, name, row ? series->of[row - 1] : 0);
    series->of[row] = i;
    if (i < series->n) continue;
    const char **names = bsn_grow_in(table->arena, series->name, i, sizeof *names);
    if (!names) return bsn_no_memory(error);
    series->name = names;
    series->name[series->n++] = name;
  }
  return true;
}

static void put_text(FILE *out, const char *text) {
  for (; *text; text++) fputc(*text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text, out);
}

static void put_line(FILE *out, bsn_arena *arena, const bsn_table_result *table, size_t row) {
  for (size_t c = 1; c < table->columns; c++) {
    const char *text = row == SIZE_MAX ? table->name[c] : cell_text(arena, bsn_result_at(table, row, c));
    put_text(out, text ? text : "nan");
    fputc(c + 1 < table->columns ? '\t' : '\n', out);
  }
}

static void put_blocks(FILE *out, const bsn_table_result *table, const bsn_series *series) {
  for (size_t i = 0; i < series->n; i++) {
    fputs(i ? "\n\n# " : "# ", out);
    put_text(out, series->name[i]);
    fputc('\n', out);
    put_line(out, table->arena, table, SIZE_MAX);
    for (size_t row = 0; row < table->rows; row++)
      if (series->of[row] == i) put_line(out, table->arena, table, row);
  }
}

char *bsn_result_tsv(const bsn_table_result *table, bsn_error *error) {
  bsn_series series;
  if (!bsn_series_of(table, &series, error)) return NULL;
  char *text = NULL, *kept = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out) {
    put_blocks(out, table, &series);
    bool bad = ferror(out) != 0;
    if (fclose(out) == 0 && !bad) kept = bsn_copy_in(table->arena, text, size + 1);
  }
  free(text);
  if (!kept) bsn_no_memory(error);
  return kept;
}
