import { defineStore } from 'pinia'
import { ref } from 'vue'

export const TABS = ['progress', 'plan', 'money', 'evidence'] as const
export type ComplaintTab = (typeof TABS)[number]

/** Which part of a complaint is on screen. */
export const useComplaintTabs = defineStore('complaint-tabs', () => {
  const tab = ref<ComplaintTab>('progress')

  function show(chosen: ComplaintTab): void {
    tab.value = chosen
  }

  return { tab, show }
})
