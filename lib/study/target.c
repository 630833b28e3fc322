/* Reading `targets:` and `claims:`; what needs the study's cells is in target_check.c. */
#include "study/target.h"
#include "stats/rule.h"
#include "study/study.h"
#include <string.h>

typedef struct lister {
  bsn_arena *arena;
  bsn_faults *faults;
  bsn_study_targets *out;
} lister;

static bool no_memory(const lister *l) {
  l->faults->no_memory = true;
  return false;
}

static bsn_mark key_mark(const bsn_value *map, const char *key) {
  for (size_t i = 0; i < map->n; i++)
    if (!strcmp(map->key[i], key)) return map->keymark[i];
  return map->mark;
}

/* ---- where, against ---- */
static bool read_condition(const lister *l, const char *key, bsn_mark mark, const bsn_value *v, bsn_condition *c) {
  bool list = v->kind == BSN_LIST;
  size_t n = list ? v->n : 1;
  const bsn_value **value = list ? (const bsn_value **)v->item : bsn_copy_in(l->arena, &v, sizeof v);
  if (!value) return no_memory(l);
  if (!n) return bsn_fault(l->faults, v->mark, "%s is one of no values: nothing is", key);
  for (size_t i = 0; i < n; i++)
    if (value[i]->kind != BSN_SCALAR)
      return bsn_fault(l->faults, value[i]->mark,
                       "a value to look for is a number or a word (of a row its name), or a list of such");
  *c = (bsn_condition){key, mark, n, value};
  return true;
}

static bool read_conditions(const lister *l, const bsn_value *map, const char *key, bsn_conditions *out) {
  const bsn_value *v = bsn_value_get(map, key);
  if (!v) return true;
  if (v->kind != BSN_MAP || !v->n)
    return bsn_fault(l->faults, v->mark, "%s must map paths to values: {optimizer.name: adam}", key);
  *out = (bsn_conditions){v->n, bsn_alloc_in(l->arena, v->n * sizeof *out->item)};
  if (!out->item) return no_memory(l);
  bool ok = true;
  for (size_t i = 0; i < v->n; i++) ok = read_condition(l, v->key[i], v->keymark[i], v->item[i], &out->item[i]) && ok;
  return ok;
}

/* ---- at, value, sd: one of each, or lists of equal length ---- */
typedef struct column {
  const bsn_value *const *item;
  const bsn_value *one; /* a single one stands for all */
  size_t n;
} column;

static column column_of(const bsn_value *v) {
  bool list = v && v->kind == BSN_LIST;
  return (column){list ? (const bsn_value *const *)v->item : NULL, list ? NULL : v, list ? v->n : 1};
}

static const bsn_value *item_of(const column *c, size_t i) { return c->item ? c->item[i] : c->one; }

static bool read_unit(const lister *l, const bsn_value *v, bsn_time *unit, column *times) {
  static const char rule[] = "at must be end, {step: N} or {epoch: N} (or a list of them: {epoch: [1, 10]})";
  *times = column_of(NULL);
  if (!v || (v->kind == BSN_SCALAR && !strcmp(v->text, "end"))) return true;
  if (v->kind != BSN_MAP || v->n != 1) return bsn_fault(l->faults, v->mark, "%s", rule);
  bool step = !strcmp(v->key[0], "step");
  if (!step && strcmp(v->key[0], "epoch")) return bsn_fault(l->faults, v->keymark[0], "%s", rule);
  unit->unit = step ? BSN_TIME_STEP : BSN_TIME_EPOCH;
  *times = column_of(v->item[0]);
  return true;
}

static bool read_number(const lister *l, const bsn_value *v, const char *key, double *x) {
  return (v->kind == BSN_SCALAR && bsn_number_read(v->text, x)) ||
         bsn_fault(l->faults, v->mark, "%s must be a number (or a list of numbers)", key);
}

typedef struct columns {
  column at, value, sd;
  const bsn_value *list; /* the first one that is a list, as long as all others */
} columns;

/* Lists that stand beside each other are equally long. */
static bool count_rows(const lister *l, columns *c, const bsn_value *map, const bsn_value *at, size_t *n) {
  const bsn_value *value = bsn_value_get(map, "value"), *sd = bsn_value_get(map, "sd");
  const struct {
    const char *key;
    const column *column;
    const bsn_value *v;
  } all[] = {{"at", &c->at, at}, {"value", &c->value, value}, {"sd", &c->sd, sd}};
  const char *first = NULL;
  *n = 1;
  for (size_t i = 0; i < 3; i++) {
    if (!all[i].column->item) continue;
    if (!all[i].column->n) return bsn_fault(l->faults, all[i].v->mark, "%s is a list of nothing", all[i].key);
    if (first && all[i].column->n != *n)
      return bsn_fault(l->faults, all[i].v->mark, "%s has %zu items, but %s has %zu: one target each", all[i].key,
                       all[i].column->n, first, *n);
    if (!first && i)
      return bsn_fault(l->faults, all[i].v->mark, "%s is a list: at wants to be one, too, as {epoch: [1, 10]}",
                       all[i].key);
    first = all[i].key;
    *n = all[i].column->n;
  }
  return true;
}

