#: doc A final metric against the learning rate (or another factor on a log axis), one curve per setting of the other factors; diverged trials are crosses at the top.
#: parameter metric test_loss What is drawn.
#: parameter factor optimizer.lr The path of the factor.
#: parameter yscale auto The vertical axis.
#: choice yscale auto log linear
#: select SELECT t.cell, CAST(s.value AS REAL) AS x, CASE WHEN t.outcome = 'diverged' THEN NULL ELSE f.value END AS y
#:   FROM trial t JOIN setting s ON s.key = t.key AND s.path = '{factor}'
#:   LEFT JOIN final f ON f.key = t.key AND f.name = '{metric}'
#:   WHERE t.outcome <> 'failed' AND (f.key IS NOT NULL OR t.outcome = 'diverged') ORDER BY t.place
#: derive label {factor}
#: derive worst y {metric}
#: derive quantiles x y
#: derive finite y
#: empty no trial has both a setting {factor} and a finite final {metric}
#: overlay {factor} {metric}
eval terminal(1100, 680)
if (series > 1 || overlays) { eval legend } else { set rmargin 4 }
eval titles('Sensitivity of the ' . metric_words . ' to the ' . factor_words, (replicates > 1 ? 'median and 10–90 % band over ' : '') . note . laid)
top = known(y_hi_max >= y_max ? y_hi_max : y_max, 1)
low = known(y_lo_min <= y_min ? y_lo_min : y_min, 0)
logy = tall(yscale, low, top, y_positive)
if (logy && low <= 0) { low = y_positive }
clip(v) = v > top ? top : v < low ? low : v
if (x_min > 0) { eval powers('x', x_min, x_max) }
if (logy) { eval powers('y', low, top) }
# A strip above the data, a row for each series that has diverged trials
array ROW[series + overlays]
strip = 0
do for [i = 1:series + overlays] {
  stats data index i - 1 using 'y_bad' nooutput
  ROW[i] = STATS_max > 0 ? strip : -1
  if (STATS_max > 0) { strip = strip + 1 }
}
gap = strip > 8 ? 0.28 / strip : 0.035
room = strip ? gap * strip + 0.05 : 0.02
if (top > low) {
  if (logy) { set yrange [low / (top / low) ** 0.04 : top * (top / low) ** (room / (1 - room))] } else { set yrange [low - 0.04 * (top - low) : top + (top - low) * room / (1 - room)] }
}
set y2range [0:1]
if (strip) { set label 1 '× at least one trial diverged' . (overlays ? ' (+ in the overlay)' : '') at graph 1, graph 1 right offset 0,0.6 textcolor rgb quiet; set arrow from graph 0, graph 1 - gap * strip - 0.015 to graph 1, graph 1 - gap * strip - 0.015 nohead lc rgb pale lw 1 }
if (x_max > x_min) { if (x_min > 0) { set xrange [x_min / (x_max / x_min) ** 0.02 : x_max * (x_max / x_min) ** 0.02] } }
set xlabel factor_label textcolor rgb ink
set ylabel metric_label textcolor rgb ink
plot for [k = 1:overlays] data index series + k - 1 using 'x':(abs(column('y')) < 1e300 ? clip(column('y_lo')) : NaN):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.25 noborder lc rgb below(k) notitle, \
     for [k = 1:overlays] data index series + k - 1 using 'x':'y' with lines lc rgb below(k) lw 7 notitle, \
     for [k = 1:overlays] data index series + k - 1 using 'x':(column('y_bad') > 0 ? 0.98 - gap * ROW[series + k] : NaN) axes x1y2 with points pt 1 ps 0.9 lw 1.2 lc rgb below(k) notitle, \
     for [i = 1:series] data index i - 1 using 'x':(abs(column('y')) < 1e300 ? clip(column('y_lo')) : NaN):(clip(column('y_hi'))) with filledcurves fs transparent solid 0.13 noborder lc rgb COLOUR[(i - 1) % 8 + 1] notitle, \
     for [i = 1:series] data index i - 1 using 'x':'y' with linespoints ls i title entry(i, 25, series_name[i]), \
     for [k = 1:overlays] keyentry with lines lc rgb below(k) lw 7 title overlay_name[k], \
     for [i = 1:series] data index i - 1 using 'x':(column('y_bad') > 0 ? 0.98 - gap * ROW[i] : NaN) axes x1y2 with points pt 2 ps 0.9 lw 2 lc rgb COLOUR[(i - 1) % 8 + 1] notitle
