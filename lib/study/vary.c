#include "study/vary.h"
#include "num/draw.h"
#include "num/math.h"
#include "study/form.h"
#include "study/starting.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool no_memory(bsn_faults *faults) {
  faults->no_memory = true;
  return false;
}

/* ---- values of a factor ---- */
typedef struct bounds {
  double a, b;
} bounds;

static bool read_bounds(const bsn_value *v, bounds *out, bsn_faults *faults) {
  bool fits = v->kind == BSN_LIST && v->n == 2 && v->item[0]->kind == BSN_SCALAR && v->item[1]->kind == BSN_SCALAR &&
              bsn_number_read(v->item[0]->text, &out->a) && bsn_number_read(v->item[1]->text, &out->b) &&
              out->a < out->b;
  return fits || bsn_fault(faults, v->mark, "two numbers are wanted here, the smaller one first: [a, b]");
}

enum { MOST_CELLS = 1000000 };

static bool read_size(const bsn_value *v, size_t *n, bsn_faults *faults) {
  double x = 0;
  bool fits = v->kind == BSN_SCALAR && bsn_number_read(v->text, &x) && x >= 1 && x <= MOST_CELLS && x == floor(x);
  *n = fits ? (size_t)x : 0;
  return fits || bsn_fault(faults, v->mark, "a whole number from 1 to %d is wanted here", MOST_CELLS);
}

/* All whole numbers from a to b. */
static bool count_range(bounds b, const bsn_value *range, size_t *n, bsn_faults *faults) {
  bool whole = b.a == floor(b.a) && b.b == floor(b.b), few = b.b - b.a < MOST_CELLS;
  *n = few ? (size_t)(b.b - b.a) + 1 : 0;
  if (!whole) return bsn_fault(faults, range->mark, "range: [a, b] without points wants whole numbers");
  return few || bsn_fault(faults, range->mark, "range: [a, b] has at most %d values: give points", MOST_CELLS);
}

/* 12 significant digits: what a person would write. */
static bsn_value *number_value(bsn_arena *arena, double x, bsn_mark mark) {
  char digits[40], text[32];
  snprintf(digits, sizeof digits, "%.12g", x);
  if (!bsn_number_read(digits, &x)) return NULL;
  bsn_value *v = bsn_value_scalar(arena, bsn_number_text(text, x));
  if (v) v->text = bsn_copy_in(arena, text, strlen(text) + 1);
  if (v) v->mark = mark;
  return v && v->text ? v : NULL;
}

static double between(bounds b, bool log, double share) {
  if (!log) return b.a + (b.b - b.a) * share;
  return share == 0 ? b.a : share == 1 ? b.b : bsn_exp(bsn_log(b.a) + (bsn_log(b.b) - bsn_log(b.a)) * share);
}

static bool fill(bsn_factor *f, bsn_arena *arena, bounds b, bool log, size_t points, bsn_mark mark,
                 bsn_faults *faults) {
  f->n = points;
  f->value = bsn_alloc_in(arena, points * sizeof *f->value);
  if (!f->value) return no_memory(faults);
  bsn_stream stream = bsn_stream_of(0, "vary", f->path, 0);
  for (size_t i = 0; i < points; i++) {
    double even = points > 1 ? (double)i / (double)(points - 1) : 0;
    double share = f->random ? bsn_uniform(stream, i) : even;
    f->value[i] = number_value(arena, between(b, log, share), mark);
    if (!f->value[i]) return no_memory(faults);
  }
  return true;
}

