/** The style of a booklet: A4, black on white, room to write, nothing from anywhere else. */
export const bookletStyle = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 190mm; padding: 6mm; color: #000; background: #fff; font: 10.5pt/1.4 "DejaVu Sans", "Liberation Sans", sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 3mm; }
h2 { font-size: 14pt; margin: 9mm 0 3mm; border-bottom: 1.5pt solid #000; padding-bottom: 1mm; break-after: avoid; }
h3 { font-size: 11.5pt; margin: 5mm 0 1.5mm; break-after: avoid; }
h2.page { break-before: page; }
p, ul, ol { margin: 1.5mm 0; } li { margin: .8mm 0; }
table { width: 100%; border-collapse: collapse; margin: 2mm 0; font-size: 9pt; }
caption { text-align: left; font-weight: 700; padding: 1mm 0; break-after: avoid; }
th, td { white-space: pre-line; text-align: left; vertical-align: top; padding: 1.2mm 1.5mm; border: .5pt solid #444; }
thead { display: table-header-group; } thead th { background: #e8e8e8; } tr { break-inside: avoid; }
pre, code { font: 8.5pt/1.45 "DejaVu Sans Mono", monospace; } pre { margin: 1mm 0; padding: 1.5mm 2mm; border-left: 2pt solid #444; background: #f3f3f3; white-space: pre-wrap; } .word { display: inline-block; max-width: 100%; vertical-align: top; }
.band { border: 2pt solid #000; padding: 2mm 4mm; font-weight: 700; text-align: center; margin-bottom: 4mm; }
.box { border: 1pt solid #000; padding: 2.5mm 3.5mm; margin: 3mm 0; }
.step { break-inside: avoid-page; } .gate { border-width: 2.5pt; break-inside: avoid; }
.head { display: flex; gap: 3mm; align-items: baseline; } .head b { font-size: 11.5pt; white-space: nowrap; } td:first-child { min-width: 24mm; overflow-wrap: normal; } .head small { margin-left: auto; white-space: nowrap; }
.tick { display: inline-block; width: 4mm; height: 4mm; border: 1pt solid #000; flex: none; vertical-align: -.6mm; margin-right: 1mm; }
.fill { display: grid; grid-template-columns: repeat(auto-fit, minmax(38mm, 1fr)); gap: 1.5mm 4mm; margin: 2mm 0 0; font-size: 8.5pt; }
.fill div { border-bottom: .8pt solid #000; min-height: 9mm; } .fill .wide { grid-column: 1 / -1; }
td:first-child:empty { min-width: 0; } .label { break-after: avoid; font-weight: 700; font-size: 9pt; margin: 1.5mm 0 .5mm; }
td code { font-size: 8pt; } .points td:last-child { width: 50%; } .points td:first-child { min-width: 20mm; } .warn { border-left: 3pt solid #000; padding-left: 3mm; font-weight: 700; }
.log td { height: 9mm; } .log td:first-child { min-width: 8mm; } .log td:last-child { width: 34%; } .log td:nth-child(3), .log td:nth-child(4) { min-width: 20mm; } .log td:nth-child(5) { min-width: 18mm; } .keep { break-after: avoid; }
@page { size: A4; margin: 14mm 13mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
@media print { body { max-width: none; padding: 0; } pre, thead th { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