static bool fill_one(const lister *l, const columns *c, size_t i, bsn_study_target *t) {
  const bsn_value *at = item_of(&c->at, i), *value = item_of(&c->value, i), *sd = item_of(&c->sd, i);
  if (at && (!read_number(l, at, "at", &t->at.at) || t->at.at < 0))
    return bsn_fault(l->faults, at->mark, "at must not be before 0");
  if (value && !read_number(l, value, "value", &t->value)) return false;
  if (value) t->text = value->text;
  if (sd && !read_number(l, sd, "sd", &t->sd)) return false;
  return !sd || t->sd > 0 || bsn_fault(l->faults, sd->mark, "sd must be above 0");
}

static bool add(const lister *l, const bsn_study_target *t) {
  bsn_study_target *items = bsn_grow_in(l->arena, l->out->item, l->out->n, sizeof *items);
  if (!items) return no_memory(l);
  l->out->item = items;
  items[l->out->n++] = *t;
  return true;
}

/* One target for each item of the lists. */
static bool add_all(const lister *l, const bsn_value *map, bsn_study_target *t) {
  const bsn_value *value = t->levels ? NULL : bsn_value_get(map, "value"), *at = bsn_value_get(map, "at");
  columns c = {.value = column_of(value), .sd = column_of(bsn_value_get(map, "sd"))};
  size_t n;
  BSN_TRY(read_unit(l, at, &t->at, &c.at) && count_rows(l, &c, map, at, &n));
  bool ok = true;
  for (size_t i = 0; i < n; i++) {
    bsn_study_target one = *t;
    ok = fill_one(l, &c, i, &one) && add(l, &one) && ok;
  }
  return ok;
}

/* ---- one target ---- */
static const bsn_param target_params[] = {
    {"metric", BSN_TEXT, offsetof(bsn_study_target, metric), NULL, .doc = "what is compared"},
    {"by", BSN_TEXT, offsetof(bsn_study_target, by), "none", .doc = "path whose values are the levels"},
    {"n", BSN_COUNT, offsetof(bsn_study_target, n), "none", .lo = 1, .hi = 1e9,
     .doc = "runs behind the published value"},
    {"rule", BSN_ROW, offsetof(bsn_study_target, rule), NULL, .table = "rule", .doc = "how it is compared"},
    {"source", BSN_TEXT, offsetof(bsn_study_target, source), "none", .doc = "where it is published"},
    {"say", BSN_TEXT, offsetof(bsn_study_target, say), "none", .doc = "the sentence for people"},
    {"differs", BSN_TEXT, offsetof(bsn_study_target, differs), "none", .doc = "why ours is known to differ"},
    {0}};
static const char *const target_keys[] = {"where", "against", "at", "value", "sd", NULL};

static bool read_params(const lister *l, const bsn_param *params, const char *const *known, const bsn_value *map,
                        const char *path, void *into) {
  bsn_reader reader = {.arena = l->arena, .faults = l->faults, .tables = bsn_tables};
  return bsn_read_params(&reader, params, map, path, into, known);
}

/* What goes with the rule. */
static bool check_rule(const lister *l, const bsn_value *map, bsn_study_target *t) {
  const bsn_rule *rule = (const bsn_rule *)t->rule.row;
  const bsn_value *value = bsn_value_get(map, "value"), *sd = bsn_value_get(map, "sd");
  const char *name = rule->row.name;
  if (rule->by && !t->by) return bsn_fault(l->faults, map->mark, "rule %s wants by: the path of a factor", name);
  if (!rule->by && t->by)
    return bsn_fault(l->faults, t->by_mark, "rule %s looks at single cells: by is not used", name);
  if (rule->wants == BSN_PUBLISHED_NOTHING && value)
    return bsn_fault(l->faults, value->mark, "rule %s compares with no value", name);
  if (rule->wants != BSN_PUBLISHED_NOTHING && !value)
    return bsn_fault(l->faults, map->mark, "rule %s wants a value", name);
  if (!rule->spread && sd) return bsn_fault(l->faults, sd->mark, "sd goes with rule band, not with %s", name);
  if (!rule->spread && t->n)
    return bsn_fault(l->faults, key_mark(map, "n"), "n goes with rule band, not with %s", name);
  if (sd && t->n < 2) return bsn_fault(l->faults, sd->mark, "sd is of several published runs: say of how many (n: 10)");
  if (t->n > 1 && !sd) return bsn_fault(l->faults, key_mark(map, "n"), "n: %zu runs want their sd", t->n);
  return true;
}

