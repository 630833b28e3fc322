/* surface_check.h: rows of the table of objectives from words, read as a study's file is: "rosenbrock noise=1". */
#ifndef SURFACE_CHECK_H
#define SURFACE_CHECK_H

#include "learn/surface.h"
#include "optim_check.h"

static inline bsn_surface *surface_of(bsn_arena *arena, const char *words, const bsn_surface_options *options,
                                      uint64_t seed) {
  static const bsn_surface_options none = {.spread = 0};
  bsn_choice choice = choice_of(arena, &bsn_surfaces, words);
  bsn_seeds seeds = {.init = seed, .noise = seed};
  bsn_error error = {0};
  bsn_surface *s = bsn_surface_in(arena, (const bsn_surface_type *)choice.row, choice.config, options ? options : &none,
                                  &seeds, &error);
  ck_assert_msg(s, "%s: %s", words, error.text);
  return s;
}

#endif
