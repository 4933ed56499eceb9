import { defineStore } from 'pinia'
import { ref } from 'vue'
import * as calls from '@/api/complaintCalls'
import type { ComplaintOptions } from '@/api/complaintShapes'

/** Colleagues and calendar that the forms of complaints need; asked for once a session. */
export const useComplaintOptions = defineStore('complaint-options', () => {
  const options = ref<ComplaintOptions | null>(null)
  let asked: Promise<void> | null = null

  function load(): Promise<void> {
    asked ??= calls
      .options()
      .then((answer) => {
        options.value = answer
      })
      .catch(() => {
        asked = null
      })
    return asked
  }

  return { options, load }
})
