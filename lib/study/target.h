/* target.h: what a study is compared with: published numbers and claims, in its own file.
 *
 *     targets:
 *       - {metric: test_loss, at: {step: 0}, value: 353.4467654661, rule: {exact: 1e-11}}        # every cell, every seed
 *       - {metric: test_loss, where: {optimizer.name: adam}, at: {epoch: [1, 10, 100]},          # three targets in one
 *          value: [141.825, 94.730, 87.112], sd: [.236, .092, .024], n: 10, rule: band}
 *       - {metric: diverged, where: {optimizer.name: sgd}, by: optimizer.lr, value: [0.03981, 0.0631, 0.1], rule: set}
 *       - {metric: test_loss, where: {optimizer.name: adam}, against: {optimizer.name: sgd}, rule: {sign: negative}}
 *     claims:
 *       - {say: sharper with larger batches, metric: sharpness, by: train.batch, expect: increasing}
 *
 * Keys of a target:
 *
 *     metric    what is compared: a recorded one, or diverged (1 or 0), outcome_step, grads, products of the trial
 *     where     {path: value, ..}: only cells whose settings have these values (of a row its name is enough; a list: any of
 *               them; a number with four digits or more stands for what rounds to it). Left out: all cells
 *     against   the same: metric becomes the difference, replicate by replicate, of the cells of `where` less these: as many
 *               cells, in the same order, or one for all
 *     by        the path whose values are the levels that rules set, lowest, highest, trend and shape look along, in the order of the file
 *     at        end (default), {step: N} or {epoch: N}: when; step 0 is before training
 *     value     as published; its digits count for rule exact. For rules set, lowest and highest: levels, one or a list
 *     sd, n     of the published runs, for rule band; without them a single run
 *     rule      a row of stats/rule.h: exact, band, mean, at-least, at-most, sign, set, lowest, highest, trend, shape
 *     source    where it is published; default: the study's
 *     say       the sentence for people; default: made of the keys
 *     differs   why ours is known to differ: a FAIL is then DIFFERS, with this reason
 *
 * `at`, `value` and `sd` may be lists of equal length (where one number stands for all of them): one target each. Rules without `by` look at every
 * cell that `where` selects, and the worst verdict counts. A claim has say, metric, where, against, by, at, source, differs, and
 * `expect`: increasing or decreasing (rule trend), unimodal or valley (rule shape), positive or negative (rule sign).
 *
 * All of it is checked before anything runs, against the cells that the study has. None of it is part of a trial's identity.
 */
#ifndef BSN_STUDY_TARGET_H
#define BSN_STUDY_TARGET_H

#include "base/row.h"

struct bsn_study;

/* path is one of these values. */
typedef struct bsn_condition {
  const char *path;
  bsn_mark mark; /* of the path */
  size_t n;
  const bsn_value *const *value;
} bsn_condition;

typedef struct bsn_conditions {
  size_t n;
  bsn_condition *item;
} bsn_conditions;

/* When a metric is looked at. */
typedef struct bsn_time {
  enum { BSN_TIME_END, BSN_TIME_STEP, BSN_TIME_EPOCH } unit;
  double at;
} bsn_time;

typedef struct bsn_study_target {
  const char *metric, *by, *source, *say, *differs; /* NULL: not given, but for metric */
  bsn_conditions where, against;                    /* against.n 0: no difference is taken */
  bsn_time at;
  const char *text;               /* value as written; NULL: none */
  double value, sd;               /* sd 0: not given */
  size_t n;                       /* runs behind the published value; 0: not given */
  size_t nlevels;                 /* rules set, lowest, highest: published levels */
  const bsn_value *const *levels; /* of these */
  bsn_choice rule;                /* of bsn_rules */
  bool claim;                     /* stands in `claims:` */
  bsn_mark mark;                  /* where it begins */
  bsn_mark metric_mark, by_mark;
} bsn_study_target;

typedef struct bsn_study_targets {
  size_t n;
  bsn_study_target *item; /* those of `targets:`, then those of `claims:` */
} bsn_study_targets;

/* Read the values of `targets:` and `claims:` (NULL: none). False with faults. */
bool bsn_study_targets_read(bsn_study_targets *out, bsn_arena *arena, const bsn_value *targets, const bsn_value *claims,
                            bsn_faults *faults);

/* Do metrics, paths, values and levels occur in the cells of the study? False with faults. */
bool bsn_study_targets_check(const struct bsn_study *study, bsn_faults *faults);

#endif
