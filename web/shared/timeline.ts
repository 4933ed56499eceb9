/** Ordering of messages that arrive late, twice or with holes. Pure. */

import type { Message } from './contract'

export interface Timeline {
  /** Sorted by `seq`, each `seq` once. */
  readonly messages: readonly Message[]
  /** Everything up to and including this `seq` is here. */
  readonly upTo: number
}

export const EMPTY: Timeline = { messages: [], upTo: 0 }

/** The timeline with `incoming` put in. Returns the same object when nothing is new. */
export function merge(timeline: Timeline, incoming: readonly Message[]): Timeline {
  const known = new Map(timeline.messages.map((message) => [message.seq, message]))
  let changed = false
  for (const message of incoming) {
    const before = known.get(message.seq)
    if (before && before.text === message.text && urlOf(before) === urlOf(message)) continue
    known.set(message.seq, message)
    changed = true
  }
  if (!changed) return timeline
  const messages = [...known.values()].sort((a, b) => a.seq - b.seq)
  return { messages, upTo: contiguous(messages, timeline.upTo) }
}

/** The `seq` to ask after when messages are missing before `lastSeq`; null when none are. */
export function missingAfter(timeline: Timeline, lastSeq = 0): number | null {
  const newest = timeline.messages.at(-1)?.seq ?? 0
  return Math.max(newest, lastSeq) > timeline.upTo ? timeline.upTo : null
}

function contiguous(messages: readonly Message[], from: number): number {
  let upTo = from
  for (const message of messages) {
    if (message.seq === upTo + 1) upTo = message.seq
    else if (message.seq > upTo + 1) break
  }
  return upTo
}

/** Signed links expire, so a message fetched again may carry a fresh one. */
function urlOf(message: Message): string {
  return message.attachment?.url ?? ''
}
