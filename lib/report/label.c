#include "report/label.h"
#include "base/value.h"
#include <string.h>

/* One value of a cell: a leaf of its JSON. */
typedef struct factor_value {
  const char *path, *text; /* text is as people read it: no quotes */
  const char *brief;       /* four digits of a number that is no plain integer; NULL: it is none */
  double value;            /* of a number */
  bool number;
} factor_value;

typedef struct cell_values {
  const char *json;
  size_t n;
  factor_value *item;
  const char *label;
} cell_values;

/* A list is one value: [512, 256] reads "512-256"; what is nested in it is kept as it is written. */
static const char *list_text(bsn_arena *arena, const bsn_value *list) {
  const char *all = bsn_value_text(arena, list);
  char *text = all ? bsn_text_in(arena, "%.*s", (int)strlen(all) - 2, all + 1) : NULL, *to = text;
  if (!text) return NULL;
  for (const char *c = text; *c; c++)
    if (*c != ' ' && *c != '"') *to++ = *c == ',' ? '-' : *c;
  *to = 0;
  return text;
}

static bool note_number(bsn_arena *arena, factor_value *item, const bsn_value *v) {
  item->number = v->kind == BSN_SCALAR && bsn_number_read(v->text, &item->value);
  if (!item->number || !strpbrk(v->text, ".eE")) return true;
  item->brief = bsn_text_in(arena, "%.4g", item->value);
  return item->brief;
}

static bool add_values(bsn_arena *arena, cell_values *cell, const char *path, const bsn_value *v);

static bool add_map(bsn_arena *arena, cell_values *cell, const char *path, const bsn_value *map) {
  for (size_t i = 0; i < map->n; i++) {
    const char *below = *path ? bsn_text_in(arena, "%s.%s", path, map->key[i]) : map->key[i];
    if (!below || !add_values(arena, cell, below, map->item[i])) return false;
  }
  return true;
}

/* False without memory. */
static bool add_values(bsn_arena *arena, cell_values *cell, const char *path, const bsn_value *v) {
  if (v->kind == BSN_MAP) return add_map(arena, cell, path, v);
  factor_value *item = bsn_grow_in(arena, cell->item, cell->n, sizeof *item);
  const char *text = v->kind == BSN_LIST ? list_text(arena, v) : v->text;
  if (!item || !text) return false;
  cell->item = item;
  item[cell->n] = (factor_value){.path = path, .text = text};
  return note_number(arena, &item[cell->n++], v);
}

static bool cell_read(bsn_arena *arena, cell_values *cell, bsn_error *error) {
  bsn_faults faults = {.arena = arena};
  const bsn_value *map = bsn_value_read(arena, "a cell", cell->json, strlen(cell->json), &faults);
  if (faults.no_memory) return bsn_no_memory(error);
  if (!map || map->kind != BSN_MAP)
    return bsn_fail(error, BSN_BAD_INPUT, "a cell is no JSON object: %.80s", cell->json);
  return add_values(arena, cell, "", map) || bsn_no_memory(error);
}

static const factor_value *value_of(const cell_values *cell, const char *path) {
  for (size_t i = 0; i < cell->n; i++)
    if (!strcmp(cell->item[i].path, path)) return &cell->item[i];
  return NULL;
}

/* Does the factor tell some cells from others? */
static bool differs(const cell_values *cell, size_t n, const char *path) {
  const factor_value *first = value_of(&cell[0], path);
  for (size_t i = 1; i < n; i++) {
    const factor_value *v = value_of(&cell[i], path);
    if (!v != !first || (v && strcmp(v->text, first->text))) return true;
  }
  return false;
}

/* The brief text, as long as no other value of its factor looks the same. */
static const char *short_text(const factor_value *v, const cell_values *cell, size_t n) {
  if (!v->brief) return v->text;
  for (size_t i = 0; i < n; i++) {
    const factor_value *other = value_of(&cell[i], v->path);
    if (!other || !other->number || other->value == v->value) continue;
    if (!strcmp(other->brief ? other->brief : other->text, v->brief)) return v->text;
  }
  return v->brief;
}

/* "lr" of "optimizer.lr"; "" for what names itself: "optimizer.name", "optimizer". */
static const char *short_path(const char *path) {
  const char *dot = strrchr(path, '.');
  return !dot || !strcmp(dot, ".name") ? "" : dot + 1;
}

static bool cell_label(bsn_arena *arena, cell_values *cell, const cell_values *all, size_t n, const char *without,
                       bsn_error *error) {
  char *label = bsn_text_in(arena, "%s", "");
  for (size_t i = 0; i < cell->n && label; i++) {
    const factor_value *v = &cell->item[i];
    if ((without && !strcmp(v->path, without)) || !strcmp(v->path, "study") || !differs(all, n, v->path)) continue;
    const char *key = v->number && !strchr(v->path, '.') ? v->path : short_path(v->path);
    label = bsn_text_in(arena, "%s%s%s%s%s", label, *label ? ", " : "", key, *key ? " " : "", short_text(v, all, n));
  }
  if (!label) return bsn_no_memory(error);
  if (*label)
    for (char *c = label; *c; c++) *c = *c == '_' ? ' ' : *c;
  cell->label = *label ? label : "all trials";
  return true;
}

static const char *study_of(const cell_values *cell) {
  const factor_value *v = value_of(cell, "study");
  return v ? v->text : "";
}

