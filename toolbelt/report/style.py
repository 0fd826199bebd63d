"""How the page looks: on a screen, light and dark, narrow and wide, and on paper."""

LIGHT = """
--paper:#fff;--wash:#f7f5f1;--ink:#1e1c19;--soft:#5e5a53;--rule:#e0dbd2;--band:#f1eee8;
--ok:#12693f;--ok-wash:#e4f3ea;--warn:#7d5200;--warn-wash:#fbf0d7;--over:#ad1f2b;--over-wash:#fbe5e5;
--web:#0a6a8a;--worker:#a35a00;--release:#87309a;--other:#4b5a6b;--make:#6f695e;--change:#5b4fb3;--look:#12805c;
"""
DARK = """
--paper:#171614;--wash:#211f1c;--ink:#f0ece5;--soft:#b0aaa0;--rule:#3b3732;--band:#23211d;
--ok:#6bcf9a;--ok-wash:#163325;--warn:#e6b95c;--warn-wash:#3a2d10;--over:#ff918c;--over-wash:#451b1c;
--web:#62c6e8;--worker:#f2b65c;--release:#d9a0e8;--other:#a9b8c8;--make:#8d867a;--change:#a79cf5;--look:#58c39a;
"""
SHEET = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:62rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:clamp(1.7rem,4.5vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:.4rem 0 .7rem;text-wrap:balance}
h2{font-size:1.15rem;letter-spacing:-.01em;margin:3rem 0 .3rem}
p{margin:.2rem 0 1rem;max-width:46rem}
.kind{margin:0;font-size:.85rem;font-weight:600;color:var(--soft)}
.soft,figcaption{color:var(--soft);font-size:.93rem}
code,.num{font-variant-numeric:tabular-nums}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em;overflow-wrap:anywhere}
.pill{display:inline-block;min-width:4.6em;padding:.08em .6em;border-radius:1em;font-size:.8rem;font-weight:650;text-align:center;
white-space:nowrap}
.pill.ok{background:var(--ok-wash);color:var(--ok)}.pill.warn{background:var(--warn-wash);color:var(--warn)}
.pill.over{background:var(--over-wash);color:var(--over)}.pill.unseen{background:var(--wash);color:var(--soft)}
h1.over{color:var(--over)}
ol.legs{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.8rem;
padding:0;margin:1.6rem 0 0}
.legs li{background:var(--wash);border-radius:.6rem;padding:.8rem 1rem;border-top:.22rem solid var(--rule);min-width:0}
.legs li.verified{border-color:var(--ok)}.legs li.failed,.legs li.rolled{border-color:var(--over)}
.legs b{display:block}.legs .what{display:block;overflow-wrap:anywhere;margin:.15rem 0}
.legs .end{font-size:.88rem;color:var(--soft)}.legs .trouble{display:block;color:var(--over);overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:.6rem 0 0;font-size:.95rem}
th,td{text-align:left;vertical-align:baseline;padding:.5rem .8rem .5rem 0;border-bottom:1px solid var(--rule)}
thead th{font-size:.82rem;color:var(--soft);font-weight:600}tbody th{font-weight:600;white-space:nowrap}
td.num,th.num{text-align:right;white-space:nowrap}th.cap{white-space:nowrap}td.note{color:var(--soft);overflow-wrap:anywhere}
td.use{width:8.5rem}.wide td:first-child{min-width:11rem}.meter{position:relative;top:-.18em}
.meter{display:block;width:100%;height:6px}.track{fill:var(--rule)}
.fill.ok{fill:var(--ok)}.fill.warn{fill:var(--warn)}.fill.over{fill:var(--over)}
figure{margin:.8rem 0 0;overflow-x:auto}
figure>svg{display:block;width:100%;min-width:39rem;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)}svg .name{fill:var(--ink);font-weight:600}svg .ink{fill:var(--ink)}
svg .on{fill:var(--paper);font-weight:600;font-size:9px}
svg .over,svg .over text{fill:var(--over);font-weight:600}
.grid{stroke:var(--rule);stroke-width:1}.band,.strip{fill:var(--band)}
.limit{stroke:var(--over);stroke-width:1.5;stroke-dasharray:5 4}
.b-make{fill:var(--make)}.b-change{fill:var(--change)}.b-look{fill:var(--look)}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.line.s-web{stroke:var(--web)}.line.s-worker{stroke:var(--worker)}
.line.s-release{stroke:var(--release)}.line.s-other{stroke:var(--other)}
svg .tag{font-weight:650}svg .tag.s-web{fill:var(--web)}svg .tag.s-worker{fill:var(--worker)}
svg .tag.s-release{fill:var(--release)}svg .tag.s-other{fill:var(--other)}
.dot{fill:var(--web);fill-opacity:.65}.cross{stroke:var(--over);stroke-width:1.8;fill:none}.gap{fill:var(--over);fill-opacity:.16}
.key{display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin:0 .35em 0 .9em}
.key.make{background:var(--make);margin-left:0}.key.change{background:var(--change)}.key.look{background:var(--look)}
ul.plain{padding-left:1.1rem;margin:.4rem 0 0}ul.plain li{margin:.3rem 0;overflow-wrap:anywhere}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.88rem}
:focus-visible{outline:3px solid var(--change);outline-offset:2px}
@media (max-width:40rem){
main{padding:1.5rem 1rem 3rem}
.measures thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.measures tr{display:grid;grid-template-columns:auto 1fr auto;column-gap:.7rem;
padding:.65rem 0;border-bottom:1px solid var(--rule)}
.measures th,.measures td{border:0;padding:0;width:auto}.measures tbody th{white-space:normal}
.measures .use{grid-column:1/4;grid-row:2;padding:.3rem 0}.measures .use:empty{padding:0}.meter{top:0}
.measures .note{grid-column:1/3;grid-row:3}.measures .cap{grid-column:3;grid-row:3}.wide{overflow-x:auto}
}
@media print{
@page{margin:14mm}
:root{color-scheme:light;PRINT}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}h2{margin-top:1.5rem;break-after:avoid}
figure,tr,.legs li{break-inside:avoid}figure{overflow:visible}figure>svg{min-width:0}
}
"""


def sheet() -> str:
    flat = {name: "".join(text.split("\n")) for name, text in (("light", LIGHT), ("dark", DARK))}
    both = f":root{{color-scheme:light dark;{flat['light']}}}@media (prefers-color-scheme:dark){{:root{{{flat['dark']}}}}}"
    return both + SHEET.replace("PRINT", flat["light"])