static bool read_levels(const lister *l, const bsn_value *map, bsn_study_target *t) {
  const bsn_value *v = bsn_value_get(map, "value");
  if (((const bsn_rule *)t->rule.row)->wants != BSN_PUBLISHED_LEVELS) return true;
  if (v->kind == BSN_MAP)
    return bsn_fault(l->faults, v->mark, "value must be a level, or a list of them ([] for none)");
  t->nlevels = v->kind == BSN_LIST ? v->n : 1;
  const bsn_value **levels = bsn_alloc_in(l->arena, (t->nlevels + 1) * sizeof *levels);
  if (!levels) return no_memory(l);
  for (size_t i = 0; i < t->nlevels; i++) levels[i] = v->kind == BSN_LIST ? v->item[i] : v;
  t->levels = levels;
  for (size_t i = 0; i < t->nlevels; i++)
    if (t->levels[i]->kind != BSN_SCALAR)
      return bsn_fault(l->faults, t->levels[i]->mark, "a level is a number or a word");
  return true;
}

static bool read_places(const lister *l, const bsn_value *map, bsn_study_target *t) {
  t->mark = map->mark;
  t->metric_mark = bsn_value_get(map, "metric")->mark;
  t->by_mark = key_mark(map, "by");
  bool ok = read_conditions(l, map, "where", &t->where);
  return read_conditions(l, map, "against", &t->against) && ok;
}

static bool read_target(const lister *l, const bsn_value *map, const char *path) {
  bsn_study_target t = {0};
  BSN_TRY(read_params(l, target_params, target_keys, map, path, &t));
  bool ok = read_places(l, map, &t);
  return check_rule(l, map, &t) && read_levels(l, map, &t) && ok && add_all(l, map, &t);
}

/* ---- one claim ---- */
static const struct expectation {
  const char *word, *rule;
  bool by;
} expectations[] = {{"increasing", "trend", true}, {"decreasing", "trend", true}, {"unimodal", "shape", true},
                    {"valley", "shape", true},     {"positive", "sign", false},   {"negative", "sign", false}};
static const char *const expect_words[] = {"increasing", "decreasing", "unimodal", "valley",
                                           "positive",   "negative",   NULL};

typedef struct claim_config {
  bsn_study_target target;
  const char *expect;
} claim_config;

static const bsn_param claim_params[] = {
    {"say", BSN_TEXT, offsetof(claim_config, target.say), NULL, .doc = "the claim in words"},
    {"metric", BSN_TEXT, offsetof(claim_config, target.metric), NULL, .doc = "what it is about"},
    {"by", BSN_TEXT, offsetof(claim_config, target.by), "none", .doc = "path whose values are the levels"},
    {"expect", BSN_WORD, offsetof(claim_config, expect), NULL, .words = expect_words, .doc = "what should be so"},
    {"source", BSN_TEXT, offsetof(claim_config, target.source), "none", .doc = "who claims it"},
    {"differs", BSN_TEXT, offsetof(claim_config, target.differs), "none", .doc = "why ours is known to differ"},
    {0}};
static const char *const claim_keys[] = {"where", "against", "at", NULL};

/* The rule that an `expect` stands for. */
static bool expect_rule(const lister *l, const char *expect, bsn_choice *rule) {
  const struct expectation *e = expectations;
  while (strcmp(e->word, expect)) e++;
  const char *text = bsn_text_in(l->arena, "{name: %s, is: %s}", e->rule, expect);
  bsn_value *v = text ? bsn_value_read(l->arena, "expect", text, strlen(text), l->faults) : NULL;
  bsn_reader reader = {.arena = l->arena, .faults = l->faults, .tables = bsn_tables};
  return v ? bsn_read_row(&reader, &bsn_rules, v, "expect", rule, NULL, NULL) : no_memory(l);
}

static bool read_claim(const lister *l, const bsn_value *map, const char *path) {
  claim_config c = {0};
  BSN_TRY(read_params(l, claim_params, claim_keys, map, path, &c) && expect_rule(l, c.expect, &c.target.rule));
  bool by = ((const bsn_rule *)c.target.rule.row)->by, ok = read_places(l, map, &c.target);
  c.target.claim = true;
  if (by != (c.target.by != NULL))
    ok = bsn_fault(l->faults, bsn_value_get(map, "expect")->mark,
                   by ? "%s along what? by is missing" : "%s is about single cells: by is not used", c.expect);
  return ok && add_all(l, map, &c.target);
}

/* ---- both lists ---- */
static bool read_list(const lister *l, const bsn_value *list, const char *key,
                      bool (*read)(const lister *l, const bsn_value *map, const char *path)) {
  if (!list) return true;
  if (list->kind != BSN_LIST) return bsn_fault(l->faults, list->mark, "%s must be a list", key);
  bool ok = true;
  for (size_t i = 0; i < list->n; i++) {
    const char *path = bsn_text_in(l->arena, "%s.%zu", key, i);
    if (!path) return no_memory(l);
    ok = read(l, list->item[i], path) && ok;
  }
  return ok;
}

bool bsn_study_targets_read(bsn_study_targets *out, bsn_arena *arena, const bsn_value *targets, const bsn_value *claims,
                            bsn_faults *faults) {
  lister l = {arena, faults, out};
  *out = (bsn_study_targets){0};
  bool ok = read_list(&l, targets, "targets", read_target);
  return read_list(&l, claims, "claims", read_claim) && ok;
}
