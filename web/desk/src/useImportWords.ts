import { useI18n } from 'vue-i18n'
import { lineOf, type RowProblem } from '@/complaints/importing'
import { useLabels } from '@/i18n/labels'

const FIELDS = [
  'external_id', 'channel', 'summary', 'customer_name', 'phone', 'contact', 'product', 'model', 'order_no',
  'occurred_at', 'place', 'category', 'priority', 'sensitive', 'no_evidence_reason',
] as const

const WORDS: Record<string, string> = { channel: 'channel', category: 'complaintCategory', priority: 'complaintPriority' }

/** Names for columns, words and problems of an imported table. */
export function useImportWords() {
  const { t } = useI18n()
  const { label } = useLabels()

  function reason(problem: RowProblem): string {
    const limit = problem.limit ?? 0
    return t(`importProblem.${problem.code}`, { field: label('importField', problem.field), limit, row: lineOf(limit) })
  }

  const reasons = (problems: RowProblem[]) => problems.map(reason).join('；')
  const titles = () => FIELDS.map((field): [string, string] => [field, label('importField', field)])

  function shown(field: string, value: string): string {
    if (field === 'sensitive') return t(value === 'true' ? 'complaint.yes' : 'complaint.no')
    return WORDS[field] ? label(WORDS[field], value) : value
  }

  return { fields: FIELDS, reasons, titles, shown }
}
