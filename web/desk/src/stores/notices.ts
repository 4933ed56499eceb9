import { defineStore } from 'pinia'
import { ref } from 'vue'
import * as calls from '@/api/complaintCalls'
import type { Notice } from '@/api/complaintShapes'

/** What concerns this person: mentions, assignments, clocks that ran out. */
export const useNotices = defineStore('notices', () => {
  const items = ref<Notice[]>([])
  const unread = ref(0)

  async function refresh(): Promise<void> {
    const answer = await calls.notices().catch(() => null)
    if (!answer) return
    items.value = answer.items
    unread.value = answer.unread
  }

  /** All of them when `ids` is empty. */
  async function read(ids: number[]): Promise<void> {
    await calls.readNotices(ids)
    await refresh()
  }

  return { items, unread, refresh, read }
})
