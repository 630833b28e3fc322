#include "base/value.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool noted_before(const bsn_faults *faults, bsn_mark mark, const char *text) {
  for (size_t i = 0; i < faults->n; i++) {
    const bsn_mark *m = &faults->item[i].mark;
    bool same = m->source == mark.source && m->line == mark.line && m->column == mark.column;
    if (same && !strcmp(faults->item[i].text, text)) return true;
  }
  return false;
}

bool bsn_fault(bsn_faults *faults, bsn_mark mark, const char *format, ...) {
  char sentence[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(sentence, sizeof sentence, format, list);
  va_end(list);
  if (noted_before(faults, mark, sentence)) return false;
  const char *text = bsn_text_in(faults->arena, "%s", sentence);
  struct bsn_fault *item = bsn_grow_in(faults->arena, faults->item, faults->n, sizeof *item);
  if (item) faults->item = item;
  if (item && text)
    item[faults->n++] = (struct bsn_fault){mark, text};
  else
    faults->no_memory = true;
  return false;
}

/* Faults in the order of their places: sources in the order in which they first had one, then lines and columns. */
typedef struct place {
  const struct bsn_fault *fault;
  size_t source, noted;
} place;

static int by_place(const void *a, const void *b) {
  const place *p = a, *q = b;
  const bsn_mark *m = &p->fault->mark, *o = &q->fault->mark;
  if (p->source != q->source) return p->source < q->source ? -1 : 1;
  if (m->line != o->line) return m->line < o->line ? -1 : 1;
  if (m->column != o->column) return m->column < o->column ? -1 : 1;
  return p->noted < q->noted ? -1 : p->noted > q->noted;
}

static size_t first_of_source(const bsn_faults *faults, const bsn_source *source) {
  size_t i = 0;
  while (faults->item[i].mark.source != source) i++;
  return i;
}

static place *in_order(bsn_arena *arena, const bsn_faults *faults) {
  place *places = bsn_alloc_in(arena, faults->n * sizeof *places);
  if (!places) return NULL;
  for (size_t i = 0; i < faults->n; i++) {
    const struct bsn_fault *fault = &faults->item[i];
    places[i] = (place){fault, first_of_source(faults, fault->mark.source), i};
  }
  qsort(places, faults->n, sizeof *places, by_place);
  return places;
}

/* A line of the source, as much of it as a terminal shows well: columns from + 1 .. from + shown. */
typedef struct excerpt {
  const char *text;
  int bytes, from, shown;
} excerpt;

enum { SHOWN = 110, BEFORE = 80 };

static bool starts_character(char c) { return ((unsigned char)c & 0xC0) != 0x80; }

static const char *line_start(const bsn_source *source, int line) {
  const char *s = source->text, *end = s + source->length;
  for (int i = 1; i < line && s < end; i++) {
    const char *newline = memchr(s, '\n', (size_t)(end - s));
    s = newline ? newline + 1 : end;
  }
  return s;
}

static excerpt excerpt_of(const bsn_mark *mark) {
  const char *s = line_start(mark->source, mark->line), *end = mark->source->text + mark->source->length;
  excerpt e = {.from = mark->column > BEFORE + 1 ? mark->column - 1 - BEFORE : 0};
  for (int skip = e.from; skip > 0 && s < end && *s != '\n'; s++) skip -= s + 1 < end && starts_character(s[1]);
  e.text = s;
  for (; s < end && *s != '\n' && *s != '\r'; s++) {
    if (starts_character(*s) && e.shown == SHOWN) break;
    e.shown += starts_character(*s);
  }
  e.bytes = (int)(s - e.text);
  return e;
}

/* The line (tabs as blanks, so that the caret stands where it should) and the caret line. */
static char *picture(bsn_arena *arena, const bsn_mark *mark) {
  excerpt e = excerpt_of(mark);
  if (!e.bytes) return bsn_text_in(arena, "%s", ""); /* an empty line shows nothing */
  int before = mark->column - 1 - e.from, width = mark->width;
  if (before > e.shown) before = e.shown;
  if (width > e.shown - before) width = e.shown - before;
  if (width < 1) width = 1;
  char *text = bsn_text_in(arena, "\n%.*s\n%*s^%*s", e.bytes, e.text, before, "", width - 1, "");
  if (!text) return NULL;
  for (int i = 1; i <= e.bytes; i++)
    if ((unsigned char)text[i] < ' ' && text[i]) text[i] = ' ';
  size_t n = strlen(text);
  memset(text + n - (size_t)(width - 1), '~', (size_t)(width - 1));
  return text;
}

static char *fault_text(bsn_arena *arena, const struct bsn_fault *fault) {
  const bsn_mark *mark = &fault->mark;
  if (!mark->source) return bsn_text_in(arena, "error: %s", fault->text);
  if (!mark->source->text || mark->line < 1)
    return bsn_text_in(arena, "%s: error: %s", mark->source->name, fault->text);
  char *lines = picture(arena, mark);
  if (!lines) return NULL;
  return bsn_text_in(arena, "%s:%d:%d: error: %s%s", mark->source->name, mark->line, mark->column, fault->text, lines);
}

/* As many whole faults as fit into limit bytes (the first one always), then how many were left out. */
static const char *join(bsn_arena *arena, const bsn_faults *faults, size_t limit) {
  const char *all = bsn_text_in(arena, "%s", "");
  place *places = in_order(arena, faults);
  if (!places) return NULL;
  for (size_t i = 0; all && i < faults->n; i++) {
    char *one = fault_text(arena, places[i].fault);
    if (!one) return NULL;
    if (i && strlen(all) + strlen(one) > limit) return bsn_text_in(arena, "%s\n(and %zu more)", all, faults->n - i);
    all = bsn_text_in(arena, "%s%s%s", all, i ? "\n" : "", one);
  }
  return all;
}

const char *bsn_faults_text(bsn_arena *arena, const bsn_faults *faults) { return join(arena, faults, SIZE_MAX); }

bool bsn_faults_none(const bsn_faults *faults, bsn_error *error) {
  if (faults->no_memory) return bsn_no_memory(error);
  if (faults->n == 0) return true;
  enum { REST = 64 };
  bsn_arena scratch = {0};
  const char *text = join(&scratch, faults, sizeof error->text - REST);
  if (text)
    bsn_fail(error, BSN_BAD_INPUT, "%s", text);
  else
    bsn_no_memory(error);
  bsn_arena_free(&scratch);
  return false;
}

/* Nearest words. */

enum { LONGEST = 64 };

static int least(int a, int b) { return a < b ? a : b; }

/* Edit distance with swaps of neighbours (optimal string alignment), three rows of the table at a time. */
static int distance(const char *a, int n, const char *b, int m) {
  int rows[3][LONGEST + 1];
  for (int j = 0; j <= m; j++) rows[0][j] = j;
  for (int i = 1; i <= n; i++) {
    int *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    now[0] = i;
    for (int j = 1; j <= m; j++) {
      now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = least(now[j], before[j - 2] + 1);
    }
  }
  return rows[n % 3][m];
}

static bool divides(char c) { return c == '_' || c == '-' || c == ' '; }

/* lr of learning_rate. */
static bool is_initials(const char *initials, const char *word) {
  for (bool start = true; *word; start = divides(*word), word++)
    if (start && !divides(*word) && *initials++ != *word) return false;
  return *initials == 0;
}

/* batch of batch_size. */
static bool is_first_part(const char *part, const char *word) {
  size_t n = strlen(part);
  return n > 0 && !strncmp(part, word, n) && divides(word[n]);
}

static bool is_short_for(const char *a, const char *b) {
  return is_initials(a, b) || is_initials(b, a) || is_first_part(a, b) || is_first_part(b, a);
}

const char *bsn_nearest(const char *word, size_t n, const char *const *words) {
  size_t length = strlen(word);
  if (length == 0 || length > LONGEST) return NULL;
  const char *best = NULL;
  int best_distance = LONGEST;
  for (size_t i = 0; i < n; i++) {
    size_t other = strlen(words[i]), longer = other > length ? other : length;
    if (longer > LONGEST || longer < 2) continue;
    int d = distance(word, (int)length, words[i], (int)other), allowed = longer < 6 ? 1 : (int)longer / 3;
    if (d <= allowed && d < best_distance) best = words[i], best_distance = d;
  }
  for (size_t i = 0; i < n && !best; i++)
    if (is_short_for(word, words[i])) best = words[i];
  return best;
}
