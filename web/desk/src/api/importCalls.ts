/** Tables of complaints: check, import, template. */

import type { CheckedRow, CheckedTable, RowProblem } from '@/complaints/importing'
import { call, submitForm, UPLOAD_TIMEOUT_MS } from './http'

export interface RowsImported {
  accepted: { row: number; no: string; fresh: boolean }[]
  rejected: { row: number; problems: RowProblem[] }[]
}

export const templateUrl = (format: 'csv' | 'xlsx') => `/api/v1/complaints/import/template?format=${format}`

export function checkTable(file: File): Promise<CheckedTable> {
  const form = new FormData()
  form.set('file', file)
  return submitForm<CheckedTable>('complaints/import/check', form)
}

export const importRows = (rows: Pick<CheckedRow, 'row' | 'fields'>[]) =>
  call<RowsImported>('POST', 'complaints/import/rows', { rows }, UPLOAD_TIMEOUT_MS)
