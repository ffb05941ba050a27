"""How the signed sheet looks: one page of A3, landscape, black on white, with fonts that the reader's machine has."""

from typing import Final

STYLE: Final = """
@page { size: A3 landscape; margin: 7mm 8mm; }
* { box-sizing: border-box; }
html { font: 6.1pt/1.18 "Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", Meiryo, sans-serif; }
body { margin: 0; color: #111; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
main { width: 404mm; margin: 0 auto; position: relative; }
h1 { font-size: 12.5pt; margin: 0; letter-spacing: .04em; }
h2 { font-size: 7pt; margin: 0 0 .6mm; border-bottom: .25mm solid #111; }
header { display: flex; justify-content: space-between; align-items: flex-end; margin-bottom: 1mm; }
header p { margin: 0; text-align: right; }
code { font-family: "Noto Sans Mono CJK JP", "Noto Sans Mono", Consolas, monospace; font-size: .94em; }
.notice { border: .6mm solid #b00020; color: #b00020; font-weight: 700; font-size: 8pt; text-align: center;
  padding: .5mm 2mm; margin: 0 0 1mm; }
.watermark { position: fixed; inset: 0; display: flex; align-items: center; justify-content: center; margin: 0;
  font-size: 105mm; font-weight: 700; letter-spacing: .6em; text-indent: .6em; color: rgba(176, 0, 32, .08);
  transform: rotate(-18deg); pointer-events: none; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; border: .35mm solid #111; }
th, td { border: .12mm solid #8a8a8a; padding: .08mm .6mm; text-align: left; vertical-align: middle; font-weight: 400;
  overflow-wrap: break-word; }
col.group { width: 5mm; } col.item { width: 34mm; } col.article { width: 30mm; }
thead th, thead td { vertical-align: top; }
thead .band th { text-align: center; background: #dfe3e8; font-weight: 700; }
thead .who th { font-weight: 700; font-size: 6.9pt; line-height: 1.1; vertical-align: bottom; background: #eef0f3; }
thead .who code { display: block; font-weight: 400; font-size: 5.1pt; color: #333; }
thead th[scope=row] { background: #eef0f3; font-weight: 700; }
tbody { border-top: .35mm solid #111; }
tbody th.group { writing-mode: vertical-rl; text-align: center; background: #eef0f3; font-weight: 700; padding: 0; }
tbody th, tbody td { height: 2.95mm; line-height: 1; white-space: nowrap; overflow: hidden; }
tbody td.article { color: #444; font-size: 4.9pt; white-space: normal; }
td.permitted { background: #e3eefb; } td.granted { background: #dff3e3; white-space: normal; }
td.conditional { background: repeating-linear-gradient(135deg, #fff 0 1mm, #fdf1d6 1mm 2mm); }
tfoot td, tfoot th { border-top: .35mm solid #111; }
.edge { border-left: .35mm solid #111; }
.U { text-decoration: underline; text-decoration-thickness: .12mm; text-underline-offset: .3mm; }
.sample { color: #b00020; }
footer { display: grid; grid-template-columns: 1fr 68mm; gap: 4mm; margin-top: 1.2mm;
  font-size: 5.2pt; line-height: 1.15; }
footer p { margin: 0; } footer ol { margin-bottom: 1.2mm; }
ol { columns: 4; column-gap: 3mm; margin: 0; padding: 0; list-style: none; }
li { break-inside: avoid; display: grid; grid-template-columns: 4mm 1fr; }
li small { font-size: 1em; color: #444; }
.sign { border: .25mm solid #111; font-size: 6pt; }
.sign th { text-align: center; font-weight: 700; background: #eef0f3; padding: .6mm; }
.sign td { height: 16mm; text-align: center; color: #b00020; font-weight: 700; }
.sign.line { margin-top: 1.5mm; } .sign.line th { width: 16mm; text-align: left; } .sign.line td { height: 5mm; }
"""