static bool read_spread(bsn_factor *f, bsn_arena *arena, const bsn_value *map, bsn_faults *faults) {
  static const char *const known[] = {"log", "range", "points", "random"};
  for (size_t i = 0; i < map->n; i++) {
    bool found = false;
    for (size_t j = 0; j < 4; j++) found |= !strcmp(map->key[i], known[j]);
    if (!found)
      return bsn_fault(faults, map->keymark[i],
                       "unknown key '%s': a factor is a list, or has log or range, with points or random", map->key[i]);
  }
  const bsn_value *log = bsn_value_get(map, "log"), *range = bsn_value_get(map, "range");
  const bsn_value *random = bsn_value_get(map, "random"), *points = bsn_value_get(map, "points");
  if (!log == !range) return bsn_fault(faults, map->mark, "a factor has either log: [a, b] or range: [a, b]");
  if (random && points) return bsn_fault(faults, points->mark, "a factor has either points or random");
  if (log && !random && !points) return bsn_fault(faults, map->mark, "log: [a, b] wants points: n (or random: n)");
  bounds b;
  if (!read_bounds(log ? log : range, &b, faults)) return false;
  if (log && b.a <= 0) return bsn_fault(faults, log->mark, "log: [a, b] wants numbers above 0");
  size_t n;
  const bsn_value *size = random ? random : points;
  if (!(size ? read_size(size, &n, faults) : count_range(b, range, &n, faults))) return false;
  f->random = random;
  return fill(f, arena, b, log, n, map->mark, faults);
}

/* ---- how values are shown ---- */
static const char *name_of(const bsn_value *v) {
  const bsn_value *name = v->kind == BSN_MAP ? bsn_value_get(v, "name") : v;
  return name && name->kind == BSN_SCALAR ? name->text : NULL;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Do names alone tell the values apart? Then {name: adam, lr: 0.1} is shown as adam. */
static bool names_tell(const bsn_factor *f, bsn_arena *scratch, bool *tell) {
  const char **names = bsn_alloc_in(scratch, f->n * sizeof *names);
  if (!names) return false;
  *tell = true;
  for (size_t i = 0; i < f->n && *tell; i++) *tell = (names[i] = name_of(f->value[i])) != NULL;
  if (*tell) qsort(names, f->n, sizeof *names, by_text);
  for (size_t i = 1; i < f->n && *tell; i++) *tell = strcmp(names[i - 1], names[i]) != 0;
  return true;
}

static const char *quoted(bsn_arena *arena, const char *text) {
  char *out = bsn_alloc_in(arena, 6 * strlen(text) + 3), *p = out;
  if (!out) return NULL;
  *p++ = '"';
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      *p++ = '\\', *p++ = (char)c;
    else if (c < ' ')
      p += sprintf(p, "\\u%04x", c);
    else
      *p++ = (char)c;
  }
  *p = '"';
  return out;
}

/* A row whose name alone does not tell it: "momentum (lr 0.02; momentum 0.8)"; what is no such row as it is written, but for a trial
 * to start from. */
static const char *label_of(bsn_arena *arena, const bsn_value *v) {
  const char *name = v->kind == BSN_MAP ? name_of(v) : NULL, *text = "";
  if (!name) return bsn_value_get(v, "of") ? bsn_start_label(v, arena) : bsn_value_text(arena, v);
  for (size_t i = 0; text && i < v->n; i++) {
    if (!strcmp(v->key[i], "name")) continue;
    const char *value = bsn_value_text(arena, v->item[i]);
    text = value ? bsn_text_in(arena, "%s%s%s %s", text, *text ? "; " : "", v->key[i], value) : NULL;
  }
  return !text || !*text ? (text ? name : NULL) : bsn_text_in(arena, "%s (%s)", name, text);
}

static const char *json_of(bsn_arena *arena, const bsn_value *v, bool by_name) {
  double x;
  if (v->kind == BSN_SCALAR && bsn_number_read(v->text, &x)) {
    char text[32];
    return bsn_text_in(arena, "%s", bsn_number_text(text, x));
  }
  if (v->kind == BSN_SCALAR && (!strcmp(v->text, "true") || !strcmp(v->text, "false"))) return v->text;
  const char *text = v->kind == BSN_SCALAR ? v->text : by_name ? name_of(v) : label_of(arena, v);
  return text ? quoted(arena, text) : NULL;
}

static bool read_values(bsn_factor *f, bsn_arena *arena, const bsn_value *value, bsn_mark mark, bsn_faults *faults) {
  if (value->kind == BSN_MAP) return read_spread(f, arena, value, faults);
  if (value->kind != BSN_LIST || !value->n)
    return bsn_fault(faults, mark, "factor '%s' has no values: a list is wanted", f->path);
  f->n = value->n;
  f->value = bsn_copy_in(arena, value->item, value->n * sizeof *f->value);
  return f->value || no_memory(faults);
}

