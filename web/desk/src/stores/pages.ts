import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as calls from '@/api/calls'
import type { Page } from '@/api/shapes'
import { useSession } from './session'

/** Open emergency calls. Those for supervisors are loud only for supervisors. */
export const usePages = defineStore('pages', () => {
  const open = ref<Page[]>([])
  const session = useSession()

  const isLoud = (page: Page) => page.audience === 'everyone' || session.supervising
  const loud = computed(() => open.value.filter(isLoud))
  const quiet = computed(() => open.value.filter((page) => !isLoud(page)))

  async function refresh(): Promise<void> {
    open.value = sorted((await calls.openPages()).items)
  }

  /** True when the page is loud and was not known in this repetition. */
  function receive(page: Page): boolean {
    const before = open.value.find((known) => known.id === page.id)
    drop(page.id)
    if (page.acknowledged_at) return false
    open.value = sorted([...open.value, page])
    return isLoud(page) && before?.times !== page.times
  }

  function drop(id: string): void {
    open.value = open.value.filter((page) => page.id !== id)
  }

  async function acknowledge(page: Page): Promise<void> {
    await calls.acknowledge(page.id)
    drop(page.id)
  }

  return { open, loud, quiet, refresh, receive, drop, acknowledge }
})

function sorted(pages: Page[]): Page[] {
  const rank = (page: Page) => (page.level === 'emergency' ? 0 : 1)
  return [...pages].sort(
    (a, b) => rank(a) - rank(b) || a.created_at.localeCompare(b.created_at),
  )
}
