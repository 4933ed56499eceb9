import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import * as calls from '@/api/calls'
import type { Counts, Summary, View } from '@/api/shapes'

const REFRESH_MS = 400

/** The list on the left: one view of it, kept fresh. */
export const useQueue = defineStore('queue', () => {
  const view = ref<View>('queue')
  const search = ref('')
  const items = ref<Summary[]>([])
  const counts = ref<Counts>({ queue: 0, mine: 0, bot: 0, closed: 0, all: 0 })
  const loaded = ref(false)
  const failed = ref(false)
  /** When `waiting_s` of the items was true, by this browser's clock. */
  const fetchedAt = ref(Date.now())
  let wave = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const unread = computed(() => items.value.reduce((sum, item) => sum + item.unread, 0))

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const mine = ++wave
    try {
      const answer = await calls.listConversations(view.value, search.value.trim())
      if (mine !== wave) return
      items.value = answer.items
      counts.value = answer.counts
      fetchedAt.value = Date.now()
      failed.value = false
      loaded.value = true
    } catch {
      if (mine === wave) failed.value = true
    }
  }

  /** Many events in a row cause one refresh. */
  function refreshSoon(): void {
    timer ??= setTimeout(() => void refresh(), REFRESH_MS)
  }

  /** Put a newer summary in place at once; order and counts follow with the refresh. */
  function patch(summary: Summary): void {
    const index = items.value.findIndex((item) => item.id === summary.id)
    if (index >= 0) items.value[index] = { ...summary, waiting_s: aged(summary) }
  }

  function aged(summary: Summary): number | null {
    if (summary.waiting_s === null) return null
    return summary.waiting_s - (Date.now() - fetchedAt.value) / 1000
  }

  function clearUnread(id: string): void {
    const item = items.value.find((candidate) => candidate.id === id)
    if (item) item.unread = 0
  }

  function neighbour(id: string | null, step: 1 | -1): string | null {
    const index = items.value.findIndex((item) => item.id === id)
    const next = index < 0 ? (step > 0 ? 0 : items.value.length - 1) : index + step
    return items.value[next]?.id ?? null
  }

  watch(view, () => {
    items.value = []
    loaded.value = false
    void refresh()
  })
  watch(search, () => refreshSoon())

  return {
    view,
    search,
    items,
    counts,
    loaded,
    failed,
    fetchedAt,
    unread,
    refresh,
    refreshSoon,
    patch,
    clearUnread,
    neighbour,
  }
})