/* Is the name of cell i one of another study's, too? */
static bool is_shared(const cell_values *cell, size_t n, size_t i) {
  for (size_t k = 0; k < n; k++)
    if (!strcmp(cell[k].label, cell[i].label) && strcmp(study_of(&cell[k]), study_of(&cell[i]))) return true;
  return false;
}

/* What the name of cell i is where there are several studies. NULL without memory. */
static const char *full_name(bsn_arena *arena, const cell_values *cell, size_t n, size_t i) {
  const char *study = study_of(&cell[i]), *label = cell[i].label;
  if (!*study || !differs(cell, n, "study")) return label;
  if (!strcmp(label, "all trials")) return study;
  return is_shared(cell, n, i) ? bsn_text_in(arena, "%s: %s", study, label) : label;
}

bool bsn_label_cells(bsn_table_result *table, const char *without, bsn_error *error) {
  bsn_series series;
  BSN_TRY(bsn_series_of(table, &series, error));
  cell_values *cell = bsn_alloc_in(table->arena, (series.n + 1) * sizeof *cell);
  if (!cell) return bsn_no_memory(error);
  for (size_t i = 0; i < series.n; i++) {
    cell[i].json = series.name[i];
    BSN_TRY(cell_read(table->arena, &cell[i], error));
  }
  for (size_t i = 0; i < series.n; i++) BSN_TRY(cell_label(table->arena, &cell[i], cell, series.n, without, error));
  const char **name = bsn_alloc_in(table->arena, (series.n + 1) * sizeof *name);
  if (!name) return bsn_no_memory(error);
  for (size_t i = 0; i < series.n; i++)
    if (!(name[i] = full_name(table->arena, cell, series.n, i))) return bsn_no_memory(error);
  for (size_t row = 0; row < table->rows; row++) table->cell[row * table->columns] = bsn_words(name[series.of[row]]);
  return true;
}

char *bsn_label_escape(bsn_arena *arena, const char *text) {
  char *out = bsn_alloc_in(arena, 2 * strlen(text) + 1), *to = out;
  if (!out) return NULL;
  for (; *text; text++) {
    if (strchr("_^{}@&~\\", *text)) *to++ = '\\';
    *to++ = *text == '\n' ? ' ' : *text;
  }
  return out;
}

/* Widths of Liberation Sans, in thousandths of its size, by the characters that have them; others are like digits, 556. */
static const struct advance {
  const char *characters;
  double width;
} advances[] = {
    {"ijl'|", 222}, {"ft ,.:;/I![]", 278}, {"r-()", 333}, {"cksvxyzJ", 500}, {"wCDHNRU", 722}, {"ABEKPSVXY", 667},
    {"FTZ", 611},   {"GOQ", 778},          {"mM", 833},   {"W", 944},        {"=+<>~", 584},   {"%", 889}};

double bsn_label_width(const char *text) {
  double sum = 0;
  for (; *text; text++) {
    double width = (*text & 0xC0) == 0x80 ? 0 : 556;
    for (size_t i = 0; i < sizeof advances / sizeof *advances; i++)
      if (strchr(advances[i].characters, *text)) width = advances[i].width;
    sum += width;
  }
  return sum / 556;
}

/* ---- standard terms ---- */

typedef struct term {
  const char *name, *label;
} term;

static const term *term_find(const term *table, const char *name) {
  for (; table->name; table++)
    if (!strcmp(table->name, name)) return table;
  return NULL;
}

static const char *sentence(bsn_arena *arena, const char *name) {
  const char *dot = strrchr(name, '.');
  char *text = bsn_text_in(arena, "%s", dot ? dot + 1 : name);
  for (char *c = text; c && *c; c++) *c = *c == '_' ? ' ' : *c;
  if (text && *text >= 'a' && *text <= 'z') *text = (char)(*text - 'a' + 'A');
  return text;
}

static const term terms[] = {{"step", "Step"},
                             {"epoch", "Epoch"},
                             {"examples", "Training examples processed"},
                             {"grads", "Gradient evaluations (passes over the training set)"},
                             {"seconds", "Wall-clock time (s)"},
                             {"lr", "Learning rate"},
                             {"optimizer.lr", "Learning rate"},
                             {"train.batch", "Batch size"},
                             {"optimizer.weight_decay", "Weight decay"},
                             {"optimizer.name", "Optimizer"},
                             {"optimizer", "Optimizer"},
                             {"model.name", "Model"},
                             {"model", "Model"},
                             {"loss", "Loss"},
                             {"train_loss", "Training loss"},
                             {"train_accuracy", "Training accuracy"},
                             {"objective", "Objective"},
                             {"gradient_norm", "Gradient norm"},
                             {"update_norm", "Update norm"},
                             {"effective_lr", "Effective learning rate (update norm / gradient norm)"},
                             {"optimizer_norm_1", "Norm of the optimizer's first state vector"},
                             {"optimizer_bytes", "Optimizer state (bytes)"},
                             {"hessian_eigenvalue_1", "Largest Hessian eigenvalue"},
                             {"hessian_trace", "Hessian trace"},
                             {0}};

const char *bsn_label_of(bsn_arena *arena, const char *name) {
  const term *found = term_find(terms, name);
  return found ? found->label : sentence(arena, name);
}
