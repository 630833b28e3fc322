#: doc A metric while training: median and 10-90 % band over replicates for each cell.
#: parameter metric train_loss What is drawn.
#: parameter less 0 A number that is taken off the metric, like its lowest value: what is left shows on a logarithmic axis.
#: parameter x epoch What it is drawn against; grads are shared out evenly over the steps of a trial.
#: choice x step epoch examples grads seconds
#: parameter xscale auto The horizontal axis.
#: choice xscale auto log linear
#: parameter yscale auto The vertical axis.
#: choice yscale auto log linear
#: select SELECT * FROM (SELECT c.cell, c.step, c.replicate * 100000 + c.idx AS run, {time} AS x, c.value - {less} AS y
#:   FROM curve c JOIN report t ON t.key = c.key JOIN unit u ON u.trial = c.key AND u.kind = c.kind AND u.idx = c.idx
#:   WHERE c.name = '{metric}' AND t.outcome <> 'failed' AND {run}
#:   ORDER BY t.place) WHERE x IS NOT NULL
#: derive label
#: derive worst y {metric}
#: derive carry run step y
#: derive quantiles step y
#: derive finite y
#: empty no trial recorded a finite {metric} at steps with a known {x}
#: overlay {x} {metric}
eval terminal(1100, 680)
# The legend says how many trials diverged
array NAME[series]
told = 0
do for [i = 1:series] {
  stats data index i - 1 using 'y_bad' nooutput
  NAME[i] = series_name[i] . (STATS_max > 0 ? sprintf(' (%d diverged)', STATS_max) : '')
  if (STATS_max > 0 && series_width[i] + 12 > width) { width = series_width[i] + 12; told = 1 }
}
if (series > 1 || told || overlays) { eval legend } else { set rmargin 4 }
top = known(y_hi_max >= y_max ? y_hi_max : y_max, 1)
low = known(y_lo_min <= y_min ? y_lo_min : y_min, 0)
logy = tall(yscale, low, top, y_positive)
if (logy && low <= 0) { low = y_positive }
# A model that has learned nothing would press all accuracies together at the top: its line comes in from below the frame
later = top
do for [i = 1:series] {
  stats data index i - 1 using (column('x') > x_min ? column('y_lo') : NaN) nooutput
  if (STATS_records > 0 && STATS_min < later) { later = STATS_min }
}
enters = share && !logy && top > later && top - later < 0.5 * (top - low)
if (enters) { low = later; set yrange [low - 0.08 * (top - low) : top + 0.04 * (top - low)] }
logx = (xscale eq 'log' && x_positive == x_positive) || (xscale eq 'auto' && wide(x_min, x_max, x_positive))
if (logx) { eval powers('x', x_positive, x_max); set xrange [x_positive:x_max] }
if (logy) { eval powers('y', low, top); set yrange [low / 1.15 : top * 1.15] }
measure = strstrt(metric, 'loss') || strstrt(metric, 'accuracy') || metric eq 'objective'
eval titles(measure ? 'Convergence of the ' . metric_words : metric_label . ' while training', (replicates > 1 ? 'median and 10–90 % band over ' : '') . note . laid)
set xlabel x_label textcolor rgb ink
set ylabel metric_label . (less eq '0' ? '' : ' − ' . less) textcolor rgb ink
clip(v) = v > top ? top : v < low && !enters ? low : v
at(v) = logx && v <= 0 ? NaN : v
band(v) = enters && v <= x_min ? NaN : at(v)
plot for [k = 1:overlays] data index series + k - 1 using (band(column('x'))):(clip(column('y_lo') - less)):(clip(column('y_hi') - less)) with filledcurves fs transparent solid 0.25 noborder lc rgb below(k) notitle, \
     for [k = 1:overlays] data index series + k - 1 using (at(column('x'))):(column('y') - less) with lines lc rgb below(k) lw 7 notitle, \
     for [i = 1:series] data index i - 1 using (band(column('x'))):(clip(column('y_lo'))):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.13 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using (at(column('x'))):'y' with linespoints ls i pointinterval -(8 + i % 3) title entry(i, 25, NAME[i]), \
     for [k = 1:overlays] keyentry with lines lc rgb below(k) lw 7 title overlay_name[k]
