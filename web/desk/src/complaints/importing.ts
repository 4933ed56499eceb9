/** A table of complaints on its way in: batches for the API, the rows that stay behind. Pure. */

export interface RowProblem {
  field: string
  code: string
  limit: number | null
}

export interface CheckedRow {
  row: number
  fields: Record<string, string>
  problems: RowProblem[]
  known: string | null
}

export interface CheckedTable {
  columns: { heading: string; field: string | null }[]
  rows: CheckedRow[]
}

const MOST_ROWS = 50
const MOST_CHARS = 100_000

/** Rows in groups that fit into one request each, in order. */
export function batches<T extends { fields: Record<string, string> }>(rows: T[]): T[][] {
  const made: T[][] = []
  let chars = Infinity
  for (const row of rows) {
    const size = JSON.stringify(row.fields).length
    const last = made.at(-1)
    if (last && last.length < MOST_ROWS && chars + size <= MOST_CHARS) {
      last.push(row)
      chars += size
    } else {
      made.push([row])
      chars = size
    }
  }
  return made
}

/** The number a spreadsheet shows beside the row: its heading is row 1. */
export const lineOf = (row: number): number => row + 1

/** The rows that did not go in as a CSV for Excel, with the reasons in the last column. */
export function rejectsCsv(
  columns: [field: string, title: string][],
  reasonTitle: string,
  rows: { fields: Record<string, string>; reasons: string }[],
): string {
  const used = columns.filter(([field]) => rows.some((row) => row.fields[field]))
  const lines = [
    [...used.map(([, title]) => title), reasonTitle],
    ...rows.map((row) => [...used.map(([field]) => row.fields[field] ?? ''), row.reasons]),
  ]
  return `\ufeff${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`
}

/** A quoted cell; what a spreadsheet would take for a formula gets a sign before it. */
function cell(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}
