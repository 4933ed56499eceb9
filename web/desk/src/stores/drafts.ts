import { defineStore } from 'pinia'
import { reactive } from 'vue'

const KEY = 'frontline.drafts'
const KEPT = 100

function stored(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, string>
  } catch {
    return {}
  }
}

/** What was typed and not sent, per conversation; survives a reload and an expired sign-in. */
export const useDrafts = defineStore('drafts', () => {
  const texts = reactive<Record<string, string>>(stored())

  function set(id: string, text: string): void {
    delete texts[id]
    if (text) texts[id] = text
    for (const old of Object.keys(texts).slice(0, -KEPT)) delete texts[old]
    localStorage.setItem(KEY, JSON.stringify(texts))
  }

  const get = (id: string) => texts[id] ?? ''

  return { texts, get, set }
})
