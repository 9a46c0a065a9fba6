/** The page's own style: no external fonts, light or dark as the reader has it, fit for paper. */
export const style = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#d9dee3;--raised:#f6f8fa;
--a:#1f6feb;--b:#b35900;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;--band:#1f6feb1a}
@media (prefers-color-scheme:dark){:root{--paper:#0d1117;--ink:#e6edf3;--soft:#9198a1;--rule:#30363d;--raised:#161b22;
--a:#58a6ff;--b:#f0a55b;--good:#3fb950;--bad:#ff7b72;--warn:#d29922;--band:#58a6ff26}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1.25rem 4rem;max-width:72rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.6rem;line-height:1.25;margin:.6rem 0 .2rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.3rem 0}
.soft{color:var(--soft)}
.verdict{display:inline-block;padding:.15rem .7rem;border-radius:.4rem;font-weight:700;letter-spacing:.04em;
text-transform:uppercase;color:var(--paper);background:var(--warn)}
.verdict.pass{background:var(--good)}
.verdict.fail{background:var(--bad)}
ul.reasons{list-style:none;margin:.8rem 0;padding:.6rem 1rem;background:var(--raised);border-left:4px solid var(--warn);overflow-wrap:anywhere}
.fail~ul.reasons{border-color:var(--bad)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
th.text,td.text,tbody th{text-align:left}
td.wide{white-space:normal;overflow-wrap:anywhere}
th.group{text-align:center}
.met{color:var(--good);font-weight:600}
.not-met{color:var(--bad);font-weight:600}
.not-measured{color:var(--warn);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem}
figure{margin:0;padding:.6rem .7rem;background:var(--raised);border:1px solid var(--rule);border-radius:.5rem;min-width:0}
figcaption{font-weight:600}
svg{display:block;width:100%;height:auto;margin-top:.3rem;font:11px system-ui,"DejaVu Sans",sans-serif}
svg text{fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:1}
.axis{stroke:var(--soft);fill:none}
.fill.a{fill:var(--a)}
.line.b{fill:none;stroke:var(--b);stroke-width:1.5}
.dots{stroke-width:3;stroke-linecap:round;fill:none;opacity:.75}
.dots.a{stroke:var(--a)}
.dots.b{stroke:var(--b)}
.mark{stroke:var(--soft);stroke-dasharray:2 3}
.limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:6 4}
.band{fill:var(--band)}
.shade1{opacity:.25}.shade2{opacity:.42}.shade3{opacity:.6}.shade4{opacity:.8}
.key{display:inline-block;width:.7em;height:.7em;border-radius:50%;margin:0 .3em 0 .8em}
.key.a{background:var(--a)}.key.b{background:var(--b)}
.key.band{border-radius:0;background:var(--band);outline:1px solid var(--rule)}
.key.limit{border-radius:0;height:0;width:1.4em;border-top:2px dashed var(--bad);vertical-align:middle}
details{margin:.6rem 0}
summary{cursor:pointer;color:var(--soft)}
pre{overflow-x:auto;padding:.7rem;background:var(--raised);border:1px solid var(--rule);border-radius:.5rem;font-size:12.5px}
code{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.92em}
@media print{body{max-width:none;font-size:11px}figure{break-inside:avoid}}
`