/* How each value is shown. */
static bool show_values(bsn_factor *f, bsn_arena *arena, bsn_faults *faults) {
  bsn_arena scratch = {0};
  bool by_name = false, ok = names_tell(f, &scratch, &by_name);
  bsn_arena_free(&scratch);
  f->json = ok ? bsn_alloc_in(arena, f->n * sizeof *f->json) : NULL;
  if (!f->json) return no_memory(faults);
  for (size_t i = 0; i < f->n; i++)
    if (!(f->json[i] = json_of(arena, f->value[i], by_name))) return no_memory(faults);
  return true;
}

/* Values that are rows get their long form; *tree becomes one with the first of them, for the factors that follow. */
static bool lengthen(bsn_factor *f, bsn_arena *arena, const bsn_value **tree, bsn_faults *faults) {
  const bsn_value *first = NULL;
  for (size_t i = 0; i < f->n; i++) {
    if (first && f->value[i]->kind == BSN_SCALAR) continue;
    const bsn_value *out = bsn_tree_put(arena, *tree, f->path, f->value[i], faults);
    if (!out) return false;
    f->value[i] = bsn_value_at(out, f->path);
    if (!first) first = out;
  }
  *tree = first;
  return true;
}

static bool read_factor(bsn_factor *f, bsn_arena *arena, const bsn_value *map, size_t i, const bsn_value **tree,
                        bsn_faults *faults) {
  *f = (bsn_factor){.path = map->key[i]};
  return read_values(f, arena, map->item[i], map->keymark[i], faults) && lengthen(f, arena, tree, faults) &&
         show_values(f, arena, faults);
}

/* ---- grids ---- */
/* A path below another one is lost when the upper one is put after it; and is ambiguous when an entry of it sets it too. */
bool bsn_factors_fit(const bsn_factor *earlier, const bsn_factor *later, bsn_mark mark, bsn_faults *faults) {
  const char *upper = earlier->path, *path = later->path;
  size_t n = strlen(upper), m = strlen(path);
  if (!strcmp(path, upper)) return bsn_fault(faults, mark, "'%s' is varied already", path);
  if (!strncmp(path, upper, m) && upper[m] == '.')
    return bsn_fault(faults, mark, "'%s' replaces '%s', which stands before it: put it first", path, upper);
  if (strncmp(path, upper, n) || path[n] != '.') return true;
  for (size_t k = 0; k < earlier->n; k++)
    if (bsn_value_at(earlier->value[k], path + n + 1))
      return bsn_fault(faults, mark, "'%s' is set by an entry of '%s' already", path, upper);
  return true;
}

/* What is the same for all trials. */
bool bsn_path_varies(const char *path, bsn_mark mark, bsn_faults *faults) {
  static const char *const fixed[] = {"study",  "about", "source", "precision", "charts", "targets",
                                      "claims", "vary",  "seeds",  "tune",      NULL};
  for (const char *const *key = fixed; *key; key++) {
    size_t n = strlen(*key);
    if (!strncmp(path, *key, n) && (!path[n] || path[n] == '.'))
      return bsn_fault(faults, mark, "'%s' is the same for all trials: it cannot vary", *key);
  }
  return true;
}

static bool check_factor(const bsn_grid *g, size_t i, bsn_mark mark, bsn_faults *faults) {
  BSN_TRY(bsn_path_varies(g->factor[i].path, mark, faults));
  for (size_t j = 0; j < i; j++)
    if (g->factor[j].n && !bsn_factors_fit(&g->factor[j], &g->factor[i], mark, faults)) return false;
  return true;
}

/* random factors run together: the first one counts, the others must agree. */
static bool count_cells(bsn_grid *g, const bsn_factor *f, size_t *draws, bsn_mark mark, bsn_faults *faults) {
  if (f->random && *draws && f->n != *draws)
    return bsn_fault(faults, mark, "random factors are drawn together: all want the same number of draws");
  if (!f->random || !*draws) g->ncells *= f->n;
  if (f->random) *draws = f->n;
  return g->ncells <= MOST_CELLS || bsn_fault(faults, mark, "more than %d cells", MOST_CELLS);
}

