/* predict: what a stored model says of new inputs. */
#include "plan.h"
#include "study/predict.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct options {
  bsn_arena arena;
  const char *study, *file, *out;
  word_list cell, set; /* "path=value" */
  char **argv;         /* as it was, for the program of the other precision */
} options;

/* ---- the command line ---- */
enum { CELL = OPTION_OUT + 1, REPLICATE, SET };

/* The length of the first of "a=1,b=[2, 3]": commas inside of brackets part nothing. */
static size_t first_part(const char *text) {
  size_t n = 0;
  for (int depth = 0; text[n] && (depth > 0 || text[n] != ','); n++)
    depth += (strchr("[{(", text[n]) != NULL) - (strchr("]})", text[n]) != NULL);
  return n;
}

static error_t add_cell(options *o, const char *text, struct argp_state *state) {
  for (size_t n; *text; text += n + (text[n] == ',')) {
    n = first_part(text);
    const char *part = bsn_text_in(&o->arena, "%.*s", (int)n, text);
    if (part && !strchr(part, '=')) argp_error(state, "--cell: '%s' is not path=value", part);
    if (!word_list_add(&o->cell, &o->arena, part)) return ENOMEM;
  }
  return 0;
}

static error_t add_replicate(options *o, const char *text, struct argp_state *state) {
  double x;
  if (!bsn_number_read(text, &x) || x < 0) argp_error(state, "--replicate: '%s' is not a whole number from 0 on", text);
  return word_list_add(&o->cell, &o->arena, bsn_text_in(&o->arena, "replicate=%s", text)) ? 0 : ENOMEM;
}

static const option_field fields[] = {
    {OPTION_OUT, OPTION_TEXT, offsetof(options, out)}, {SET, OPTION_WORDS, offsetof(options, set)}, {0}};

