import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Carries text from the sidebar into the composer, which knows where its caret is. */
export const useComposer = defineStore('composer', () => {
  const request = ref<{ text: string; serial: number } | null>(null)
  let serial = 0

  function insert(text: string): void {
    request.value = { text, serial: ++serial }
  }

  return { request, insert }
})
