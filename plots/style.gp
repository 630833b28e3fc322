# ---- the shared style: one look for all charts ----
# Palette of Okabe and Ito (2008), told apart by colour-blind readers; yellow, which white paper swallows, is an olive here.
set encoding utf8
set minussign
set datafile separator "\t"
set datafile columnheaders
set datafile missing 'nan'

# Width and height in pixels at 96 an inch
kind(f) = f eq 'svg' ? "svg enhanced size %d,%d font 'Liberation Sans,15' background '#ffffff'" : \
          f eq 'pdf' ? "pdfcairo enhanced color size %d/96.,%d/96. font 'Liberation Sans,11' fontscale 1" : \
                       "pngcairo enhanced size %d,%d font 'Liberation Sans,11.5' background '#ffffff'"
terminal(w, h) = sprintf("set terminal " . kind(format) . "; set output output", w, h)

ink = '#303030'; quiet = '#606060'; pale = '#d4d4d4'
array COLOUR[8] = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000', '#8C8C00']
array MARK[16] = [7, 5, 9, 11, 13, 15, 2, 1, 6, 4, 8, 10, 12, 14, 3, 3]
do for [i = 1:200] { set style line i lc rgb COLOUR[(i - 1) % 8 + 1] lw 2 pt MARK[(i - 1) % 16 + 1] ps 0.9 }

set border 3 lc rgb '#404040' lw 1
set tics nomirror out scale 0.6 textcolor rgb '#404040'
set grid xtics ytics lt 1 lc rgb '#e3e3e3' lw 1, lt 1 lc rgb '#f4f4f4' lw 1
set key off

# A title line, a quiet line below it, and a warning line where trials saw test data: all above the frame
heading(x, t, below) = sprintf("set label 901 '{/:Bold*1.45 %s}' at %s, screen 1 offset 0,-1.5 textcolor rgb '%s'; ", quote(t), x, ink) . \
                       sprintf("set label 902 '%s' at %s, screen 1 offset 0,-2.9 textcolor rgb '%s'; ", quote(study . ': ' . below), x, quiet) . \
                       (tainted ? sprintf("set label 905 '{/:Bold contains trials that saw test data}' at %s, screen 1 offset 0,-4.1 textcolor rgb '#B03000'; ", x) : '')
titles(t, below) = heading('graph 0', t, below) . sprintf("set tmargin %g", tainted ? 5.8 : 4.6)
# Text inside a single-quoted string
quote(s) = strstrt(s, "'") ? s[1:strstrt(s, "'") - 1] . "''" . quote(s[strstrt(s, "'") + 1:*]) : s

# Text as the label of a tic, where gnuplot would take a % for a format
percent(s) = strstrt(s, '%') ? s[1:strstrt(s, '%')] . '%' . percent(s[strstrt(s, '%') + 1:*]) : s

# Names right of the frame, in a margin as wide as the longest of them
legend = "set rmargin width + 9; set key at graph 1.02, graph 1 left top Left reverse samplen 2 spacing 1.25 maxrows 40 textcolor rgb ink"
# Curves laid below: broad and pale, in the colour of the series that they are like; named behind the series
k = 1  # gnuplot looks at loops that are never run, too
laid = overlays ? '; broad and pale: the overlay' : ''
below(k) = '#A0' . substr(COLOUR[(overlay_like[k] - 1) % 8 + 1], 2, 7)
# What the legend says of series i when it has room for so many lines
entry(i, lines, name) = i < lines || series == lines ? name : i == lines ? sprintf('and %d more', series - lines + 1) : ''
# A row of the picture for each series, but no more than can be drawn and read: the first ones, and how many there are
shown = series < 400 ? series : 400
cut = series > shown ? sprintf('; the first %d of %d', shown, series) : ''

