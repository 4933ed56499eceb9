/** Which timeline entries are read under which heading. Pure. */

import type { TimelineAct } from '@/api/complaintShapes'

export type Part = 'everyone' | 'customer' | 'notes'

/** Entries that the clocks write by themselves. */
const TICKING = new Set(['clock_met', 'clock_warned'])

export function isTicking(entry: TimelineAct): boolean {
  return TICKING.has(entry.act)
}

/** Newest first, as an agent reads them. */
export function shownEntries(
  timeline: readonly TimelineAct[],
  part: Part,
  clocksToo: boolean,
): TimelineAct[] {
  return timeline
    .filter((entry) => clocksToo || !isTicking(entry))
    .filter((entry) => part !== 'customer' || entry.visible_to === 'customer')
    .filter((entry) => part !== 'notes' || entry.act === 'noted')
    .reverse()
}

export type EntryTone = '' | 'red' | 'amber' | 'green' | 'note' | 'customer'

const RED = new Set(['clock_breached', 'escalated', 'emergency_again', 'rejected', 'denied', 'compensation_denied', 'observation_alert'])
const AMBER = new Set(['clock_warned', 'paused', 'reprocessed', 'reopened', 'awaiting_approval'])
const GREEN = new Set(['confirmed', 'archived', 'clock_met', 'approved', 'compensation_approved', 'compensation_granted', 'compensation_paid', 'measure_done'])

export function toneOfEntry(entry: TimelineAct): EntryTone {
  if (entry.act === 'noted') return 'note'
  if (entry.act === 'customer_said' || entry.act === 'rated') return 'customer'
  if (RED.has(entry.act)) return 'red'
  if (AMBER.has(entry.act)) return 'amber'
  return GREEN.has(entry.act) ? 'green' : ''
}

/** Parts of an entry's detail that are shown in words of their own, or say nothing to a reader. */
const APART = new Set([
  'text', 'said', 'before', 'reached', 'satisfied', 'told', 'attempts', 'split', 'mime',
])
const ID = /^[a-z]{2,6}_[0-9a-z]{20,}$/

/** What an entry tells beside its reason, as plain pairs; nested values and ids are left out. */
export function plainDetail(detail: Record<string, unknown>): [string, string][] {
  return Object.entries(detail).flatMap(([name, value]): [string, string][] => {
    if (APART.has(name) || name.endsWith('_id') || value === null || value === '') return []
    if (typeof value === 'string' && ID.test(value)) return []
    if (typeof value === 'string' || typeof value === 'number') return [[name, String(value)]]
    if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')) {
      return [[name, value.join('、')]]
    }
    return []
  })
}

/** What was told to the customer or by him. */
export function toldIn(detail: Record<string, unknown>): string {
  const told = detail.text ?? detail.said
  return typeof told === 'string' ? told : ''
}

/** Facts that an edit changed, with what they were before. */
export function changedFrom(detail: Record<string, unknown>): [string, string][] {
  const before = detail.before
  if (typeof before !== 'object' || before === null) return []
  return Object.entries(before).map(([name, value]) => [name, typeof value === 'string' ? value : ''])
}
