/* Any bytes as a csv file of curves: refused with a message that names a place, or a table whose own text reads back to the same one,
 * and curves that can be drawn. The first line may name columns: :y=loss,x=iteration. */
#include "report/overlay.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void need(bool holds) {
  if (!holds) abort();
}

/* A file in memory, and the path that it has for this process. */
static int file_of(const void *bytes, size_t n, char path[32]) {
  int fd = memfd_create("overlay", 0);
  need(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
  snprintf(path, 32, "/proc/self/fd/%d", fd);
  return fd;
}

static void put_field(FILE *out, const char *text, bool last) {
  fputc('"', out);
  for (; text && *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  fputs(last ? "\"\n" : "\",", out);
}

static void same_again(const bsn_table_result *t) {
  char *text, path[32];
  size_t n;
  FILE *out = open_memstream(&text, &n);
  for (size_t c = 0; c < t->columns; c++) put_field(out, t->name[c], c + 1 == t->columns);
  for (size_t i = 0; i < t->rows * t->columns; i++) put_field(out, t->cell[i].text, (i + 1) % t->columns == 0);
  fclose(out);
  int fd = file_of(text, n, path);
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_csv again;
  need(bsn_csv_read(&again, &arena, path, &error));
  need(again.table.columns == t->columns && again.table.rows == t->rows);
  for (size_t c = 0; c < t->columns; c++) need(!strcmp(again.table.name[c], t->name[c]));
  for (size_t i = 0; i < t->rows * t->columns; i++) {
    const char *a = t->cell[i].text, *b = again.table.cell[i].text;
    need(!a == !b && (!a || (*a && !strcmp(a, b))));
  }
  bsn_arena_free(&arena);
  close(fd);
  free(text);
}

/* Lines of rows come in order, from the second on. */
static void check_table(const bsn_csv *csv) {
  for (size_t row = 0; row < csv->table.rows; row++) need(csv->line[row] > (row ? csv->line[row - 1] : 1));
  same_again(&csv->table);
}

static void check_curves(const bsn_table_result *t) {
  need(t->rows > 0);
  for (size_t row = 0; row < t->rows; row++) {
    const bsn_cell *cell = bsn_result_at(t, row, 0);
    need(cell->kind == BSN_CELL_TEXT && *cell->text);
    double y = bsn_result_number(t, row, bsn_result_column(t, "y")),
           bad = bsn_result_number(t, row, bsn_result_column(t, "y_bad"));
    need(isfinite(bsn_result_number(t, row, bsn_result_column(t, "x"))));
    need(bad >= 0 && (isfinite(y) || bad > 0));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  bsn_arena arena = {0};
  bsn_error error = {0};
  bsn_csv csv;
  bsn_table_result curves;
  char path[32];
  const uint8_t *line = n && *data == ':' ? memchr(data, '\n', n) : NULL;
  size_t head = line ? (size_t)(line - data) : 0, skip = line ? head + 1 : 0;
  int fd = file_of(data + skip, n - skip, path);
  const char *spec = bsn_text_in(&arena, "%s%.*s", path, (int)head, (const char *)data);
  bool whole = bsn_csv_read(&csv, &arena, path, &error);
  need(whole || (error.code == BSN_BAD_INPUT && !strncmp(error.text, path, strlen(path))));
  if (whole) check_table(&csv);
  error = (bsn_error){0};
  bool ok = bsn_overlay_read(&curves, &arena, spec, "optimizer.lr", "test_accuracy", &error);
  need(ok ? whole : error.code == BSN_BAD_INPUT || (error.code == BSN_USAGE && line));
  if (ok) check_curves(&curves);
  close(fd);
  bsn_arena_free(&arena);
  return 0;
}