# What to do about axes: log when asked for and possible, or when positive values span so many times their smallest
wide(lo, hi, low) = lo == lo && lo >= 0 && low == low && hi / low > 100
# (never a share like an accuracy: what matters lies near its upper end)
share = exists('metric') ? strstrt(metric, 'accuracy') > 0 : 0
tall(scale, lo, hi, low) = low == low && (scale eq 'log' || (scale eq 'auto' && !share && lo > 0 && hi / lo > 8))
known(v, other) = v == v ? v : other
# Powers of ten with a subtle minor grid; 1, 2, 5 of each where fewer than two decades would leave the axis without numbers
powers(axis, lo, hi) = sprintf("set logscale %s; set format %s '10^{%%T}'; set m%stics default; set grid m%stics; ", axis, axis, axis, axis) . \
                       (hi / lo < 60 ? sprintf("set %stics () ; ", axis) . digits(axis, floor(log10(lo)), ceil(log10(hi))) : '')
digits(axis, e, last) = e > last ? '' : sprintf("set %stics add ('%s' 1e%d, '%s' 2e%d, '%s' 5e%d); ", axis, digit(1, e), e, digit(2, e), e, digit(5, e), e) . digits(axis, e + 1, last)
bare = 0
digit(m, e) = bare ? '' : sprintf('%.10g', m * 10.**e)

# Panels: a grid of them below the titles. many(n) sets cols and rows for n panels, then `eval panels(w, h)` with the size of one in
# pixels opens the picture, and `eval panel(k)` places panel k = 0, 1, ... with names only at the outer axes.
# gap_x and gap_y are the pixels between them.
cols = 1; rows = 1; wide_key = 0; gap_x = 30; gap_y = 34; head = tainted ? 114 : 96
many(n) = (cols = n < 4 ? n : n < 5 ? 2 : n < 10 ? (n == 5 || n == 6 || n == 9 ? 3 : 4) : n < 17 ? 4 : 6, rows = (n + cols - 1) / cols, n)
panels(w, h) = (picture_w = (cols * w > 760 ? cols * w : 760) + 90 + wide_key, picture_h = rows * h + head + 28, \
               panel_w = ((picture_w - 90. - wide_key) / cols - gap_x) / picture_w, panel_h = ((picture_h - head - 28.) / rows - gap_y) / picture_h, \
               terminal(picture_w, picture_h) . sprintf("; set multiplot; set lmargin 0; set rmargin 0"))
left(k) = (80. + (k % cols) * (picture_w - 90. - wide_key) / cols) / picture_w
high(k) = 1 - (head + 0. + (k / cols) * (picture_h - head - 28.) / rows) / picture_h
# Numbers at the left panels' axes only; logarithmic or not
side(k, logy, lo, hi) = (bare = k % cols > 0, (logy ? powers('y', lo, hi) : "set format y '%h'") . (bare ? "; set format y ''" : ''))
lowest(k, n) = k + cols >= n
panel(k) = sprintf("set lmargin at screen %.5f; set rmargin at screen %.5f; set tmargin at screen %.5f; set bmargin at screen %.5f", \
                   left(k), left(k) + panel_w, high(k), high(k) - panel_h)
# The titles and outer axis names of all panels, once
frame(t, below, x, y) = heading(sprintf('screen %g', 80. / picture_w), t, below) . \
                        sprintf("set label 903 '%s' at screen 0.5 * (left(0) + left(cols - 1) + panel_w), screen 16. / picture_h center textcolor rgb '%s'; ", quote(x), ink) . \
                        sprintf("set label 904 '%s' at screen 20. / picture_w, screen 0.5 * (high(0) + high(rows * cols - 1) - panel_h) center rotate textcolor rgb '%s'", quote(y), ink)
unframe = "unset label 901; unset label 902; unset label 903; unset label 904; unset label 905"

# Distance of four to eight tics in a small panel
power_below(d) = 10 ** floor(log10(d))
tic_step(lo, hi) = hi > lo ? (d = (hi - lo) / 4., p = power_below(d), p * (d / p >= 5 ? 5 : d / p >= 2 ? 2 : 1)) : 1
