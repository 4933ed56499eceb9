// Fails when the widget is heavier than its budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 40 * 1024
const file = new URL('../widget/dist/widget.js', import.meta.url)
const raw = readFileSync(file)
const packed = gzipSync(raw, { level: 9 }).length
console.log(`widget.js ${(raw.length / 1024).toFixed(1)} kB, gzipped ${(packed / 1024).toFixed(1)} kB`)
if (packed > BUDGET) {
  console.error(`over the budget of ${BUDGET / 1024} kB`)
  process.exit(1)
}
