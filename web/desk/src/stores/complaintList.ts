import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as calls from '@/api/complaintCalls'
import type { ComplaintCounts, ComplaintSummary, SavedView } from '@/api/complaintShapes'
import { EVERYTHING_OPEN, parametersOf, queryOf, type ComplaintFilter } from '@/complaints/filters'

const PAGE = 50
const MOST_ASKED = 12
const REFRESH_MS = 500

const NOTHING: ComplaintCounts = {
  open: 0, mine: 0, watching: 0, unassigned: 0, overdue: 0, waiting: 0, escalated: 0, approvals: 0,
}

/** The list of complaints: one filter of it, page by page, and the saved filters. */
export const useComplaintList = defineStore('complaint-list', () => {
  const filter = ref<ComplaintFilter>({ ...EVERYTHING_OPEN })
  const items = ref<ComplaintSummary[]>([])
  const cursor = ref<string | null>(null)
  const counts = ref<ComplaintCounts>(NOTHING)
  const saved = ref<SavedView[]>([])
  const loaded = ref(false)
  const failed = ref(false)
  const loading = ref(false)
  /** The number that the keyboard stands on. */
  const current = ref<string | null>(null)
  let wave = 0
  let shown = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const query = computed(() => queryOf(filter.value))

  /** A page may come back short because little fits: its cursor goes on behind what was sought. */
  async function ask(from: string | null, size: number): Promise<void> {
    const mine = ++wave
    loading.value = true
    try {
      let next = from
      let found = 0
      for (let asked = 0; asked < MOST_ASKED; asked++) {
        const answer = await calls.list(parametersOf(filter.value, next, size - found))
        if (mine !== wave) return
        items.value = next ? [...items.value, ...answer.items] : answer.items
        found += answer.items.length
        next = cursor.value = answer.next_cursor
        failed.value = false
        if (next === null || found >= size) break
      }
      loaded.value = true
    } catch {
      if (mine === wave) failed.value = true
    } finally {
      if (mine === wave) loading.value = false
    }
  }

  /** The same list again, as long as it was scrolled open. */
  async function refresh(): Promise<void> {
    const size = Math.min(100, Math.max(PAGE, items.value.length))
    await Promise.all([ask(null, size), count()])
  }

  async function more(): Promise<void> {
    if (cursor.value && !loading.value) await ask(cursor.value, PAGE)
  }

  async function count(): Promise<void> {
    counts.value = await calls.counts().catch(() => counts.value)
  }

  /** Another filter: what was shown goes at once, so that nobody reads a stale list as the answer. */
  async function choose(next: ComplaintFilter): Promise<void> {
    filter.value = next
    items.value = []
    cursor.value = null
    loaded.value = false
    current.value = null
    await refresh()
  }

  /** Something changed somewhere: many events in a row cause one refresh of what is on screen. */
  function changed(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void (shown ? refresh() : count())
    }, REFRESH_MS)
  }

  function show(on: boolean): void {
    shown = on
  }

  function neighbour(no: string | null, step: 1 | -1): string | null {
    const index = items.value.findIndex((item) => item.no === no)
    const next = index < 0 ? (step > 0 ? 0 : items.value.length - 1) : index + step
    return items.value[next]?.no ?? null
  }

  async function loadSaved(): Promise<void> {
    saved.value = (await calls.views()).items
  }

  async function save(name: string): Promise<void> {
    await calls.saveView(name, query.value)
    await loadSaved()
  }

  async function drop(id: string): Promise<void> {
    await calls.dropView(id)
    await loadSaved()
  }

  return {
    filter, items, cursor, counts, saved, loaded, failed, loading, current, query,
    refresh, more, count, choose, changed, show, neighbour, loadSaved, save, drop,
  }
})