static error_t parse(int key, char *arg, struct argp_state *state) {
  options *o = state->input;
  error_t taken = take_option(fields, key, arg, o, &o->arena);
  if (taken != ARGP_ERR_UNKNOWN) return taken;
  switch (key) {
  case CELL:
    return add_cell(o, arg, state);
  case REPLICATE:
    return add_replicate(o, arg, state);
  case ARGP_KEY_ARG:
    if (o->file) argp_error(state, "'%s' is one word too many", arg);
    *(o->study ? &o->file : &o->study) = arg;
    return 0;
  case ARGP_KEY_END:
    if (!o->study) argp_error(state, "which study?");
    if (!o->file) argp_error(state, "which file of inputs?");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* ---- which trial ---- */
/* The study as it was run; paths in it are relative to its file, where that is known. */
static bsn_study *stored_study(options *o, bsn_store *store, bsn_error *error) {
  const char *text = NULL, *const *folders = share_folders(&o->arena);
  bool is_file = !is_folder(o->study) && access(o->study, F_OK) == 0;
  if (!folders) return bsn_no_memory(error), NULL;
  if (!bsn_store_fact(store, "file", &o->arena, &text, error)) return NULL;
  if (!text) return bsn_fail(error, BSN_BAD_INPUT, "%s: the store does not have the study's file", o->study), NULL;
  return bsn_study_read(&o->arena, is_file ? o->study : "the study's file", text, strlen(text), o->set.n, o->set.item,
                        folders, error);
}

/* A cell that a search has met, as words, unless it is among them. */
static bool add_new(bsn_arena *arena, word_list *cells, const char *cell) {
  const char *text = cell_words(arena, cell);
  for (size_t i = 0; text && i < cells->n; i++)
    if (!strcmp(cells->item[i], text)) return true;
  return word_list_add(cells, arena, text ? bsn_text_in(arena, "%s", text) : NULL);
}

/* "\n  a=1 b=2\n  .." of the first cells. */
static const char *list_of(bsn_arena *arena, const word_list *c) {
  enum { SHOWN = 20 };
  const char *list = "";
  for (size_t i = 0; list && i < c->n && i < SHOWN; i++) list = bsn_text_in(arena, "%s\n  %s", list, c->item[i]);
  return list && c->n > SHOWN ? bsn_text_in(arena, "%s\n  ..", list) : list;
}

static bool choose(options *o, const word_list *all, const word_list *met, bsn_error *error) {
  bool none = met->n == 0;
  const char *list = list_of(&o->arena, none ? all : met);
  if (!list) return bsn_no_memory(error);
  if (met->n == 1) return true;
  if (!none) return bsn_fail(error, BSN_USAGE, "which cell? --cell with one of%s", list);
  const char *asked = "";
  for (size_t i = 0; asked && i < o->cell.n; i++)
    asked = bsn_text_in(&o->arena, "%s%s%s", asked, i ? "," : "", o->cell.item[i]);
  return bsn_fail(error, BSN_USAGE, "no trial has %s; the cells are%s", asked ? asked : "", list);
}

/* Look at trial number i; *first: number of the first one that is meant. */
static bool meet(options *o, const bsn_study *s, size_t i, word_list *all, word_list *met, size_t *first,
                 bsn_error *error) {
  bsn_arena scratch = {0};
  bsn_trial t;
  bool ok = bsn_study_trial(s, i, &scratch, &t, error);
  if (ok && !t.tuning) { /* what tuning has tried is no result */
    bool is = trial_is(&scratch, &t, o->cell.n, o->cell.item);
    if (is && !met->n) *first = i;
    ok = (add_new(&o->arena, all, t.cell) && (!is || add_new(&o->arena, met, t.cell))) || bsn_no_memory(error);
  }
  bsn_arena_free(&scratch);
  return ok;
}

/* The first trial of the cell that is meant. */
static bool find_trial(options *o, bsn_study *s, bsn_sink *sink, bsn_trial *found, bsn_error *error) {
  word_list all = {0}, met = {0};
  size_t first = 0;
  while (bsn_study_more(s, sink, error)) continue;
  bool ok = !error->code;
  for (size_t i = 0; ok && i < s->ntrials; i++) ok = meet(o, s, i, &all, &met, &first, error);
  return ok && choose(o, &all, &met, error) && bsn_study_trial(s, first, &o->arena, found, error);
}

/* ---- the table ---- */
static void write_head(const bsn_prediction *p, bsn_out *out) {
  bsn_out_add(out, "row,prediction");
  if (!p->classes && p->width > 1) bsn_out_add(out, "_0");
  for (size_t j = p->classes ? 0 : 1; j < p->width; j++)
    bsn_out_add(out, ",%s_%zu", p->classes ? "p" : "prediction", j);
  bsn_out_add(out, "\n");
}

static void write_class(const bsn_prediction *p, size_t i, bsn_out *out) {
  bsn_out_add(out, ",");
  if (p->class_name)
    bsn_out_csv(out, p->class_name[p->best[i]]);
  else
    bsn_out_add(out, "%zu", p->best[i]);
}

static bool write_rows(const bsn_prediction *p, bsn_error *error) {
  bsn_out out = {.write = to_stdout};
  write_head(p, &out);
  for (size_t i = 0; i < p->n; i++) {
    bsn_out_add(&out, "%zu", i);
    if (p->classes) write_class(p, i, &out);
    for (size_t j = 0; j < p->width; j++) {
      bsn_out_add(&out, ",");
      bsn_out_csv_number(&out, p->value[i * p->width + j]);
    }
    bsn_out_add(&out, "\n");
  }
  bool ok = bsn_out_end(&out, error);
  bsn_out_free(&out);
  return ok;
}

static bool predict(options *o, bsn_store *store, bsn_error *error) {
  bsn_trial trial;
  bsn_prediction p;
  bsn_study *s = stored_study(o, store, error);
  if (!s) return false;
  if (strcmp(s->precision, BSN_PRECISION)) return become(&o->arena, s->precision, o->argv, error);
  return find_trial(o, s, bsn_store_sink(store), &trial, error) &&
         bsn_trial_predict(&trial, bsn_store_sink(store), o->file, &o->arena, &p, error) && write_rows(&p, error);
}

int cmd_predict(int argc, char **argv) {
  static const struct argp_option list[] = {
      {"cell", CELL, "PATH=VALUE,..", 0, "Which model, as --cell train.batch=32,optimizer.lr=0.1", 0},
      {"replicate", REPLICATE, "R", 0, "Which of its replicates (default: the first)", 0},
      {"set", SET, "PATH=VALUE", 0, "A setting that was changed when the study was run", 0},
      OUT_OPTION,
      {0}};
  const struct argp argp = {
      .options = list,
      .parser = parse,
      .args_doc = "STUDY FILE",
      .doc =
          "Print what the model that a trial ended with says of new inputs, as comma-separated values: row (from 0), "
          "prediction (the class, or the number), and p_0, p_1, .. the probabilities of the classes. The study needs "
          "`save: end'. FILE is a csv file with a header line, an npy or an IDX file; of a csv file the columns named "
          "as the training inputs are taken. When the study reads files of yours, name it by its .yaml file: they are "
          "looked for beside it.",
      .children = help_child};
  options o = {.out = "results"};
  bsn_error error = {0};
  if (!(o.argv = whole_argv(&o.arena, argc, argv, "predict"))) return BSN_NO_MEMORY;
  if (argp_parse(&argp, argc, argv, 0, NULL, &o)) return BSN_USAGE;
  bsn_store *store = open_study(&o.arena, o.study, o.out, &error);
  if (store) predict(&o, store, &error);
  bsn_store_close(store);
  bsn_arena_free(&o.arena);
  return finish(&error);
}
