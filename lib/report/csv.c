#include "report/csv.h"
#include "base/value.h"
#include <string.h>

enum { MOST_COLUMNS = 256 };

typedef struct reader {
  bsn_csv *csv;
  bsn_arena *arena;
  bsn_error *error;
  char *at;            /* the text is cut into fields in place */
  size_t line, begins; /* where it is; where the row begins */
  size_t n;
  const char *field[MOST_COLUMNS]; /* of the row */
} reader;

static bool wrong(const reader *r, const char *what) {
  return bsn_fail(r->error, BSN_BAD_INPUT, "%s:%zu: %s", r->csv->path, r->begins, what);
}

/* The rest of a field whose quote was opened, without its quotes. */
static bool take_quoted(reader *r) {
  char *to = r->at;
  for (;; *to++ = *r->at++) {
    if (!*r->at) return wrong(r, "a quote is not closed");
    if (*r->at == '"' && *++r->at != '"') break;
    r->line += *r->at == '\n';
  }
  char *end = to;
  r->at += strspn(r->at, " \t\r");
  if (*r->at && *r->at != ',' && *r->at != '\n') return wrong(r, "text behind a closing quote");
  if (end < r->at) *end = 0;
  return true;
}

static void take_plain(reader *r) {
  char *start = r->at, *end = r->at += strcspn(r->at, ",\n");
  while (end > start && strchr(" \t\r", end[-1])) end--;
  if (end < r->at) *end = 0;
}

/* One field; *more: another one follows in this row. */
static bool take_field(reader *r, bool *more) {
  r->at += strspn(r->at, " \t");
  if (r->n == MOST_COLUMNS) return wrong(r, "too many fields");
  bool quote = *r->at == '"';
  r->at += quote;
  r->field[r->n++] = r->at;
  if (!quote)
    take_plain(r);
  else
    BSN_TRY(take_quoted(r));
  *more = *r->at == ',';
  r->line += *r->at == '\n';
  if (*r->at) *r->at++ = 0;
  return true;
}

/* The next row that says something; *there: false at the end. */
static bool take_row(reader *r, bool *there) {
  for (;;) {
    size_t blank = strspn(r->at, " \t\r");
    if (r->at[blank] != '\n' && r->at[blank] != '#') break;
    r->at += strcspn(r->at, "\n");
    r->line += *r->at == '\n';
    r->at += *r->at == '\n';
  }
  r->n = 0;
  r->begins = r->line;
  *there = r->at[strspn(r->at, " \t\r")] != 0;
  for (bool more = *there; more;) BSN_TRY(take_field(r, &more));
  return true;
}

static bool take_head(reader *r) {
  bool there;
  BSN_TRY(take_row(r, &there));
  for (size_t i = 0; i < r->n; i++)
    for (size_t k = 0; k < i; k++)
      if (!strcmp(r->field[i], r->field[k]))
        return bsn_fail(r->error, BSN_BAD_INPUT, "%s:%zu: a second column '%s'", r->csv->path, r->begins, r->field[i]);
  return bsn_result_init(&r->csv->table, r->arena, r->n, r->field) || bsn_no_memory(r->error);
}

static bool keep_row(reader *r) {
  bsn_table_result *t = &r->csv->table;
  if (r->n != t->columns)
    return bsn_fail(r->error, BSN_BAD_INPUT, "%s:%zu: %zu field%s, but the first line names %zu columns", r->csv->path,
                    r->begins, r->n, r->n == 1 ? "" : "s", t->columns);
  size_t *line = bsn_grow_in(r->arena, r->csv->line, t->rows, sizeof *line);
  bsn_cell *to = line ? bsn_result_row(t) : NULL;
  if (!to) return bsn_no_memory(r->error);
  r->csv->line = line;
  line[t->rows - 1] = r->begins;
  for (size_t i = 0; i < r->n; i++)
    if (*r->field[i]) to[i] = bsn_words(r->field[i]);
  return true;
}

static bool is_text(reader *r, size_t length) {
  size_t end = strlen(r->at), line = 1;
  for (size_t i = 0; i < end; i++) line += r->at[i] == '\n';
  return end == length || bsn_fail(r->error, BSN_BAD_INPUT, "%s:%zu: a zero byte: this is no text", r->csv->path, line);
}

bool bsn_csv_read(bsn_csv *csv, bsn_arena *arena, const char *path, bsn_error *error) {
  reader *r = bsn_alloc_in(arena, sizeof *r);
  size_t length;
  *csv = (bsn_csv){.path = path};
  if (!r) return bsn_no_memory(error);
  *r = (reader){.csv = csv, .arena = arena, .error = error, .line = 1};
  BSN_TRY(bsn_file_read(arena, path, &r->at, &length, error));
  BSN_TRY(is_text(r, length));
  if (!strncmp(r->at, "\xEF\xBB\xBF", 3)) r->at += 3;
  BSN_TRY(take_head(r));
  for (bool there = true; there;) {
    BSN_TRY(take_row(r, &there));
    if (there) BSN_TRY(keep_row(r));
  }
  if (csv->table.rows) return true;
  return bsn_fail(error, BSN_BAD_INPUT, "%s: there are no rows below a line with names of columns", path);
}
