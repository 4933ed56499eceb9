/** What the customer wrote and the service has not confirmed yet; survives a reload. */

import type { Attachment, Message } from '@shared/contract'
import { RequestError } from './api'

export interface Entry {
  client_message_id: string
  text: string
  attachment: Attachment | null
  created_at: string
  /** `refused`: the service will never take it. `failed`: the customer may try again. */
  state: 'waiting' | 'sending' | 'failed' | 'refused'
  attempts: number
}

export interface Store {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

export interface Hooks {
  transmit: (entry: Entry) => Promise<Message>
  changed: () => void
  delivered: (message: Message) => void
  /** The conversation is gone; entries stay for the next one. */
  lost: () => void
  /** Flush again after `ms`. */
  later: (ms: number) => void
  /** Whether the browser believes to have a network. */
  online: () => boolean
}

/** After so many tries while online, the customer is told instead of left waiting. */
const PATIENCE = 3
const MOST_ENTRIES = 50

/**
 * Sends entries one by one, in order.
 *
 * `client_message_id` makes sending twice harmless, so an entry is dropped only when the service
 * has confirmed it.
 */
export class Outbox {
  private entries: Entry[] = []
  private running: Promise<void> | null = null

  constructor(
    private readonly store: Store,
    private readonly key: string,
    private readonly hooks: Hooks,
  ) {
    this.entries = this.stored().map((entry) => ({
      ...entry,
      state: entry.state === 'sending' ? 'waiting' : entry.state,
    }))
  }

  get list(): readonly Entry[] {
    return this.entries
  }

  add(clientMessageId: string, text: string, attachment: Attachment | null, now: Date): void {
    this.entries.push({
      client_message_id: clientMessageId,
      text,
      attachment,
      created_at: now.toISOString(),
      state: 'waiting',
      attempts: 0,
    })
    this.save()
    void this.flush()
  }

  /** Everything that may be sent again is due again: the network is back, or a tap on "retry". */
  revive(): void {
    for (const entry of this.entries) {
      if (entry.state === 'failed') Object.assign(entry, { state: 'waiting', attempts: 0 })
    }
    this.save()
    void this.flush()
  }

  discard(clientMessageId: string): void {
    this.drop([clientMessageId])
  }

  /** Messages that arrived by another way, for instance after a lost answer. */
  confirm(messages: readonly Message[]): void {
    const arrived = messages.flatMap((message) => message.client_message_id ?? [])
    if (this.entries.some((entry) => arrived.includes(entry.client_message_id))) this.drop(arrived)
  }

  /** Send what is waiting. Calls while it runs join the running one. */
  flush(): Promise<void> {
    this.running ??= this.work().finally(() => (this.running = null))
    return this.running
  }

  private async work(): Promise<void> {
    for (;;) {
      const next = this.entries.find((entry) => entry.state === 'waiting')
      if (!next || this.entries.some((entry) => entry.state === 'failed')) return
      next.state = 'sending'
      next.attempts += 1
      this.hooks.changed()
      try {
        const message = await this.hooks.transmit(next)
        this.drop([next.client_message_id])
        this.hooks.delivered(message)
      } catch (error) {
        if (!this.settle(next, error)) return
      }
    }
  }

  /** What a failure means for the entry; false stops the sending for now. */
  private settle(entry: Entry, error: unknown): boolean {
    entry.state = 'waiting'
    const known = error instanceof RequestError ? error : new RequestError(0, 'error', String(error))
    // An attachment belongs to the conversation it was uploaded to and does not follow to another.
    if (known.lost && (known.status === 401 || !entry.attachment)) {
      this.save()
      this.hooks.lost()
      return false
    }
    if (!known.passing) {
      entry.state = 'refused'
      this.save()
      return true
    }
    const patient = known.status === 429 || !this.hooks.online()
    if (entry.attempts >= PATIENCE && !patient) entry.state = 'failed'
    this.save()
    const seconds = known.retryAfterS ?? 2 ** Math.min(entry.attempts, 5)
    this.hooks.later(seconds * 1000)
    return false
  }

  private drop(ids: readonly string[]): void {
    this.entries = this.entries.filter((entry) => !ids.includes(entry.client_message_id))
    this.save(ids)
  }

  /** Another tab may keep entries under the same key; those stay untouched. */
  private save(gone: readonly string[] = []): void {
    const mine = new Set(this.entries.map((entry) => entry.client_message_id))
    const foreign = this.stored().filter(
      (entry) => !mine.has(entry.client_message_id) && !gone.includes(entry.client_message_id),
    )
    const all = [...foreign, ...this.entries].slice(-MOST_ENTRIES)
    try {
      this.store.setItem(this.key, JSON.stringify(all))
    } catch {
      // Storage full or forbidden: the entries stay in memory.
    }
    this.hooks.changed()
  }

  private stored(): Entry[] {
    try {
      const parsed: unknown = JSON.parse(this.store.getItem(this.key) ?? '[]')
      return Array.isArray(parsed) ? (parsed as Entry[]) : []
    } catch {
      return []
    }
  }
}
