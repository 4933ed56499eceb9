import { computed, ref, shallowRef } from 'vue'
import { checkTable, importRows } from '@/api/importCalls'
import { batches, type CheckedRow, type CheckedTable, type RowProblem } from '@/complaints/importing'

export type Stage = 'choose' | 'reading' | 'preview' | 'running' | 'paused' | 'done'

export interface Rejected {
  row: number
  fields: Record<string, string>
  problems: RowProblem[]
}

/**
 * One table from the file to the report. Rows go in batch by batch; a batch that fails is sent again
 * when one goes on, and rows that were taken already are not made twice.
 */
export function useImport() {
  const stage = ref<Stage>('choose')
  const table = shallowRef<CheckedTable>({ columns: [], rows: [] })
  const source = ref('hotline')
  const done = ref(0)
  const fresh = ref(0)
  const repeated = ref(0)
  const late = ref<Rejected[]>([])
  let waiting: CheckedRow[][] = []
  let stopping = false

  const good = computed(() => table.value.rows.filter((row) => row.problems.length === 0 && !row.known))
  const bad = computed(() => table.value.rows.filter((row) => row.problems.length > 0))
  const known = computed(() => table.value.rows.filter((row) => row.known).length)
  const rejected = computed<Rejected[]>(() => [...bad.value, ...late.value].sort((a, b) => a.row - b.row))

  async function read(file: File): Promise<void> {
    stage.value = 'reading'
    try {
      table.value = await checkTable(file)
      stage.value = 'preview'
    } catch (error) {
      stage.value = 'choose'
      throw error
    }
  }

  function start(): Promise<void> {
    waiting = batches(good.value)
    done.value = fresh.value = repeated.value = 0
    late.value = []
    return goOn()
  }

  async function goOn(): Promise<void> {
    stopping = false
    stage.value = 'running'
    try {
      while (waiting.length && !stopping) {
        await send(waiting[0]!)
        waiting.shift()
      }
    } catch (error) {
      stage.value = 'paused'
      throw error
    }
    stage.value = waiting.length ? 'paused' : 'done'
  }

  async function send(batch: CheckedRow[]): Promise<void> {
    const answer = await importRows(
      batch.map(({ row, fields }) => ({ row, fields: { channel: source.value, ...fields } })),
    )
    fresh.value += answer.accepted.filter((row) => row.fresh).length
    repeated.value += answer.accepted.filter((row) => !row.fresh).length
    const fieldsOf = new Map(batch.map(({ row, fields }) => [row, fields]))
    late.value.push(
      ...answer.rejected.map(({ row, problems }) => ({ row, problems, fields: fieldsOf.get(row) ?? {} })),
    )
    done.value += batch.length
  }

  function stop(): void {
    stopping = true
  }

  function reset(): void {
    stage.value = 'choose'
    table.value = { columns: [], rows: [] }
  }

  return { stage, table, source, done, fresh, repeated, good, bad, known, rejected, read, start, goOn, stop, reset }
}
