/* study.h: an experiment file as a list of trials.
 *
 *     bsn_study *study = bsn_study_read(arena, "a.yaml", text, length, nset, set, &error);
 *     for (size_t i = 0; i < study->ntrials; i++) {
 *       bsn_trial trial;
 *       if (!bsn_study_trial(study, i, &scratch, &trial, &error)) ...
 *
 * Every word is checked against the tables before anything runs, all faults at once. A trial is all settings of one cell and
 * one replicate, defaults written out; its key identifies it.
 *
 * With `tune:` the list of trials depends on results. At first it has the tuning trials: for each cell every candidate (the
 * product of `over`), with replicates from BSN_TUNING on. When all candidates of a cell have records, bsn_study_more appends the
 * report trials of the cell: the best candidate with the replicates of the file. So who runs a study does
 *
 *     do run all trials that the sink lacks; while (bsn_study_more(study, sink, &error));
 *
 * The cell of a tuning trial has the candidate's values behind those of `vary`; the cell of a report trial has those of `vary`
 * alone, so that cells that are compared differ in nothing else, and trials of different kinds never share a cell. What was
 * chosen and spent stands in settings that are in no key: tune.by, tune.chosen ({"optimizer.lr": 0.1}) and tune.spent
 * (gradient evaluations of all candidates) of report trials, tune.candidate (from 0) of tuning trials.
 */
#ifndef BSN_STUDY_STUDY_H
#define BSN_STUDY_STUDY_H

#include "learn/ensemble.h"
#include "learn/fit.h"
#include "learn/minimise.h"
#include "probe/probe.h"
#include "study/drawing.h"
#include "study/target.h"
#include "study/vary.h"

/* All tables that an experiment file can name rows of, NULL-ended. */
extern const bsn_table *const bsn_tables[];

/* One probe of a trial. */
typedef struct bsn_probe_choice {
  bsn_choice probe;
  bsn_moment when;
  char id[33]; /* hash of its settings, its moment and seed.probe: the same in trials that differ in nothing of these */
  char key[33]; /* of the unit: hash of the trial's key and of those */
} bsn_probe_choice;

/* Another trial, from whose weights one starts (study/starting.h). */
typedef struct bsn_start {
  const struct bsn_trial *source; /* NULL: none */
  bsn_moment at;                  /* at its end, or when this is due for the first time */
  const char *of, *text;          /* what is different there, as written; the whole as a label */
  bsn_mark mark;                  /* of `of` */
} bsn_start;

/* All settings of one trial, ready to be used. */
typedef struct bsn_trial {
  char key[33];
  char source_key[33]; /* of the settings that decide what is read or generated, before it is cut to size */
  char data_key[33];   /* of those that decide which rows are loaded: trials that share it share the data */
  const char *cell;    /* JSON object of the varied factors: {"train.batch": 32} */
  int64_t replicate, place;
  bool tuning;           /* one of a candidate, not of what is reported */
  const char *candidate; /* with tune: JSON object of the candidate's values; else NULL */
  bsn_settings settings;
  bsn_choice data;
  bsn_data_options data_options;
  bsn_fit_spec fit; /* model, init, loss, optimizer, regularise, train, eval, seeds; with a start not yet its weights */
  bsn_start start;
  bsn_minimise_spec
      minimise; /* surface.row NULL: there is data. Else there is no data, model or loss, and of fit only optimizer,
                                 train.steps, train.schedule, eval and seeds are set */
  bsn_choice ensemble; /* row NULL: none */
  bsn_choice protocol;
  size_t nprobes;
  bsn_probe_choice *probe;
  bsn_moment save, curve, internals; /* when weights are saved, fitted curves and internals of steps recorded */
} bsn_trial;

/* Replicates of tuning trials begin here. */
enum { BSN_TUNING = 1000 };

/* The value of `tune:`. */
typedef struct bsn_tune {
  bsn_vary over;  /* its cells are the candidates */
  const char *by; /* the metric that decides, where it ends: large or small as bsn_metric_sense says, else small */
  bsn_mark mark;  /* of by */
  size_t seeds;   /* replicates of a candidate */
  size_t ndecided, *decided; /* cells whose choice is made, in the order in which it was */
  size_t *choice;            /* of each cell: its candidate */
  double *spent;             /* of each cell: gradient evaluations of all its candidates */
  bool *known;               /* of each cell: is the choice made? */
} bsn_tune;

typedef struct bsn_study bsn_study;
struct bsn_study {
  bsn_arena *arena;
  const char *name, *about, *source_text; /* `study`, `about`, `source` */
  const char *folder;                     /* of the file: paths in it are relative to this; "." for standard input */
  bsn_value *tree;                        /* the file with --set applied, `like` not yet */
  bsn_value *base;  /* what cells are made of: the tree without `vary` and `tune`, rows in their long form */
  const char *text; /* the file as read, for the store */
  bsn_drawings charts;
  bsn_study_targets targets; /* what it is compared with */
  const char *precision;     /* "float" | "double" */
  size_t ncells, nreplicates;
  size_t ntrials; /* known so far: ncells * nreplicates, replicates innermost; with tune see above */
  size_t nplaces; /* how many there will be in the end */
  size_t *
      source; /* of each cell: 1 + the cell whose weights its trials start from, replicate by replicate; 0: none. NULL: no
                     cell does */
  bsn_vary vary;
  bsn_tune *tune;             /* NULL: none */
  const uint64_t *replicate;  /* their numbers: 0 .. or those of the file */
  const char *const *folders; /* where packaged data may be, NULL-ended */
  bsn_files *files;           /* that trials name: they are read once */
};

/* Read, apply the --set texts ("path=value"), check everything: every cell that vary makes is resolved once. folders: where
 * packaged data may be, NULL-ended (study's folder and its parents are added). NULL with all faults in error (BSN_BAD_INPUT). */
bsn_study *bsn_study_read(bsn_arena *arena, const char *file, const char *text, size_t length, size_t nset,
                          const char *const *set, const char *const *folders, bsn_error *error);

/* Trial number i (0 .. ntrials-1), in arena. */
bool bsn_study_trial(const bsn_study *study, size_t i, bsn_arena *arena, bsn_trial *trial, bsn_error *error);

/* The number of the trial whose weights trial number i starts from; SIZE_MAX: none. */
size_t bsn_study_source(const bsn_study *study, size_t i);

/* Append the report trials of all cells whose candidates have records in sink, and are not appended yet; place stays that of the
 * file's order. The best candidate has the smallest mean of `by` over its replicates (accuracies and their like: the largest); one that
 * diverged, failed or has no such value loses; of equal ones the first wins. False: there is nothing to append, or (error says
 * so) the sink failed. */
bool bsn_study_more(bsn_study *study, bsn_sink *sink, bsn_error *error);

/* Try whether the data of every cell can be had and goes with the rest: files that can be read, enough rows to split, a loss, a
 * model and weights that fit. Cells that are alike in these are tried once, and data that differs in its seed alone is loaded
 * once. False with the first thing that is wrong, and BSN_BAD_INPUT or BSN_MISSING, before anything runs. */
bool bsn_study_check_data(const bsn_study *study, bsn_error *error);

/* Where a trial is in the study. */
typedef struct bsn_coordinates {
  size_t cell, candidate; /* candidate: 0 without tune */
  uint64_t replicate;
  size_t place;
  bool tuning;
} bsn_coordinates;

/* The trial at these coordinates, its faults not yet made into text. False with faults. */
bool bsn_study_resolve(const bsn_study *study, const bsn_coordinates *at, bsn_arena *arena, bsn_trial *trial,
                       bsn_faults *faults);

#endif
