/* Reading a chart's head. */
#include "report/chart.h"
#include "base/value.h"
#include "report/derive.h"
#include <stdio.h>
#include <string.h>

typedef struct head {
  bsn_chart *chart;
  bsn_arena *arena;
  bsn_error *error;
  int line;
} head;

static bool wrong(head *h, const char *what, const char *word) {
  return bsn_fail(h->error, BSN_BAD_INPUT, "%s:%d: %s%s%s%s", h->chart->path, h->line, what, *word ? " \"" : "", word,
                  *word ? "\"" : "");
}

/* The next word of *text, cut out in place; "" at the end. */
static char *word(char **text) {
  char *start = *text + strspn(*text, " "), *end = start + strcspn(start, " ");
  *text = *end ? end + 1 : end;
  *end = 0;
  return start;
}

static bool once(head *h, const char **field, char *text, const char *name) {
  if (*field) return wrong(h, "a second line of", name);
  if (!*text) return wrong(h, "nothing stands behind", name);
  *field = text;
  return true;
}

static bool take_doc(head *h, char *text) { return once(h, &h->chart->doc, text, "doc"); }

static bool take_select(head *h, char *text) {
  h->chart->select_line = h->line;
  return once(h, &h->chart->select, text, "select");
}

static bool take_empty(head *h, char *text) {
  h->chart->empty_line = h->line;
  return once(h, &h->chart->empty, text, "empty");
}

static bool take_overlay(head *h, char *text) {
  h->chart->overlay_line = h->line;
  return once(h, &h->chart->overlay, text, "overlay");
}

static bsn_chart_parameter *find_parameter(const bsn_chart *chart, const char *name) {
  for (size_t i = 0; i < chart->nparameters; i++)
    if (!strcmp(chart->parameter[i].name, name)) return &chart->parameter[i];
  return NULL;
}

static bool take_parameter(head *h, char *text) {
  bsn_chart *chart = h->chart;
  const char *name = word(&text), *value = word(&text);
  if (!*name || !*value) return wrong(h, "a parameter needs a name and a default", "");
  if (find_parameter(chart, name)) return wrong(h, "a second parameter", name);
  bsn_chart_parameter *p = bsn_grow_in(h->arena, chart->parameter, chart->nparameters, sizeof *p);
  if (!p) return bsn_no_memory(h->error);
  chart->parameter = p;
  p[chart->nparameters++] = (bsn_chart_parameter){.name = name, .value = value, .doc = text};
  return true;
}

static bool take_choice(head *h, char *text) {
  const char *name = word(&text);
  bsn_chart_parameter *p = find_parameter(h->chart, name);
  if (!p) return wrong(h, "choices of an unknown parameter", name);
  for (const char *value = word(&text); *value; value = word(&text)) {
    const char **choice = bsn_grow_in(h->arena, p->choice, p->nchoices, sizeof *choice);
    if (!choice) return bsn_no_memory(h->error);
    p->choice = choice;
    choice[p->nchoices++] = value;
  }
  return p->nchoices > 0 || wrong(h, "no choices of", name);
}

static bool take_derive(head *h, char *text) {
  bsn_chart *chart = h->chart;
  bsn_chart_derive *d = bsn_grow_in(h->arena, chart->derive, chart->nderives, sizeof *d);
  char name[64] = "";
  if (!d) return bsn_no_memory(h->error);
  chart->derive = d;
  sscanf(text, "%63s", name);
  if (!bsn_derive_find(name)) return wrong(h, "there is no derive", name);
  d[chart->nderives++] = (bsn_chart_derive){h->line, text};
  return true;
}

static const struct entry {
  const char *name;
  bool (*take)(head *h, char *text);
} entries[] = {{"doc", take_doc},        {"parameter", take_parameter}, {"choice", take_choice},
               {"select", take_select},  {"derive", take_derive},       {"empty", take_empty},
               {"overlay", take_overlay}};

static bool take_entry(head *h, char *text) {
  const char *name = word(&text);
  text += strspn(text, " ");
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    if (!strcmp(entries[i].name, name)) return entries[i].take(h, text);
  return wrong(h, "a head has doc, parameter, choice, select, derive, empty and overlay, not", name);
}

/* One entry: the line at *at and those that continue it, joined by spaces; *at moves behind them. NULL: no memory. */
static char *join(head *h, const char **at, int *lines) {
  char *text = bsn_text_in(h->arena, "%s", "");
  for (*lines = 0; !strncmp(*at, "#:", 2); ++*lines) {
    if (!text) return NULL;
    const char *from = *at + 2, *end = from + strcspn(from, "\n");
    if (*lines && strncmp(from, "  ", 2)) break;
    from += strspn(from, " ");
    int n = from < end ? (int)(end - from) : 0;
    text = bsn_text_in(h->arena, "%s%s%.*s", text, *lines ? " " : "", n, from);
    *at = *end ? end + 1 : end;
  }
  return text;
}

static bool whole(head *h) {
  if (!h->chart->doc) return wrong(h, "the head has no", "doc");
  if (!h->chart->select) return wrong(h, "the head has no", "select");
  return true;
}

static bool set_name(bsn_chart *chart, bsn_arena *arena, const char *path) {
  const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
  chart->path = bsn_copy_in(arena, path, strlen(path) + 1);
  chart->name = bsn_text_in(arena, "%.*s", (int)(dot ? (size_t)(dot - file) : strlen(file)), file);
  return chart->path && chart->name;
}

bool bsn_chart_parse(bsn_chart *chart, bsn_arena *arena, const char *path, const char *text, bsn_error *error) {
  *chart = (bsn_chart){0};
  if (!set_name(chart, arena, path)) return bsn_no_memory(error);
  head h = {chart, arena, error, 1};
  for (int lines; !strncmp(text, "#:", 2); h.line += lines) {
    char *entry = join(&h, &text, &lines);
    if (!entry) return bsn_no_memory(error);
    BSN_TRY(take_entry(&h, entry));
  }
  chart->body = bsn_text_in(arena, "%s", text);
  if (!chart->body) return bsn_no_memory(error);
  return whole(&h);
}

bool bsn_chart_read(bsn_chart *chart, bsn_arena *arena, const char *path, bsn_error *error) {
  char *text;
  size_t length;
  BSN_TRY(bsn_file_read(arena, path, &text, &length, error));
  return bsn_chart_parse(chart, arena, path, text, error);
}
