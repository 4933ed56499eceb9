import { defineStore } from 'pinia'
import { ref } from 'vue'
import { reconnectDelay } from '@shared/backoff'
import type { Message } from '@shared/contract'
import type { Page, Summary } from '@/api/shapes'

export type DeskEvent =
  | { type: 'queue' }
  | { type: 'message'; message: Message; conversation: Summary }
  | { type: 'conversation'; conversation: Summary }
  | { type: 'page'; page: Page }
  | { type: 'page_acknowledged'; page: Page }
  | { type: 'typing'; conversation_id: string }
  | { type: 'suggestions'; conversation_id: string }
  | { type: 'complaint'; no: string; version: number; act: string }
  | { type: 'notice'; staff_id: string; complaint_no: string; kind: string; text: string }
  | { type: 'ping' }
  | { type: 'error'; code: string }

/** The server pings every 20 s; silence for longer than two pings means a dead line. */
const SILENCE_MS = 45_000

/** The websocket of the desk: reconnects with back-off and tells when a resync is due. */
export const useLine = defineStore('line', () => {
  const state = ref<'connecting' | 'online' | 'reconnecting'>('connecting')
  let socket: WebSocket | null = null
  let attempt = 0
  let wanted = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let watchdog: ReturnType<typeof setTimeout> | undefined
  let watched: string | null = null
  let onEvent: (event: DeskEvent) => void = () => undefined
  let onOpen: (again: boolean) => void = () => undefined

  function open(handlers: { event: typeof onEvent; opened: typeof onOpen }): void {
    onEvent = handlers.event
    onOpen = handlers.opened
    if (!wanted) window.addEventListener('online', retryNow)
    wanted = true
    state.value = 'connecting'
    connect()
  }

  function close(): void {
    wanted = false
    window.removeEventListener('online', retryNow)
    clearTimeout(retry)
    clearTimeout(watchdog)
    socket?.close()
    socket = null
    attempt = 0
  }

  function connect(): void {
    clearTimeout(retry)
    const url = new URL('/ws/desk', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const mine = new WebSocket(url)
    socket = mine
    mine.onmessage = (frame: MessageEvent<string>) => {
      const event = JSON.parse(frame.data) as DeskEvent
      listenForSilence()
      // A refused line opens, says why and closes; the other calls then find out about the sign-in.
      if (event.type !== 'error' && state.value !== 'online') up()
      if (event.type === 'ping') send({ type: 'pong' })
      else onEvent(event)
    }
    mine.onclose = () => {
      if (socket !== mine || !wanted) return
      clearTimeout(watchdog)
      state.value = 'reconnecting'
      retry = setTimeout(connect, reconnectDelay(attempt++))
    }
  }

  /** The first frame shows that the line is good; the service speaks first. */
  function up(): void {
    const again = state.value === 'reconnecting'
    attempt = 0
    state.value = 'online'
    if (watched) watch(watched)
    onOpen(again)
  }

  function listenForSilence(): void {
    clearTimeout(watchdog)
    watchdog = setTimeout(() => socket?.close(), SILENCE_MS)
  }

  function retryNow(): void {
    if (!wanted || state.value === 'online') return
    attempt = 0
    const old = socket
    socket = null
    old?.close()
    connect()
  }

  function send(body: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(body))
  }

  function watch(conversationId: string | null): void {
    watched = conversationId
    if (conversationId) send({ type: 'watch', conversation_id: conversationId })
  }

  return { state, open, close, retryNow, send, watch }
})
