import { reconnectDelay } from '@shared/backoff'
import type { ConversationPublic, Message } from '@shared/contract'

export type CustomerEvent =
  | { type: 'message'; message: Message }
  | { type: 'state'; conversation: ConversationPublic }
  | { type: 'typing'; sender: 'agent' | 'bot' }
  | { type: 'ping' }
  | { type: 'error'; code: string }

export interface LineHandlers {
  url: () => string
  event: (event: CustomerEvent) => void
  opened: () => void
  /** Fetch by HTTP; called on a timer as long as no websocket is open. */
  poll: () => void
  changed: (state: LineState) => void
}

export type LineState = 'connecting' | 'online' | 'polling' | 'offline'

/** The server pings every 20 s. */
const SILENCE_MS = 45_000
const POLL_MS = 3000
/** Failed websockets in a row after which polling begins. */
const GIVE_UP_AFTER = 2

/** A websocket that comes back by itself, with polling where websockets are blocked. */
export class Line {
  state: LineState = 'connecting'
  private socket: WebSocket | null = null
  private wanted = false
  private attempt = 0
  private retry = 0
  private watchdog = 0
  private polling = 0

  constructor(private readonly handlers: LineHandlers) {
    addEventListener('online', () => this.wake())
    addEventListener('offline', () => this.wanted && this.become('offline'))
    document.addEventListener('visibilitychange', () => !document.hidden && this.wake())
  }

  open(): void {
    if (this.wanted) return
    this.wanted = true
    this.attempt = 0
    this.connect()
  }

  close(): void {
    this.wanted = false
    clearTimeout(this.retry)
    clearTimeout(this.watchdog)
    clearInterval(this.polling)
    this.polling = 0
    const old = this.socket
    this.socket = null
    old?.close()
  }

  send(body: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(body))
  }

  private wake(): void {
    if (!this.wanted || this.state === 'online') return
    this.attempt = Math.min(this.attempt, GIVE_UP_AFTER)
    this.handlers.poll()
    this.connect()
  }

  private connect(): void {
    clearTimeout(this.retry)
    const old = this.socket
    this.socket = null
    old?.close()
    const mine = new WebSocket(this.handlers.url())
    this.socket = mine
    mine.onmessage = (frame: MessageEvent<string>) => {
      const event = JSON.parse(frame.data) as CustomerEvent
      // A refused line opens, says why and closes; asking by HTTP tells whether to start anew.
      if (event.type === 'error') return this.handlers.poll()
      this.heard()
      if (this.state !== 'online') this.up()
      if (event.type === 'ping') this.send({ type: 'pong' })
      else this.handlers.event(event)
    }
    mine.onclose = () => {
      if (this.socket !== mine || !this.wanted) return
      clearTimeout(this.watchdog)
      this.broken()
    }
  }

  private broken(): void {
    this.attempt += 1
    if (this.attempt >= GIVE_UP_AFTER && !this.polling) {
      this.polling = window.setInterval(() => this.handlers.poll(), POLL_MS)
      this.handlers.poll()
    }
    const polling = this.attempt >= GIVE_UP_AFTER
    this.become(!navigator.onLine ? 'offline' : polling ? 'polling' : 'connecting')
    this.retry = window.setTimeout(() => this.connect(), reconnectDelay(this.attempt))
  }

  /** The first frame shows that the line is good; the service speaks first. */
  private up(): void {
    this.attempt = 0
    clearInterval(this.polling)
    this.polling = 0
    this.become('online')
    this.handlers.opened()
  }

  private heard(): void {
    clearTimeout(this.watchdog)
    this.watchdog = window.setTimeout(() => this.socket?.close(), SILENCE_MS)
  }

  private become(state: LineState): void {
    if (this.state === state) return
    this.state = state
    this.handlers.changed(state)
  }
}
