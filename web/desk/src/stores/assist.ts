import { defineStore } from 'pinia'
import { reactive } from 'vue'
import * as calls from '@/api/calls'
import type { FeedbackKind, Solution, Suggestions } from '@/api/shapes'

export interface Assist {
  answer: Suggestions | null
  loading: boolean
  failed: boolean
  hidden: string[]
  thumbs: Record<string, 'up' | 'down'>
}

interface Inserted {
  solution: Solution
  query: string
  text: string
}

/** Suggestions per conversation and what the agent made of them. */
export const useAssist = defineStore('assist', () => {
  const byConversation = reactive(new Map<string, Assist>())
  const inserted = new Map<string, Inserted>()
  const waves = new Map<string, number>()

  function of(id: string): Assist {
    let found = byConversation.get(id)
    if (!found) {
      byConversation.set(id, {
        answer: null,
        loading: false,
        failed: false,
        hidden: [],
        thumbs: {},
      })
      found = byConversation.get(id) as Assist
    }
    return found
  }

  async function refresh(id: string): Promise<void> {
    const assist = of(id)
    const wave = (waves.get(id) ?? 0) + 1
    waves.set(id, wave)
    assist.loading = true
    try {
      const answer = await calls.suggest(id)
      if (waves.get(id) !== wave) return
      assist.answer = answer
      assist.failed = false
    } catch {
      if (waves.get(id) === wave) assist.failed = true
    } finally {
      if (waves.get(id) === wave) assist.loading = false
    }
  }

  function feedback(id: string, solution: Solution, kind: FeedbackKind): void {
    const assist = of(id)
    if (kind === 'dismissed') assist.hidden.push(solution.case_id)
    if (kind === 'up' || kind === 'down') assist.thumbs[solution.case_id] = kind
    const query = assist.answer?.query ?? ''
    report(id, solution, kind, query)
  }

  /** Remember what was put into the composer; whether it was used shows when it is sent. */
  function noteInserted(id: string, solution: Solution, text: string): void {
    inserted.set(id, { solution, text, query: of(id).answer?.query ?? '' })
  }

  function noteSent(id: string, sent: string): void {
    const note = inserted.get(id)
    if (!note) return
    inserted.delete(id)
    report(id, note.solution, sent.includes(note.text.trim()) ? 'used' : 'edited', note.query)
  }

  function report(id: string, solution: Solution, kind: FeedbackKind, query: string): void {
    void calls
      .giveFeedback({
        conversation_id: id,
        case_id: solution.case_id,
        kind,
        rank: solution.rank,
        query,
      })
      .catch(() => undefined)
  }

  function shown(id: string): Solution[] {
    const assist = of(id)
    return (assist.answer?.solutions ?? [])
      .filter((solution) => !assist.hidden.includes(solution.case_id))
      .slice(0, 3)
  }

  return { of, refresh, feedback, noteInserted, noteSent, shown }
})
