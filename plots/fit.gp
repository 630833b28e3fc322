#: doc Fitted curve against truth at up to five steps of training, for regression in one dimension; each cell's first replicate.
#: select WITH source AS (SELECT t.cell, t.place, (SELECT a.unit FROM unit v JOIN array a ON a.unit = v.id
#:     WHERE v.trial = t.key AND a.name IN ('grid_x', 'train_x') ORDER BY v.kind <> 'trial', v.idx LIMIT 1) AS unit
#:     FROM report t WHERE t.outcome <> 'failed' AND t.replicate = (SELECT min(o.replicate) FROM report o WHERE o.cell = t.cell))
#:   SELECT s.cell, x.step, 0 AS data, x.bytes AS grid_x, x.dtype AS grid_x_dtype,
#:     p.bytes AS prediction, p.dtype AS prediction_dtype, h.bytes AS truth, h.dtype AS truth_dtype, s.place
#:   FROM source s JOIN array x ON x.unit = s.unit AND x.name = 'grid_x'
#:   JOIN array p ON p.unit = x.unit AND p.step = x.step AND p.name = 'grid_prediction'
#:   JOIN array h ON h.unit = x.unit AND h.step = x.step AND h.name = 'grid_truth'
#:   UNION ALL
#:   SELECT s.cell, coalesce((SELECT max(g.step) FROM array g WHERE g.unit = x.unit AND g.name = 'grid_x'), x.step), 1,
#:     x.bytes, x.dtype, y.bytes, y.dtype, y.bytes, y.dtype, s.place
#:   FROM source s JOIN array x ON x.unit = s.unit AND x.name = 'train_x'
#:     AND x.step = (SELECT min(g.step) FROM array g WHERE g.unit = s.unit AND g.name = 'train_x')
#:   JOIN array y ON y.unit = x.unit AND y.step = x.step AND y.name = 'train_y'
#:   ORDER BY place
#: derive label
#: derive pick step 5
#: derive unfold grid_x prediction truth
#: empty no trial recorded the arrays grid_x, grid_truth and grid_prediction
dummy = many(series)
wide_key = 160
eval panels(series < 2 ? 700 : series < 4 ? 380 : 300, series < 2 ? 470 : series < 4 ? 360 : 260)
# Light to dark in the order of training
array SHADE[5] = ['#c9dc2e', '#4ac16d', '#23888e', '#404588', '#440154']
ranks = int(step_rank_max)
array STEP[ranks + 1]
do for [r = 0:ranks] {
  from = 1e300; to = -1
  do for [k = 0:series - 1] {
    is_it(rank, points) = rank == r && points == 0
    stats data index k using (is_it(column('step_rank'), column('data')) ? column('step') : 1e300) nooutput
    from = from < STATS_min ? from : STATS_min
    stats data index k using (is_it(column('step_rank'), column('data')) ? column('step') : -1) nooutput
    to = to > STATS_max ? to : STATS_max
  }
  STEP[r + 1] = to < 0 ? '' : from == to ? sprintf('step %.0f', from) : sprintf('step %.0f–%.0f', from, to)
}
span = prediction_max - prediction_min
set yrange [(truth_min < prediction_min ? truth_min : prediction_min) - 0.05 * span : (truth_max > prediction_max ? truth_max : prediction_max) + 0.05 * span]
set xrange [grid_x_min:grid_x_max]
set xtics tic_step(grid_x_min, grid_x_max)
shade(r) = SHADE[5 - (ranks - r)]
do for [k = 0:series - 1] {
  eval panel(k)
  if (k == 0) {
    eval frame('Fitted curve while training', 'first replicate of each cell', 'Input {/:Italic x}', 'Output {/:Italic y}')
    set key at screen 1 - 158. / picture_w, screen high(0) left top Left reverse samplen 2 spacing 1.25 textcolor rgb ink
  } else {
    eval unframe
    set key off
  }
  if (series > 1) { set title series_name[k + 1] offset 0,-0.7 textcolor rgb ink }
  if (lowest(k, series)) { set format x '%h' } else { set format x '' }
  eval side(k, 0, 0, 1)
  plot data index k using (column('data') == 1 ? column('grid_x') : NaN):'prediction' with points pt 7 ps 0.6 lc rgb '#b8b8b8' title (data_max > 0 ? 'training data' : ''), \
       data index k using (column('step_rank') == ranks && column('data') == 0 ? column('grid_x') : NaN):'truth' with lines lc rgb 'black' lw 1.5 dt 2 title 'truth', \
       for [r = 0:ranks] data index k using (column('step_rank') == r && column('data') == 0 ? column('grid_x') : NaN):'prediction' with lines lc rgb shade(r) lw 2 title STEP[r + 1]
}
unset multiplot
