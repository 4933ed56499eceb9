import type { Attachment, ConversationPublic, Message } from '@shared/contract'
import { newId } from '@shared/ids'
import { EMPTY, merge, missingAfter, type Timeline } from '@shared/timeline'
import { Api, RequestError, type Credentials } from './api'
import { Line, type CustomerEvent, type LineState } from './line'
import type { Memory } from './memory'
import { Outbox, type Entry } from './outbox'

const TYPING_MS = 6000
const RESTART_MS = 4000

/** One customer's conversation, without any DOM: session, messages, sending, line. */
export class Chat {
  timeline: Timeline = EMPTY
  conversation: ConversationPublic | null = null
  typing: 'agent' | 'bot' | null = null
  /** Whether the service is out of reach: the line says so, or a request just failed. */
  unreachable = false
  resumed = false
  readonly outbox: Outbox
  private who: Credentials | null
  private readonly line: Line
  private starting: Promise<void> | null = null
  private syncing: Promise<void> | null = null
  private typingTimer = 0
  private restartedAt = 0
  private listeners: (() => void)[] = []
  private scheduled = false

  constructor(
    readonly api: Api,
    readonly memory: Memory,
  ) {
    this.who = memory.credentials
    this.outbox = new Outbox(memory.store, memory.key('outbox'), {
      transmit: (entry) => this.transmit(entry),
      changed: () => this.changed(),
      delivered: (message) => this.take([message]),
      lost: () => this.restart(),
      later: (ms) => setTimeout(() => void this.outbox.flush(), ms),
      online: () => navigator.onLine,
    })
    this.line = new Line({
      url: () => this.api.socketUrl(this.who as Credentials, this.timeline.upTo),
      event: (event) => this.handle(event),
      opened: () => this.opened(),
      poll: () => void this.sync(),
      changed: () => this.changed(),
    })
    addEventListener('online', () => {
      if (this.starting || this.outbox.list.length > 0) void this.begin()
      this.outbox.revive()
    })
  }

  get lineState(): LineState {
    return this.line.state
  }

  get started(): boolean {
    return this.who !== null
  }

  get unread(): number {
    const seen = this.memory.seen
    return this.timeline.messages.filter((m) => m.seq > seen && m.sender !== 'customer').length
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener)
  }

  /** Begin, or take up the conversation of the last visit. */
  begin(): Promise<void> {
    this.starting ??= this.start().finally(() => (this.starting = null))
    return this.starting
  }

  say(text: string): void {
    const written = text.trim()
    if (!written) return
    this.outbox.add(newId(), written, null, new Date())
    void this.begin()
  }

  async sendFile(file: File, progress: (percent: number) => void): Promise<void> {
    await this.begin()
    if (!this.who) throw new RequestError(0, 'no_connection', '')
    const attachment: Attachment = await this.api.upload(this.who, file, progress)
    this.outbox.add(newId(), '', attachment, new Date())
  }

  async rate(score: number, comment: string): Promise<void> {
    if (!this.who) return
    await this.api.rate(this.who, score, comment)
    this.memory.rated = this.conversation?.last_seq ?? 0
    this.changed()
  }

  /** Whether the ended conversation still waits for a rating. */
  get rateable(): boolean {
    if (this.conversation?.state !== 'closed') return false
    const spoke = this.timeline.messages.some((message) => message.sender === 'customer')
    return spoke && this.memory.rated < this.timeline.upTo
  }

  markSeen(): void {
    if (this.timeline.upTo > this.memory.seen) {
      this.memory.seen = this.timeline.upTo
      this.changed()
    }
  }

  sayTyping(): void {
    this.line.send({ type: 'typing' })
  }

  private async start(): Promise<void> {
    try {
      if (this.who) await this.sync()
      else await this.create()
      if (!this.who) return
      this.line.open()
      void this.outbox.flush()
    } catch {
      this.unreachable = true
      setTimeout(() => void this.begin(), RESTART_MS)
    }
    this.changed()
  }

  private async create(): Promise<void> {
    const answer = await this.api.start(this.memory.visitorId)
    this.who = { id: answer.conversation.id, token: answer.token }
    this.memory.credentials = this.who
    this.memory.seen = 0
    this.memory.rated = 0
    this.conversation = answer.conversation
    this.timeline = merge(EMPTY, answer.messages)
    this.unreachable = false
    this.changed()
  }

  /** The conversation is gone. What was typed or waits in the outbox goes into a new one. */
  private restart(): void {
    this.line.close()
    this.who = null
    this.memory.credentials = null
    this.timeline = EMPTY
    this.conversation = null
    this.resumed = true
    const again = Date.now() - this.restartedAt < RESTART_MS * 5
    this.restartedAt = Date.now()
    setTimeout(() => void this.begin(), again ? RESTART_MS : 0)
  }

  private sync(): Promise<void> {
    this.syncing ??= this.fetchMissing().finally(() => (this.syncing = null))
    return this.syncing
  }

  private async fetchMissing(): Promise<void> {
    if (!this.who) return
    try {
      for (;;) {
        const answer = await this.api.read(this.who, this.timeline.upTo)
        this.conversation = answer.conversation
        if (this.unreachable) this.outbox.revive()
        this.unreachable = false
        this.take(answer.messages)
        const more = missingAfter(this.timeline, answer.conversation.last_seq)
        if (more === null || answer.messages.length === 0) break
      }
      if (this.line.state !== 'online') void this.outbox.flush()
    } catch (error) {
      if (error instanceof RequestError && error.lost) this.restart()
      else this.unreachable = true
    }
    this.changed()
  }

  private opened(): void {
    this.unreachable = false
    this.outbox.revive()
    this.changed()
  }

  private handle(event: CustomerEvent): void {
    if (event.type === 'message') {
      this.take([event.message])
      if (missingAfter(this.timeline) !== null) void this.sync()
    } else if (event.type === 'state') {
      this.conversation = event.conversation
      if (missingAfter(this.timeline, event.conversation.last_seq) !== null) void this.sync()
    } else if (event.type === 'typing') {
      this.showTyping(event.sender)
    }
    this.changed()
  }

  private showTyping(sender: 'agent' | 'bot'): void {
    this.typing = sender
    clearTimeout(this.typingTimer)
    this.typingTimer = window.setTimeout(() => {
      this.typing = null
      this.changed()
    }, TYPING_MS)
  }

  private take(messages: readonly Message[]): void {
    this.timeline = merge(this.timeline, messages)
    if (messages.some((message) => message.sender !== 'customer')) this.typing = null
    this.outbox.confirm(messages)
    this.changed()
  }

  private async transmit(entry: Entry): Promise<Message> {
    if (!this.who) {
      await this.begin()
      if (!this.who) throw new RequestError(0, 'no_connection', '')
    }
    const { message } = await this.api.send(this.who, {
      client_message_id: entry.client_message_id,
      ...(entry.text ? { text: entry.text } : {}),
      ...(entry.attachment ? { attachment_id: entry.attachment.id } : {}),
    })
    return message
  }

  /** Many changes in one go are drawn once. */
  private changed(): void {
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      this.listeners.forEach((listener) => listener())
    })
  }
}
