import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { nameOf, type DraftWarning } from '@shared/draftCheck'
import * as calls from '@/api/calls'

/** Warnings on drafts that were waved away, per conversation, and what became of each. */
export const useDraftWarnings = defineStore('draftWarnings', () => {
  const dismissed = reactive(new Map<string, Set<string>>())

  const shown = (id: string, warnings: DraftWarning[]) =>
    warnings.filter((warning) => !dismissed.get(id)?.has(nameOf(warning)))

  function dismiss(id: string, warning: DraftWarning, place: number): void {
    dismissed.set(id, new Set(dismissed.get(id)).add(nameOf(warning)))
    tell(id, warning, place, 'dismissed')
  }

  function tell(id: string, warning: DraftWarning, place: number, kind: 'used' | 'dismissed'): void {
    void calls
      .giveFeedback({
        conversation_id: id,
        warning: warning.kind,
        kind,
        rank: place + 1,
        query: warning.words,
      })
      .catch(() => undefined)
  }

  return { shown, dismiss, tell }
})
