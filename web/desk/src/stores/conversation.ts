import { defineStore } from 'pinia'
import { computed, reactive, ref } from 'vue'
import type { Attachment, Message } from '@shared/contract'
import { newId } from '@shared/ids'
import { EMPTY, merge, missingAfter, type Timeline } from '@shared/timeline'
import * as calls from '@/api/calls'
import { ApiError } from '@/api/http'
import type { Detail, Summary } from '@/api/shapes'
import { useQueue } from './queue'

export interface Pending {
  client_message_id: string
  text: string
  attachment: Attachment | null
  state: 'sending' | 'failed'
  error: ApiError | null
  created_at: string
}

export interface Opened {
  detail: Detail | null
  timeline: Timeline
  pending: Pending[]
  error: ApiError | null
  typingAt: number
}

/** The conversations opened in this session: their messages, detail and unsent replies. */
export const useConversations = defineStore('conversations', () => {
  const opened = reactive(new Map<string, Opened>())
  const selectedId = ref<string | null>(null)
  const lanes = new Map<string, Promise<void>>()
  const syncing = new Map<string, Promise<void>>()

  const selected = computed(() =>
    selectedId.value ? (opened.get(selectedId.value) ?? null) : null,
  )

  function entry(id: string): Opened {
    let found = opened.get(id)
    if (!found) {
      opened.set(id, { detail: null, timeline: EMPTY, pending: [], error: null, typingAt: 0 })
      found = opened.get(id) as Opened
    }
    return found
  }

  async function select(id: string | null): Promise<void> {
    selectedId.value = id
    if (!id) return
    entry(id)
    await Promise.all([loadDetail(id), resync(id)])
    markRead(id)
  }

  async function loadDetail(id: string): Promise<void> {
    const conversation = entry(id)
    try {
      conversation.detail = await calls.readDetail(id)
      conversation.error = null
    } catch (error) {
      if (error instanceof ApiError) conversation.error = error
      else throw error
    }
  }

  /** Fetch everything after what is here without a hole. One at a time per conversation. */
  function resync(id: string): Promise<void> {
    const running = syncing.get(id)
    if (running) return running
    const work = fetchMissing(id).finally(() => syncing.delete(id))
    syncing.set(id, work)
    return work
  }

  async function fetchMissing(id: string): Promise<void> {
    const conversation = entry(id)
    try {
      for (;;) {
        const answer = await calls.readMessages(id, conversation.timeline.upTo)
        take(conversation, answer.messages)
        const more = missingAfter(conversation.timeline, answer.conversation.last_seq)
        if (more === null || answer.messages.length === 0) return
      }
    } catch (error) {
      if (error instanceof ApiError) conversation.error = error
      else throw error
    }
  }

  function take(conversation: Opened, messages: readonly Message[]): void {
    conversation.timeline = merge(conversation.timeline, messages)
    const arrived = new Set(messages.map((message) => message.client_message_id))
    if (conversation.pending.some((pending) => arrived.has(pending.client_message_id))) {
      conversation.pending = conversation.pending.filter(
        (pending) => !arrived.has(pending.client_message_id),
      )
    }
  }

  function receive(message: Message): void {
    const conversation = opened.get(message.conversation_id)
    if (!conversation) return
    take(conversation, [message])
    if (message.sender === 'customer') conversation.typingAt = 0
    if (missingAfter(conversation.timeline) !== null) void resync(message.conversation_id)
    if (message.conversation_id === selectedId.value) markRead(message.conversation_id)
  }

  /** A newer summary; the detail is fetched again when the conversation changed hands. */
  function refreshed(summary: Summary): void {
    const conversation = opened.get(summary.id)
    if (!conversation?.detail) return
    const before = conversation.detail
    const moved =
      before.state !== summary.state ||
      before.assigned_to?.id !== summary.assigned_to?.id ||
      before.triage.certainty !== summary.triage.certainty ||
      before.triage.category !== summary.triage.category
    conversation.detail = { ...before, ...summary }
    if (moved) void loadDetail(summary.id)
  }

  function put(detail: Detail): void {
    entry(detail.id).detail = detail
  }

  function typing(id: string): void {
    const conversation = opened.get(id)
    if (conversation) conversation.typingAt = Date.now()
  }

  function markRead(id: string): void {
    if (document.hidden) return
    const seq = entry(id).timeline.upTo
    if (seq === 0) return
    useQueue().clearUnread(id)
    void calls.markRead(id, seq).catch(() => undefined)
  }

  function say(id: string, text: string, attachment: Attachment | null = null): void {
    const pending: Pending = {
      client_message_id: newId(),
      text,
      attachment,
      state: 'sending',
      error: null,
      created_at: new Date().toISOString(),
    }
    entry(id).pending.push(pending)
    transmit(id, pending.client_message_id)
  }

  /** Replies of one conversation go out one after the other. */
  function transmit(id: string, clientMessageId: string): void {
    const before = lanes.get(id) ?? Promise.resolve()
    lanes.set(
      id,
      before.then(() => post(id, clientMessageId)),
    )
  }

  async function post(id: string, clientMessageId: string): Promise<void> {
    const conversation = entry(id)
    const pending = conversation.pending.find((p) => p.client_message_id === clientMessageId)
    if (!pending) return
    pending.state = 'sending'
    pending.error = null
    try {
      const { message } = await calls.sendMessage(id, {
        client_message_id: pending.client_message_id,
        text: pending.text,
        ...(pending.attachment ? { attachment_id: pending.attachment.id } : {}),
      })
      take(conversation, [message])
      if (missingAfter(conversation.timeline) !== null) void resync(id)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      pending.state = 'failed'
      pending.error = error
      if (error.code === 'conflict') void loadDetail(id)
    }
  }

  function discard(id: string, clientMessageId: string): void {
    const conversation = entry(id)
    conversation.pending = conversation.pending.filter(
      (pending) => pending.client_message_id !== clientMessageId,
    )
  }

  /** After a broken line: everything that is on screen may be old. */
  async function resyncOpen(): Promise<void> {
    const id = selectedId.value
    for (const other of [...opened.keys()]) if (other !== id) opened.delete(other)
    if (id) await Promise.all([loadDetail(id), resync(id)])
  }

  function forget(): void {
    opened.clear()
    selectedId.value = null
  }

  return {
    opened,
    selectedId,
    selected,
    select,
    loadDetail,
    resync,
    receive,
    refreshed,
    put,
    typing,
    markRead,
    say,
    transmit,
    discard,
    resyncOpen,
    forget,
  }
})
