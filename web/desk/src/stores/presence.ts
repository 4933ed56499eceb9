import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as calls from '@/api/calls'
import type { Colleague } from '@/api/shapes'
import { useSession } from './session'

/** Who else is on duty now. */
export const usePresence = defineStore('presence', () => {
  const everyone = ref<Colleague[]>([])
  const session = useSession()
  const others = computed(() => everyone.value.filter((one) => one.id !== session.staff?.id))

  async function refresh(): Promise<void> {
    everyone.value = (await calls.present()).items
  }

  return { everyone, others, refresh }
})