static bool read_grid(bsn_grid *g, bsn_arena *arena, const bsn_value *map, const bsn_value *base, bsn_faults *faults) {
  size_t draws = 0;
  bool ok = true;
  g->nfactors = map->n;
  g->ncells = 1;
  g->factor = bsn_alloc_in(arena, map->n * sizeof *g->factor);
  if (!g->factor) return no_memory(faults);
  for (size_t i = 0; i < map->n; i++) {
    bsn_factor *f = &g->factor[i];
    bool fits = read_factor(f, arena, map, i, &base, faults) && check_factor(g, i, map->keymark[i], faults);
    if (fits) fits = count_cells(g, f, &draws, map->keymark[i], faults);
    if (!fits) f->n = 0;
    if (g->ncells > MOST_CELLS) return false;
    ok = fits && ok;
  }
  return ok;
}

bool bsn_vary_read(bsn_vary *vary, bsn_arena *arena, const bsn_value *value, const bsn_value *base,
                   bsn_faults *faults) {
  static const bsn_value none = {.kind = BSN_MAP};
  if (!value) value = &none;
  bool list = value->kind == BSN_LIST, ok = true;
  *vary = (bsn_vary){.ngrids = list ? value->n : 1};
  if (value->kind == BSN_SCALAR || !vary->ngrids)
    return bsn_fault(faults, value->mark, "vary must map paths to lists of values (or be a list of such mappings)");
  vary->grid = bsn_alloc_in(arena, vary->ngrids * sizeof *vary->grid);
  if (!vary->grid) return no_memory(faults);
  for (size_t i = 0; i < vary->ngrids; i++) {
    const bsn_value *map = list ? value->item[i] : value;
    vary->grid[i].first = vary->ncells;
    if (map->kind != BSN_MAP)
      ok = bsn_fault(faults, map->mark, "vary must map paths to lists of values");
    else
      ok = read_grid(&vary->grid[i], arena, map, base, faults) && ok;
    vary->ncells += vary->grid[i].ncells;
    if (vary->ncells > MOST_CELLS) return ok && bsn_fault(faults, value->mark, "more than %d cells", MOST_CELLS);
  }
  return ok;
}

/* The grid that cell c is of: the last one that does not begin behind it. */
static const bsn_grid *grid_of(const bsn_vary *vary, size_t c) {
  size_t lo = 0, hi = vary->ngrids;
  while (hi - lo > 1) {
    size_t mid = (lo + hi) / 2;
    if (vary->grid[mid].first <= c)
      lo = mid;
    else
      hi = mid;
  }
  return &vary->grid[lo];
}

/* Which value of each factor: the last one runs fastest; the last random factor counts for all. */
static void pick_values(const bsn_grid *g, size_t c, size_t *pick) {
  const bsn_factor *drawn = NULL;
  for (size_t i = g->nfactors; i-- > 0;) {
    const bsn_factor *f = &g->factor[i];
    if (f->random && drawn) {
      pick[i] = pick[drawn - g->factor];
      continue;
    }
    pick[i] = c % f->n;
    c /= f->n;
    if (f->random) drawn = f;
  }
}

bsn_value *bsn_vary_cell(const bsn_vary *vary, size_t c, bsn_arena *arena, const bsn_value *tree, const char **json,
                         bsn_faults *faults) {
  const bsn_grid *g = grid_of(vary, c);
  size_t *pick = bsn_alloc_in(arena, (g->nfactors + 1) * sizeof *pick);
  if (!pick) return no_memory(faults), NULL;
  pick_values(g, c - g->first, pick);
  const char *text = "{";
  bsn_value *out = bsn_copy_in(arena, tree, sizeof *tree);
  if (!out) return no_memory(faults), NULL;
  for (size_t i = 0; out && text && i < g->nfactors; i++) {
    out = bsn_tree_put(arena, out, g->factor[i].path, g->factor[i].value[pick[i]], faults);
    text = bsn_text_in(arena, "%s%s\"%s\": %s", text, i ? ", " : "", g->factor[i].path, g->factor[i].json[pick[i]]);
  }
  *json = text ? bsn_text_in(arena, "%s}", text) : NULL;
  if (!*json) return no_memory(faults), NULL;
  return out;
}
