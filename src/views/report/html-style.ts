/** The one style sheet of a report: light and dark, desktop and phone, screen and A4. */
export const reportStyle = `
:root { color-scheme: light dark; --ground: #fff; --text: #1a1d21; --muted: #4a5159; --line: #c5cbd3; --panel: #f4f6f8;
  --link: #0b57a4; --good: #176639; --bad: #a8201a; --warn: #7a4b00;
  --work: #2b6cb0; --waiting: #a66a00; --waiting-ground: #f6e3bd; --trouble: #b42318; --evidence: #62748a; --unattended: #7a3e9d; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --text: #e8eaed; --muted: #b4bcc6; --line: #444c56; --panel: #1e2329;
  --link: #8cc2ff; --good: #7fd69c; --bad: #ff9d94; --warn: #f0c36a;
  --work: #62a8ec; --waiting: #e3b341; --waiting-ground: #5a4413; --trouble: #ff8f85; --evidence: #97a6b8; --unattended: #c99af0; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; }
header, nav, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; }
.nature { padding: .6rem 1.25rem; text-align: center; font-weight: 700; letter-spacing: .02em; }
.nature.real { background: #8f1d18; color: #fff; }
.nature.drill { background: #ffd84d; color: #1a1d21; border-block: .5rem double #1a1d21; }
.nature.dry-run { background: var(--panel); color: var(--text); border-block: .25rem dashed var(--muted); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1.4rem 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .8rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
nav ul { columns: 15rem; list-style: none; padding: 0; margin: 1rem 0; }
nav li { margin: .15rem 0; }
.verdict { font-size: 1.1rem; padding-left: 1.2rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.2rem 0; padding: 0; list-style: none; }
.tiles li { background: var(--panel); border: 1px solid var(--line); border-left: .4rem solid var(--muted); border-radius: .4rem; padding: .6rem .8rem; }
.tiles .met { border-left-color: var(--good); } .tiles .missed { border-left-color: var(--bad); }
.tiles b { display: block; font-size: 1.45rem; line-height: 1.3; }
.tiles span { display: block; color: var(--muted); font-size: .9rem; }
.met .said, .missed .said { font-weight: 700; } .met .said { color: var(--good); } .missed .said { color: var(--bad); }
.facts { margin: 1rem 0; } .facts div { display: grid; grid-template-columns: minmax(10rem, 18rem) 1fr; gap: .2rem 1rem; padding: .25rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--muted); } dd { margin: 0; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; font-size: .92rem; }
caption { text-align: left; font-weight: 700; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .5rem; border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: break-word; }
.wordy { overflow-wrap: anywhere; min-width: 6rem; }
@media screen and (min-width: 62rem) { .whole { white-space: nowrap; } }
thead th { color: var(--muted); font-weight: 700; border-bottom: 2px solid var(--line); overflow-wrap: normal; }
tbody th { font-weight: 700; }
tr.missed td, tr.open th { color: var(--bad); }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.gate { border-left: .25rem solid var(--line); padding-left: .9rem; margin: 1rem 0; } .gate p { margin: .2rem 0; }
.patterns { position: absolute; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; margin: .5rem 0; font-size: .9rem; } .legend svg { vertical-align: -2px; }
.lanes { list-style: none; padding: 0; margin: 0; }
.row, .axis { display: grid; grid-template-columns: 13rem minmax(0, 1fr) 10.5rem; gap: .7rem; align-items: center; }
.axis div { grid-column: 2; position: relative; height: 1.4rem; } .axis span { position: absolute; font-size: .78rem; color: var(--muted); white-space: nowrap; transform: translateX(-50%); } .axis span:first-child { transform: none; }
.lane { color: var(--muted); font-size: .82rem; margin-top: .6rem; } .apart { margin-top: .5rem; }
.inlane .label { padding-left: .8rem; border-left: .2rem solid var(--line); }
.label small { color: var(--muted); } .label, .spent { font-size: .88rem; line-height: 1.25; } .spent { color: var(--muted); font-variant-numeric: tabular-nums; }
.row svg { width: 100%; display: block; overflow: hidden; background: var(--panel); }
rect.work { fill: var(--work); } rect.waiting { fill: url(#hatch); stroke: var(--waiting); } rect.trouble { fill: var(--trouble); } rect.evidence { fill: var(--evidence); } rect.unattended { fill: var(--unattended); }
rect.planned { fill: none; stroke: var(--text); stroke-width: 1; stroke-dasharray: 4 3; } line.tick { stroke: var(--line); }
.hatch-ground { fill: var(--waiting-ground); } .hatch-line { fill: var(--waiting); }
footer { color: var(--muted); font-size: .88rem; margin-top: 3rem; padding-bottom: 2rem; border-top: 1px solid var(--line); }
@media screen and (max-width: 44rem) {
  h1 { font-size: 1.35rem; } .facts div { grid-template-columns: 1fr; gap: 0; }
  thead { display: block; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, caption { display: block; } tr { display: block; border: 1px solid var(--line); border-radius: .4rem; margin: .6rem 0; padding: .3rem .6rem; }
  tbody th, tbody td { display: grid; grid-template-columns: 6.5rem minmax(0, 1fr); gap: .6rem; border: 0; padding: .2rem 0; overflow-wrap: anywhere; }
  tbody th::before, tbody td::before { content: attr(data-label); color: var(--muted); font-weight: 400; }
  .row { grid-template-columns: minmax(0, 1fr) auto; gap: .1rem .7rem; margin-top: .3rem; } .row svg { grid-column: 1 / -1; grid-row: 2; }
  .axis { grid-template-columns: minmax(0, 1fr); } .axis div { grid-column: 1; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --text: #000; --muted: #3d434a; --line: #b9bfc7; --panel: #f4f6f8; --link: #000; --good: #176639; --bad: #a8201a;
    --work: #2b6cb0; --waiting: #a66a00; --waiting-ground: #f6e3bd; --trouble: #b42318; --evidence: #62748a; --unattended: #7a3e9d; }
  @page { size: A4; margin: 16mm 14mm 18mm; }
  body { font-size: 9.5pt; line-height: 1.35; } header, main, footer { max-width: none; padding: 0; } nav, .skip { display: none; }
  .nature, rect, .tiles li, .row svg, pre { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2, h3, caption { break-after: avoid; } tr, .tiles li, .gate, .lanes li { break-inside: avoid; } thead { display: table-header-group; }
  table { font-size: 8pt; } th, td { padding: 1.2mm 1.4mm; } pre { font-size: 7.5pt; }
  .row, .axis { grid-template-columns: 34mm minmax(0, 1fr) 32mm; gap: 2mm; } .label, .spent { font-size: 8pt; }
}
`;
